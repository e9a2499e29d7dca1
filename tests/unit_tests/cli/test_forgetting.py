"""`usermem forget`, by words for some days and by id for good, and `usermem undo`."""

import pytest

from langchain_usermem import UserMemory

from .conftest import Run


@pytest.fixture(autouse=True)
def _stored(memory: UserMemory) -> None:
    """A dog and a home."""
    memory.remember("Has a dog called Biscuit", user_id="ada")
    memory.remember("Lives in York", user_id="ada")


def active(memory: UserMemory) -> list[str]:
    """What is remembered of Ada."""
    return [found.content for found in memory.list(user_id="ada")]


def test_words_forget_what_holds_them(usermem: Run, memory: UserMemory) -> None:
    """The memory is forgotten, not deleted: it is kept in the past for some days."""
    ran = usermem("forget", "dog", "--user", "ada")
    change = memory.history(user_id="ada")[-1].id[:8]
    assert (ran.code, ran.out.splitlines()) == (
        0,
        ["forgot: Has a dog called Biscuit", f"to take it back: usermem undo {change} --user ada"],
    )
    assert active(memory) == ["Lives in York"]
    assert len(memory.list(user_id="ada", include_past=True)) == 2


def test_words_that_nothing_holds_are_an_error(usermem: Run, memory: UserMemory) -> None:
    """Nothing is forgotten, and the exit code says so."""
    ran = usermem("forget", "parrot", "--user", "ada")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "nothing remembered matches what was to be forgotten. "
        "'usermem list' shows what is remembered; '--id' deletes one of it.\n"
    )
    assert len(active(memory)) == 2


def test_an_id_is_deleted_for_good_after_a_yes(usermem: Run, memory: UserMemory) -> None:
    """After the question is answered with y, no version is left."""
    dog = memory.list(user_id="ada")[0]
    ran = usermem("forget", "--id", dog.id[:8], "--user", "ada", stdin="y\n")
    assert ran.code == 0
    assert ran.out.startswith("Has a dog called Biscuit\nDelete this for good")
    assert [m.content for m in memory.list(user_id="ada", include_past=True)] == ["Lives in York"]


def test_an_id_is_kept_after_a_no(usermem: Run, memory: UserMemory) -> None:
    """Any other answer deletes nothing, and ends with exit code 1."""
    dog = memory.list(user_id="ada")[0]
    assert usermem("forget", "--id", dog.id, "--user", "ada", stdin="n\n").code == 1
    assert len(active(memory)) == 2


def test_yes_deletes_without_asking(usermem: Run, memory: UserMemory) -> None:
    """With `--yes` nothing is read from the terminal."""
    dog = memory.list(user_id="ada")[0]
    ran = usermem("forget", "--id", dog.id, "--user", "ada", "--yes")
    assert (ran.code, ran.out) == (0, "Has a dog called Biscuit\ndeleted\n")
    assert active(memory) == ["Lives in York"]


def test_the_memory_of_another_user_cannot_be_deleted(usermem: Run, memory: UserMemory) -> None:
    """An id of Ada's is unknown to Ben."""
    dog = memory.list(user_id="ada")[0]
    assert usermem("forget", "--id", dog.id, "--user", "ben", "--yes").code == 1
    assert len(active(memory)) == 2


@pytest.mark.parametrize("words", [(), ("dog", "--id", "1")])
def test_either_words_or_an_id_are_asked_for(usermem: Run, words: tuple[str, ...]) -> None:
    """Neither and both are mistakes in usage."""
    ran = usermem("forget", *words, "--user", "ada")
    assert ran.code == 2
    assert "give either WORDS or --id" in ran.err


def test_what_was_forgotten_is_taken_back(usermem: Run, memory: UserMemory) -> None:
    """With the first digits of a change's id, which the history shows, it stands again."""
    usermem("forget", "dog", "--user", "ada")
    change = memory.history(user_id="ada")[-1].id[:8]
    assert change in usermem("history", "--user", "ada").out
    ran = usermem("undo", change, "--user", "ada")
    assert (ran.code, ran.out) == (0, "restored: Has a dog called Biscuit\n")
    assert sorted(active(memory)) == ["Has a dog called Biscuit", "Lives in York"]


@pytest.mark.parametrize("start", ["xyz", ""])
def test_nothing_is_undone_where_one_id_is_unknown(
    usermem: Run, memory: UserMemory, start: str
) -> None:
    """The ids before it are not undone either, and the error tells where ids are shown."""
    usermem("forget", "dog", "--user", "ada")
    ran = usermem("undo", memory.history(user_id="ada")[-1].id, start, "--user", "ada")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"no changes of this user have an id that begins with {start!r}.")
    assert active(memory) == ["Lives in York"]


def test_the_change_of_another_user_cannot_be_undone(usermem: Run, memory: UserMemory) -> None:
    """An id of Ada's history is unknown to Ben."""
    change = memory.history(user_id="ada")[0].id
    assert usermem("undo", change, "--user", "ben").code == 1
    assert len(active(memory)) == 2

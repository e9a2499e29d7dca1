"""`usermem search`, `list`, `history` and `users`: what is stored, as it is stored."""

import re

import pytest

from langchain_usermem import UserMemory
from langchain_usermem.times import utc_now

from .conftest import Run


@pytest.fixture(autouse=True)
def _stored(memory: UserMemory) -> None:
    """Two users; one of them has moved, and one writes what a terminal might obey."""
    memory.add("I live in Leeds.", user_id="ada", observed_at="2026-05-01T09:00:00+00:00")
    memory.add("Actually, I moved to York.", user_id="ada", observed_at="2026-08-01T09:00:00+00:00")
    memory.remember("Has a dog called [red]Biscuit[/red] :dog: \x1b[2J", user_id="ada")
    memory.remember("Lives in Oslo", user_id="ben")


def cells(line: str) -> list[str]:
    """The cells of a line of a table."""
    return [cell.strip() for cell in line.split("│")[1:-1]]


def rows(table: str) -> list[list[str]]:
    """The cells of all lines of a table."""
    return [cells(line) for line in table.splitlines() if line.startswith("│")]


def test_search_shows_scores_and_statements(usermem: Run, memory: UserMemory) -> None:
    """Each line is a rank value and a memory, as `UserMemory.search` gives them."""
    (found,) = memory.search("Where does she live?", user_id="ada")
    ran = usermem("search", "Where does she live?", "--user", "ada")
    assert ran.out == f"{found.score:.2f}  Lives in York  (identity, 2026-08-01)\n"


def test_search_explains_every_share_of_the_score(usermem: Run, memory: UserMemory) -> None:
    """The shares in `Recalled.why` are columns, and add up to the score."""
    (found,) = memory.search("Where does she live?", user_id="ada")
    ran = usermem("search", "Where does she live?", "--user", "ada", "--explain")
    (row,) = rows(ran.out)
    shares = [f"{share:.3f}" for share in found.why.values()]
    cosine = f"{found.similarity:.3f}"
    assert row == ["Lives in York", f"{found.score:.3f}", *shares, cosine, found.memory.id[:8]]
    assert sum(map(float, shares)) == pytest.approx(found.score, abs=0.002)


def test_search_says_that_nothing_was_found(usermem: Run) -> None:
    """Nothing relevant is no error."""
    ran = usermem("search", "capital of Mongolia", "--user", "ben")
    assert (ran.code, ran.out) == (0, "nothing remembered about ben bears on that\n")


@pytest.mark.parametrize("words", [("search", " ", "--user", "ada"), ("list", "--user", "")])
def test_what_memory_refuses_is_one_line_on_stderr(usermem: Run, words: tuple[str, ...]) -> None:
    """An empty query and an empty user id are told in one line, with exit code 1."""
    ran = usermem(*words)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert " is empty." in ran.err


def test_list_shows_what_is_remembered_and_why(usermem: Run, memory: UserMemory) -> None:
    """A row tells the words it came from and what it took the place of."""
    home = next(m for m in memory.list(user_id="ada") if m.attribute == "home_city")
    table = rows(usermem("list", "--user", "ada").out)
    quote, history = "Actually, I moved to York.", "replaced: Lives in Leeds"
    row = ["Lives in York", "identity,", "2026-08-01", quote, history, home.id[:8]]
    assert row in table
    assert [cell[0] for cell in table if cell[0] == "Lives in Leeds"] == []


def test_list_shows_past_memories_on_demand(usermem: Run) -> None:
    """With `--all`, a superseded memory is listed as such."""
    table = rows(usermem("list", "--user", "ada", "--all").out)
    (row,) = [row for row in table if row[0] == "Lives in Leeds"]
    assert row[1:5] == ["identity", "2026-05-01", "I live in Leeds.", "superseded"]


def test_stored_text_is_shown_and_not_obeyed(usermem: Run) -> None:
    """Markup and emoji codes stay as they are, and control characters are replaced."""
    out = usermem("list", "--user", "ada").out
    assert "Has a dog called [red]Biscuit[/red] :dog: \N{REPLACEMENT CHARACTER}[2J" in out
    assert "\x1b" not in out


def test_list_of_somebody_unknown_says_so(usermem: Run) -> None:
    """A user without memories gets a sentence, not an empty table."""
    assert usermem("list", "--user", "eve").out == "nothing is remembered about eve\n"


def test_history_follows_a_memory_to_what_it_replaced(usermem: Run, memory: UserMemory) -> None:
    """With the first digits of an id, the changes of its lineage are shown, oldest first."""
    home = next(m for m in memory.list(user_id="ada") if m.attribute == "home_city")
    table = rows(usermem("history", home.id[:6], "--user", "ada").out)
    assert [row[1:5] for row in table] == [
        ["add", "", "Lives in Leeds", "new"],
        ["supersede", "Lives in Leeds", "Lives in York", "a newer home_city"],
    ]


def test_history_without_an_id_shows_every_change(usermem: Run) -> None:
    """All changes of this user are shown, and none of another's."""
    table = rows(usermem("history", "--user", "ada").out)
    assert [row[1] for row in table] == ["add", "supersede", "add"]


def test_only_statements_and_reasons_are_broken(
    usermem: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a window of 110 columns a time stands in one line, and so does a short change."""
    monkeypatch.setenv("COLUMNS", "110")
    first, second = rows(usermem("history", "--user", "ada").out)[:2]
    assert first[1:5] == ["add", "", "Lives in Leeds", "new"]
    times = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
    assert times.fullmatch(first[0])
    assert times.fullmatch(second[0])


def test_an_id_that_is_not_one_memory_is_refused(usermem: Run) -> None:
    """Digits of no memory, or of several, are told in one line; another user's id is none."""
    ran = usermem("history", "xyz", "--user", "ada")
    assert ran.code == 1
    assert ran.err == (
        "no memories of this user have an id that begins with 'xyz'. 'usermem list --all' shows "
        "the ids; give enough digits for one.\n"
    )


def test_users_lists_every_user_once(usermem: Run) -> None:
    """One id a line, in order."""
    assert usermem("users").out == "ada\nben\n"


def test_diff_shows_what_is_new_rewritten_and_gone(usermem: Run, memory: UserMemory) -> None:
    """One line for each memory, as `UserMemory.diff` has them."""
    since = utc_now().isoformat()
    dog = next(m for m in memory.list(user_id="ada") if m.attribute is None)
    memory.update(dog.id, user_id="ada", content="Has a dog called Biscuit")
    memory.remember("Lives in Bath", user_id="ada", attribute="home_city")
    (deleted,) = memory.list(user_id="ben")
    memory.delete(deleted.id, user_id="ben")
    was = "Has a dog called [red]Biscuit[/red] :dog: \N{REPLACEMENT CHARACTER}[2J"
    assert usermem("diff", "--user", "ada", "--since", since).out.splitlines() == [
        "+ Lives in Bath",
        f"~ Has a dog called Biscuit (was: {was})",
        "- Lives in York (superseded)",
    ]
    assert (
        usermem("diff", "--user", "ben", "--since", since).out == f"- {deleted.id[:8]} (deleted)\n"
    )


def test_diff_takes_days(usermem: Run) -> None:
    """`7d` is a week ago; nothing different is said in a line."""
    assert usermem("diff", "--user", "ben", "--since", "7d").out == "+ Lives in Oslo\n"
    assert "nothing is different since" in usermem("diff", "--user", "ben", "--since", "0d").out


@pytest.mark.parametrize("since", ["d", "yesterday", "-1d", "2026-13-01"])
def test_diff_says_how_a_time_is_written(usermem: Run, since: str) -> None:
    """What is neither a time nor days is a mistake in usage."""
    ran = usermem("diff", "--user", "ben", "--since", since)
    assert (ran.code, ran.out) == (2, "")
    assert "is neither a time such as 2026-05-01 nor a number of days such as 7d" in ran.err

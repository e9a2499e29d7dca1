"""The doctor: what is damaged is named, what can be rebuilt is, and no value is touched."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from langgraph.store.base import PutOp

from langchain_usermem.embeddings import LocalEmbeddings
from langchain_usermem.errors import (
    CorruptRowError,
    EmbedderMismatchError,
    EmbeddingError,
    StoreFormatError,
    StorePathError,
)
from langchain_usermem.store import FaissStore
from langchain_usermem.store.checks import Kind
from langchain_usermem.store.digests import text_digest
from langchain_usermem.store.doctor import doctor
from langchain_usermem.store.reembedding import reembed

from .model import INDEX, CountedEmbeddings, check_searches, held

ADA = ("u", "ada")


@pytest.fixture
def filled(file: Path) -> Path:
    """A closed file of 20 rows."""
    with FaissStore(file, index=INDEX) as store:
        store.batch([PutOp(ADA, f"k{n}", {"text": f"swordfish {n}"}) for n in range(20)])
        store.put(ADA, "k3", {"text": "swordfish again"}, ttl=60)
        store.put(ADA, "plain", {"text": "swordfish"}, index=False)
        store.delete(ADA, "k19")
    return file


def damage(file: Path, *statements: str) -> None:
    """Change a closed file behind the store's back."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def kinds(file: Path, **how: bool) -> list[Kind]:
    """What the doctor finds, or what it leaves."""
    return [problem.kind for problem in doctor(file, **how).problems]


def test_sound_file_is_healthy(filled: Path) -> None:
    """Nothing is found in a file that was only ever written by a store."""
    found = doctor(filled)
    assert (found.problems, found.rows, found.waiting, found.is_healthy) == ((), 20, 0, True)


REBUILDABLE = {
    "vector changed": (
        Kind.INDEXING,
        "UPDATE vectors SET vector = zeroblob(32) WHERE id = (1 << 32) + 1",
    ),
    "vector cut": (Kind.INDEXING, "UPDATE vectors SET vector = x'00' WHERE id = (1 << 32) + 1"),
    "vector gone": (Kind.INDEXING, "UPDATE vectors SET vector = NULL WHERE id = (1 << 32) + 1"),
    "words changed": (Kind.INDEXING, "UPDATE vectors SET terms = x'' WHERE id = (1 << 32) + 1"),
    "text gone": (Kind.INDEXING, "DELETE FROM vectors WHERE id = (1 << 32) + 1"),
    "wrongly waiting": (Kind.INDEXING, "UPDATE items SET pending = 1 WHERE key = 'k2'"),
    "column changed": (Kind.INDEXING, "UPDATE items SET ordinal = 7 WHERE key = 'k2'"),
    "lives for ever": (Kind.END, "UPDATE items SET expires_at = NULL WHERE key = 'k3'"),
    "ends at all": (Kind.END, "UPDATE items SET expires_at = 5 WHERE key = 'k4'"),
    "text of nobody": (Kind.STRAY, "INSERT INTO vectors VALUES (77, x'', x'', NULL)"),
    "row ahead": (Kind.NUMBERS, "UPDATE items SET sequence = 900 WHERE key = 'k2'"),
    "counter behind": (Kind.NUMBERS, "UPDATE meta SET value = 1 WHERE key = 'sequence'"),
    "ids behind": (Kind.NUMBERS, "UPDATE meta SET value = 1 WHERE key = 'item'"),
    "counter gone": (Kind.NUMBERS, "DELETE FROM meta WHERE key = 'namespace'"),
    "namespace behind": (Kind.NUMBERS, "UPDATE namespaces SET sequence = 0"),
    "texts behind": (Kind.NUMBERS, "UPDATE namespaces SET last_vector = 0"),
    "living row marked": (Kind.NUMBERS, "INSERT INTO deletions VALUES (1, 2, 3)"),
}


@pytest.mark.parametrize("name", REBUILDABLE)
def test_what_follows_from_values_is_rebuilt(filled: Path, name: str) -> None:
    """Words, vectors, ends and numbers are made anew, and searches are as they were."""
    with FaissStore(filled, index=INDEX) as store:
        rows = held(store)
    kind, statement = REBUILDABLE[name]
    damage(filled, statement)
    assert kinds(filled) == [kind]
    treated = doctor(filled, repair=True)
    assert (treated.problems, treated.repaired, treated.rows) == ((), 1, 20)
    with FaissStore(filled, index=INDEX) as store:
        store.embed_pending()
        assert held(store) == rows
        del rows[ADA, "plain"]
        found = store.search(ADA, query="swordfish", limit=99)
        assert found[-1].key == "plain"
        store.delete(ADA, "plain")
        check_searches(store, rows, "swordfish")
        store.put(ADA, "new", {"text": "swordfish new"})
        assert (ADA, "new") in held(store)
    assert doctor(filled).is_healthy


BAD_VECTORS = {"not a number": np.nan, "infinite": np.inf, "too long": 1e3}


@pytest.mark.parametrize("name", BAD_VECTORS)
def test_vectors_that_are_none_are_found(filled: Path, name: str) -> None:
    """A vector with a digest of its own that is not finite, or not of length one, is rebuilt."""
    with closing(sqlite3.connect(filled)) as connection, connection:
        number, item_id, key, terms = connection.execute(
            """SELECT v.id, i.id, i.key, v.terms FROM vectors v
            JOIN items i ON i.first_vector = v.id WHERE i.key = 'k5'"""
        ).fetchone()
        vector = np.full(8, BAD_VECTORS[name], dtype="<f4").tobytes()
        digest = text_digest("u.ada.", key, item_id=item_id, terms=terms, vector=vector)
        connection.execute(
            "UPDATE vectors SET vector = ?, digest = ? WHERE id = ?", (vector, digest, number)
        )
    assert kinds(filled) == [Kind.INDEXING]
    assert doctor(filled, repair=True).waiting == 1


DAMAGED = [
    "UPDATE items SET value = '{\"text\": \"other\"}' WHERE key = 'k2'",
    "UPDATE items SET value = CAST(x'7bff' AS TEXT) WHERE key = 'k2'",
    "UPDATE items SET created_at = 0 WHERE key = 'k2'",
    "UPDATE items SET key = 'k77' WHERE key = 'k2'",
    "UPDATE items SET namespace_id = 55 WHERE key = 'k2'",
    "UPDATE items SET vector_count = 1 << 40 WHERE key = 'k2'",
]


@pytest.mark.parametrize("statement", DAMAGED)
def test_damaged_values_are_named_and_left_alone(filled: Path, statement: str) -> None:
    """A row that is not what was written is found; repairing keeps it, removing it does not."""
    damage(filled, statement)
    (problem,) = doctor(filled).damaged_rows
    assert "k2" in str(problem) or "k77" in str(problem)
    assert "swordfish" not in str(problem)
    left = doctor(filled, repair=True)
    assert [p.kind for p in left.problems if p.kind is not Kind.STRAY] == [Kind.ROW]
    assert left.rows == 20
    removed = doctor(filled, repair=True, remove_damaged_rows=True)
    assert (removed.problems, removed.rows) == ((), 19)
    with FaissStore(filled, index=INDEX) as store:
        assert len(store.search(ADA, query="swordfish", limit=99)) == 19


def test_damaged_path_is_no_other_users_row(filled: Path) -> None:
    """Rows under a path that was changed are errors, whoever asks for them."""
    damage(filled, "UPDATE namespaces SET path = 'u.bob.'")
    with FaissStore(filled, index=INDEX) as store:
        for query in (None, "swordfish"):
            with pytest.raises(CorruptRowError):
                store.search(("u", "bob"), query=query)
        with pytest.raises(CorruptRowError):
            store.signals([("u", "bob")], "swordfish")
        with pytest.raises(CorruptRowError):
            store.get(("u", "bob"), "k1")
    assert kinds(filled) == [Kind.ROW] * 20


def test_text_that_is_no_unicode_is_not_quoted(filled: Path) -> None:
    """A value that cannot be decoded is an error that does not hold it, nor is raised from one."""
    damage(filled, "UPDATE items SET value = CAST(x'73776f7264ff' AS TEXT) WHERE key = 'k2'")
    with FaissStore(filled, index=INDEX) as store, pytest.raises(CorruptRowError) as caught:
        store.get(ADA, "k2")
    assert "sword" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_index_of_sqlite_is_rebuilt(filled: Path) -> None:
    """An index of SQLite's that lost an entry is found, and made anew."""
    damage(
        filled,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, 'expires_at IS NOT NULL', 'ttl > 100') "
        "WHERE name = 'items_by_expiry'",
    )
    damage(filled, "REINDEX items_by_expiry")
    damage(
        filled,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, 'ttl > 100', 'expires_at IS NOT NULL') "
        "WHERE name = 'items_by_expiry'",
    )
    assert kinds(filled) == [Kind.STRUCTURE]
    assert doctor(filled, repair=True).repaired == 1


def test_tables_that_were_changed_are_refused(filled: Path) -> None:
    """A file whose tables are declared in other words is not opened: its columns may be none."""
    damage(
        filled,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, 'value TEXT', 'valud TEXT')",
    )
    with pytest.raises(StoreFormatError, match=r"is damaged\. Restore it"):
        FaissStore(filled, index=INDEX)


def test_doctor_makes_no_file(file: Path) -> None:
    """A path without a file, and a file of another kind, are errors and stay as they are."""
    with pytest.raises(StorePathError, match="no file"):
        doctor(file)
    with pytest.raises(StorePathError, match="no file"):
        reembed(file, index=INDEX)
    assert not file.exists()
    file.write_text("dear diary, " * 100)
    with pytest.raises(StoreFormatError):
        doctor(file, repair=True)
    assert file.read_text() == "dear diary, " * 100


def test_repairs_reach_open_stores(filled: Path) -> None:
    """A store that has the file open, and its index loaded, goes on after a repair."""
    with FaissStore(filled, index=INDEX) as store:
        before = store.search(ADA, query="swordfish", limit=99)
        damage(filled, "INSERT INTO vectors VALUES (77, x'', x'', NULL)")
        assert doctor(filled, repair=True).is_healthy
        assert store.search(ADA, query="swordfish", limit=99) == before
        store.put(ADA, "new", {"text": "swordfish new"})
        assert len(store.search(ADA, query="swordfish", limit=99)) == len(before) + 1


class OtherEmbeddings(CountedEmbeddings):
    """Another embedder, which may be down."""

    fingerprint = "other"

    def __init__(self) -> None:
        self.answers = True

    def embed_query(self, text: str) -> list[float]:
        """A vector of twice the width."""
        if not self.answers:
            raise ConnectionError
        return 2 * super().embed_query(text)


@pytest.fixture
def other() -> OtherEmbeddings:
    """The other embedder."""
    return OtherEmbeddings()


def test_reembedding_changes_the_embedder(filled: Path, other: OtherEmbeddings) -> None:
    """All rows have vectors of the new embedder; the old one is refused from then on."""
    index = {"embed": other, "fields": ["text"]}
    with pytest.raises(EmbedderMismatchError, match="usermem reembed"):
        FaissStore(filled, index=index)
    health = reembed(filled, index=index)
    assert (health.items, health.unembedded, health.embedder) == (20, 0, "other/16")
    with FaissStore(filled, index=index) as store:
        scores = [item.score for item in store.search(ADA, query="swordfish 7", limit=99)]
        assert scores[0] == pytest.approx(1.0, abs=1e-5)
        assert [score is None for score in scores] == [False] * 19 + [True]
    with pytest.raises(EmbedderMismatchError):
        FaissStore(filled, index=INDEX)
    assert doctor(filled).is_healthy


def test_reembedding_with_an_embedder_that_is_down(filled: Path, other: OtherEmbeddings) -> None:
    """A trial that fails leaves the file as it was."""
    other.answers = False
    with pytest.raises(EmbeddingError, match="ConnectionError"):
        reembed(filled, index={"embed": other})
    with FaissStore(filled, index=INDEX) as store:
        assert store.health().embedder == "counted/8"
        assert store.search(ADA, query="swordfish 7")[0].score == pytest.approx(1.0, abs=1e-5)


def test_reembedding_with_the_local_embedder(filled: Path) -> None:
    """Without an index the local embedder is meant."""
    assert reembed(filled).embedder == f"{LocalEmbeddings.fingerprint}/256"

"""Queries whose words count by their rarity among one user's texts."""

import numpy as np
import pytest

from langchain_usermem.embeddings import LocalEmbeddings, WordEmbedder, unit_rows
from langchain_usermem.store.faiss_store import FaissStore
from langchain_usermem.store.keyword_index import KeywordIndex, terms_to_bytes
from langchain_usermem.store.weighting import word_query
from langchain_usermem.text import term_ids

LOCAL = LocalEmbeddings()


def index_of(*texts: str) -> KeywordIndex:
    """A keyword index over texts."""
    index = KeywordIndex()
    index.add(np.arange(len(texts)), [terms_to_bytes(term_ids(text)) for text in texts])
    return index


def test_the_local_embedder_knows_its_words() -> None:
    """Words come in order, and their vectors sum to what the text's own points at."""
    assert isinstance(LOCAL, WordEmbedder)
    found, vectors = LOCAL.word_vectors("Where is Biscuit's bed?")
    assert found == ["Where", "is", "Biscuit's", "bed?"]
    summed = unit_rows(vectors.sum(axis=0, keepdims=True))[0]
    np.testing.assert_allclose(summed, LOCAL.embed_query("Where is Biscuit's bed?"), atol=1e-5)


def test_only_words_count_and_not_the_space_between_them() -> None:
    """Spaces in front, behind and in double, tabs and new lines change nothing."""
    found, vectors = LOCAL.word_vectors("where is the bed?")
    spaced, same = LOCAL.word_vectors(" where  is\tthe\nbed? ")
    assert spaced == found == ["where", "is", "the", "bed?"]
    np.testing.assert_array_equal(same, vectors)


def test_the_vector_is_the_weighted_sum_of_the_words() -> None:
    """Each word counts by its rarity to the power .75, a stop word 1."""
    index = index_of("Ada likes tea", "Ada likes jazz", "Ada sails")
    query = word_query(LOCAL, "the tea of Ada")
    assert query is not None
    tea, ada = index.rarities([term_ids("tea")[0], term_ids("Ada")[0]])
    assert tea > ada > 1
    weights = np.array([1, tea, 1, ada]) ** 0.75
    expected = weights @ LOCAL.word_vectors("the tea of Ada")[1]
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(query.among(index), expected, atol=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_query_without_words_is_none(text: str) -> None:
    """There is nothing to weigh in an empty query."""
    query = word_query(LOCAL, text)
    assert query is None or np.isfinite(query.among(index_of("tea"))).all()


def test_a_word_in_every_text_of_a_user_counts_less_for_this_user_alone() -> None:
    """The same question leans on other words in another user's memories."""
    with FaissStore(":memory:") as store:
        for n in range(40):
            store.put(("ada",), str(n), {"text": f"Caroline said thing number {n}"})
        store.put(("ada",), "x", {"text": "Caroline adopted a kitten"})
        store.put(("bob",), "x", {"text": "Caroline adopted a kitten"})
        asked = "what did Caroline adopt?"
        other = store.signals([("ada",)], asked).similarity
        of_bob = store.signals([("bob",)], asked).similarity
        assert other[-1] != of_bob[-1]
        assert other[-1] > other[:-1].max()


async def test_search_keeps_the_plain_cosine() -> None:
    """LangGraph's contract is the embedder's own vector; only signals weigh words."""
    with FaissStore(":memory:", index={"embed": LOCAL, "fields": ["text"]}) as store:
        store.put(("ada",), "x", {"text": "Caroline adopted a kitten"})
        (found,) = store.search(("ada",), query="the kitten")
        pair = LOCAL.embed_array(["Caroline adopted a kitten", "the kitten"])
        assert found.score == pytest.approx(float(pair[0] @ pair[1]), abs=1e-5)
        blocking = store.signals([("ada",)], "the kitten")
        awaited = await store.asignals([("ada",)], "the kitten")
        assert blocking.similarity.tolist() == awaited.similarity.tolist() != [found.score]

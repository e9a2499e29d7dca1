"""Forms of answers: strict, and said in words where nothing else helps."""

from typing import Any

import pytest

from langchain_usermem.schemas import consolidation_schema, extraction_schema, in_form_of
from langchain_usermem.settings import MemorySettings

SETTINGS = MemorySettings()


@pytest.mark.parametrize(
    ("schema", "title"),
    [(extraction_schema(SETTINGS), "memories"), (consolidation_schema(), "decisions")],
)
def test_schemas_are_strict(schema: dict[str, Any], title: str) -> None:
    """Providers' strict mode wants every field required and no other."""
    item = schema["properties"][title]["items"]
    assert (schema["title"], schema["required"]) == (title, [title])
    assert item["required"] == list(item["properties"])
    assert (schema["additionalProperties"], item["additionalProperties"]) == (False, False)


def test_schema_lists_the_applications_categories() -> None:
    """The model can name no category that would be refused."""
    own: Any = extraction_schema(MemorySettings(categories=("fact", "pet")))
    category = own["properties"]["memories"]["items"]["properties"]["category"]
    assert category["enum"] == ["fact", "pet"]


def test_a_form_in_words_holds_the_schema_and_the_empty_answer() -> None:
    """A model without structured output sees the fields, and how to say that there is nothing."""
    words = in_form_of({"title": "memories", "properties": {"content": {"type": "string"}}})
    assert '{"memories": []} where there is nothing to list' in words
    assert words.endswith('{"title": "memories", "properties": {"content": {"type": "string"}}}')

"""Lists read from text: as JSON should be, and as models write it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_usermem import salvage
from langchain_usermem.salvage import CUT_OFF, EMPTY, MAX_DEPTH, Answer, listed_in

LEEDS = {"content": "Lives in Leeds"}
YORK = {"content": "Works in York"}
BOTH = (LEEDS, YORK)
WHOLE = json.dumps({"memories": BOTH})
NO_LIST = "the answer has no list of memories"


@pytest.mark.parametrize(
    ("text", "items", "fault"),
    [
        (WHOLE, BOTH, None),
        (json.dumps(BOTH), BOTH, None),
        (f"```json\n{WHOLE}\n```", BOTH, None),
        (f"Here you are:\n```\n{WHOLE}\n```\nAnything else, [maybe]?", BOTH, None),
        (f"<think>memories: [1]</think>{WHOLE}", BOTH, None),
        (str({"memories": list(BOTH)}), BOTH, None),
        ("memories = [{'content': 'Lives in Leeds', }, ]", (LEEDS,), None),
        ('{"memories": []}', (), None),
        ("[]", (), None),
        (
            "[{'content': None, 'a': True, 'b': False}]",
            ({"content": None, "a": True, "b": False},),
            None,
        ),
        (
            "[{'content': 'Ada\\'s dog isn\\'t \"old\"'}]",
            ({"content": "Ada's dog isn't \"old\""},),
            None,
        ),
        ("[{'content': 'Ada's dog'}]", ({"content": "Ada's dog"},), None),
        ('[{"content": "two\nlines"}]', ({"content": "two\nlines"},), None),
        (WHOLE[:-2], BOTH, CUT_OFF),
        (WHOLE[:-3], (LEEDS,), CUT_OFF),
        (WHOLE[:-10], (LEEDS,), CUT_OFF),
        ('{"memories": [', (), CUT_OFF),
        (
            '{"memories": [{"a": 1}, {"b": }, {"c": 3}]}',
            ({"a": 1}, {"c": 3}),
            "1 of 3 items are malformed",
        ),
        ('{"memories": [{"a": 1}, "x", 3]}', ({"a": 1},), "2 of 3 items are malformed"),
        ('{"other": [1]}', (), NO_LIST),
        ("I found nothing to remember.", (), NO_LIST),
        (" \n", (), EMPTY),
    ],
)
def test_what_a_text_lists(text: str, items: tuple[dict[str, Any], ...], fault: str | None) -> None:
    """Whole items are kept in order, whatever stands around them; damage is told."""
    assert listed_in(text, "memories") == Answer(items, fault)


def test_thoughts_without_end_cost_no_time() -> None:
    """A model that begins to think again and again is read in one pass."""
    assert listed_in("<think>" * 200_000, "memories") == Answer(fault=NO_LIST)


def test_what_is_nested_too_deep_is_malformed() -> None:
    """No parser follows an answer down without end; the items beside it are kept."""
    deep = "[" * 100_000 + "]" * 100_000
    text = f'{{"memories": [{{"a": 1}}, {{"b": {deep}}}, {{"c": 3}}]}}'
    found = listed_in(text, "memories")
    assert found == Answer(({"a": 1}, {"c": 3}), "1 of 3 items are malformed")
    allowed = "[" * (MAX_DEPTH - 2) + "]" * (MAX_DEPTH - 2)
    assert listed_in(f'[{{"b": {allowed}}}]', "memories").fault is None


def test_an_endless_answer_is_read_to_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model gone astray repeats is cut off, not refused."""
    monkeypatch.setattr(salvage, "MAX_ANSWER_CHARS", 1_000)
    found = listed_in("[" + '{"a": 1}, ' * 1_000, "memories")
    assert (len(found.items), found.fault) == (100, CUT_OFF)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
json_items = st.lists(st.dictionaries(st.text(), json_values, max_size=4), max_size=4)


@given(json_items, st.booleans())
def test_any_json_is_read_as_the_library_reads_it(items: list[Any], ascii_only: bool) -> None:
    """Whatever strings and numbers items hold, they come back; a last comma too many or not."""
    text = json.dumps({"memories": items}, ensure_ascii=ascii_only)
    assert listed_in(text, "memories") == Answer(tuple(items))
    assert listed_in(text[: -len("]}")] + ",]}", "memories") == Answer(tuple(items))


@given(json_items, st.data())
def test_cut_anywhere_whole_items_come_first(items: list[Any], data: st.DataObject) -> None:
    """A text cut off gives the first items as they were, and a fault, and never raises."""
    text = json.dumps({"memories": items})
    found = listed_in(text[: data.draw(st.integers(0, text.rindex("]")))], "memories")
    assert list(found.items) == items[: len(found.items)]
    assert found.fault is not None


@given(st.text(alphabet="[]{}'\",:\\ abmemories\n"))
def test_no_text_raises(text: str) -> None:
    """Brackets and quotes in any order are read or told to be damaged."""
    listed_in("memories: [" + text, "memories")

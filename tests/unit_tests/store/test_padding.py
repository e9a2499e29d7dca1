"""Values for statements with many placeholders."""

import pytest

from langchain_usermem.store.padding import padded


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (1, [1]),
        (2, [4]),
        (5, [16]),
        (17, [64]),
        (65, [512]),
        (512, [512]),
        (1_025, [512, 512, 1]),
    ],
)
def test_parts_have_few_lengths(count: int, sizes: list[int]) -> None:
    """All values come in order, and only the last part is filled up."""
    parts = [list(part) for part in padded(range(count), -1)]
    assert [len(part) for part in parts] == sizes
    flat = [value for part in parts for value in part]
    assert flat[:count] == list(range(count))
    assert set(flat[count:]) <= {-1}

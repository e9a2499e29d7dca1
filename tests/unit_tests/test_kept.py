"""What is made of a text is made once, as long as there is room for it."""

from collections.abc import Callable

from langchain_usermem.kept import LONG_ONES, LONGEST, kept_of_texts


def measuring() -> tuple[Callable[[str], int], list[str]]:
    """A function that is kept, and the texts that it was really asked about."""
    asked: list[str] = []

    @kept_of_texts(1_000)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    return length, asked


def test_a_text_that_comes_again_is_looked_up() -> None:
    """Whether it is short or long."""
    length, asked = measuring()
    texts = ["dog", "d" * (LONGEST + 1)]
    assert [length(text) for text in [*texts, *texts]] == [3, LONGEST + 1] * 2
    assert asked == texts


def test_few_long_texts_are_kept() -> None:
    """One goes for another from so many on, and the short ones stay."""
    length, asked = measuring()
    texts = [f"{number:04}" * LONGEST for number in range(LONG_ONES + 1)]
    for text in ["dog", *texts, texts[0], "dog", texts[-1]]:
        length(text)
    assert asked == ["dog", *texts, texts[0]]

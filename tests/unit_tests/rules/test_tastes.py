from collections.abc import Callable

import pytest

Row = tuple[str, str, str | None, str]

SAID: tuple[tuple[str, list[Row]], ...] = (
    ("I like hiking", [("Likes hiking", "preference", "opinion:hiking", "")]),
    ("I like coffee", [("Likes coffee", "preference", "opinion:coffee", "")]),
    (
        "I hate cilantro and olives",
        [
            ("Hates cilantro", "preference", "opinion:cilantro", ""),
            ("Hates olives", "preference", "opinion:olives", ""),
        ],
    ),
    ("I prefer tea over coffee", [("Prefers tea over coffee", "preference", "opinion:tea", "")]),
    (
        "My favourite colour is green",
        [("Favourite colour is green", "preference", "favourite:colour", "")],
    ),
    ("Dune is my favourite book", [("Favourite book is Dune", "preference", "favourite:book", "")]),
    (
        "My favourite food is sushi, and I can't stand olives",
        [
            ("Favourite food is sushi", "preference", "favourite:food", ""),
            ("Cannot stand olives", "preference", "opinion:olives", ""),
        ],
    ),
    ("I'm not a fan of jazz", [("Dislikes jazz", "preference", "opinion:jazz", "")]),
    ("I'm a big fan of Radiohead", [("Likes Radiohead", "preference", "opinion:radiohead", "")]),
    ("I like to cook", [("Likes to cook", "preference", "opinion:to cook", "")]),
    (
        "I love tea and I love coffee",
        [
            ("Loves tea", "preference", "opinion:tea", ""),
            ("Loves coffee", "preference", "opinion:coffee", ""),
        ],
    ),
    (
        "I like coffee, tea and cake",
        [
            ("Likes coffee", "preference", "opinion:coffee", ""),
            ("Likes tea", "preference", "opinion:tea", ""),
            ("Likes cake", "preference", "opinion:cake", ""),
        ],
    ),
    (
        "I like reading but I hate running",
        [
            ("Likes reading", "preference", "opinion:reading", ""),
            ("Hates running", "preference", "opinion:running", ""),
        ],
    ),
    (
        "I love the smell of rain",
        [("Loves the smell of rain", "preference", "opinion:smell of rain", "")],
    ),
    (
        "I love Radiohead and the Beatles",
        [
            ("Loves Radiohead", "preference", "opinion:radiohead", ""),
            ("Loves the Beatles", "preference", "opinion:beatles", ""),
        ],
    ),
    ("I love the beach", [("Loves the beach", "preference", "opinion:beach", "")]),
    ("I like big dogs", [("Likes big dogs", "preference", "opinion:big dogs", "")]),
    ("I dislike crowds", [("Dislikes crowds", "preference", "opinion:crowds", "")]),
    ("I don't really like jazz", [("Dislikes jazz", "preference", "opinion:jazz", "")]),
    ("I do like jazz", [("Likes jazz", "preference", "opinion:jazz", "")]),
    ("I'm keen on chess", [("Is keen on chess", "preference", "opinion:chess", "")]),
    (
        "My favourite season is autumn",
        [("Favourite season is autumn", "preference", "favourite:season", "")],
    ),
    (
        "My favourite band is Radiohead",
        [("Favourite band is Radiohead", "preference", "favourite:band", "")],
    ),
    (
        "I enjoy painting and pottery",
        [
            ("Enjoys painting", "preference", "opinion:painting", ""),
            ("Enjoys pottery", "preference", "opinion:pottery", ""),
        ],
    ),
    (
        "I love action and sci-fi movies",
        [("Loves action and sci-fi movies", "preference", "opinion:action and sci fi movies", "")],
    ),
    ("I love to help", []),
    ("I love Python", [("Loves Python", "preference", "opinion:python", "")]),
    ("I prefer TypeScript", [("Prefers TypeScript", "preference", "opinion:typescript", "")]),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_statements_of_tastes(
    rows: Callable[[str], list[Row]], text: str, expected: list[Row]
) -> None:
    """Each taste becomes a statement in a slot of its own."""
    assert rows(text) == expected

from collections.abc import Callable

import pytest

Row = tuple[str, str, str | None, str]

SAID: tuple[tuple[str, list[Row]], ...] = (
    (
        "I don't like coffee any more",
        [("No longer likes coffee", "preference", "opinion:coffee", "C")],
    ),
    ("actually, I moved to York", [("Lives in York", "identity", "home_city", "C")]),
    ("no, my name is Ana", [("Name is Ana", "identity", "name", "C")]),
    ("I no longer work at Acme", [("No longer works at Acme", "identity", "employer", "C")]),
    ("I live in York, not Leeds", [("Lives in York", "identity", "home_city", "C")]),
    ("Actually I moved to York", [("Lives in York", "identity", "home_city", "C")]),
    ("I live not in Leeds but in York", [("Lives in York", "identity", "home_city", "C")]),
    ("I no longer like coffee", [("No longer likes coffee", "preference", "opinion:coffee", "C")]),
    ("I just lost my job", [("Lost their job", "identity", "employer", "C")]),
    ("I quit my job", [("Has left their job", "identity", "employer", "C")]),
    ("I left Acme", [("No longer works at Acme", "identity", "employer", "C")]),
    ("I'm no longer vegan", [("Is no longer vegan", "fact", "diet", "C")]),
    (
        "I don't live in Leeds any more",
        [("No longer lives in Leeds", "identity", "home_city", "C")],
    ),
    ("I don't have a dog any more", [("No longer has a dog", "fact", "pet", "C")]),
    ("Sorry, my name is Ana, not Anna", [("Name is Ana", "identity", "name", "C")]),
    (
        "No, I don't live in Leeds any more, I moved to York",
        [
            ("No longer lives in Leeds", "identity", "home_city", "C"),
            ("Lives in York", "identity", "home_city", "C"),
        ],
    ),
    ("Actually, I'm 35", [("Is 35 years old", "identity", "age", "C")]),
    ("Scratch that, I'm vegan", [("Is vegan", "fact", "diet", "C")]),
    (
        "I'm not married any more",
        [("Is no longer married", "identity", "relationship_status", "C")],
    ),
    ("I'm not a nurse any more", [("Is no longer a nurse", "identity", "role", "C")]),
    ("I stopped liking coffee", [("No longer likes coffee", "preference", "opinion:coffee", "C")]),
    ("I've gone off coffee", [("No longer likes coffee", "preference", "opinion:coffee", "C")]),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_statements_of_takebacks(
    rows: Callable[[str], list[Row]], text: str, expected: list[Row]
) -> None:
    """What is no longer so, or put right, corrects what its slot held."""
    assert rows(text) == expected

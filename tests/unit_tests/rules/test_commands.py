from collections.abc import Callable

import pytest

Row = tuple[str, str, str | None, str]

SAID: tuple[tuple[str, list[Row]], ...] = (
    ("Remember that my flight is on 3 June", [("Flight is on 3 June 2026", "context", None, "E")]),
    ("don't forget that I'm vegan", [("Is vegan", "fact", "diet", "E")]),
    (
        "note that the staging server is called Hal",
        [("The staging server is called Hal", "fact", None, "E")],
    ),
    (
        "Keep in mind: I work at Acme and I hate Mondays",
        [
            ("Works at Acme", "identity", "employer", "E"),
            ("Hates Mondays", "preference", "opinion:mondays", "E"),
        ],
    ),
    ("forget my address", [("address", "fact", "home_city", "EF")]),
    ("forget that I like coffee", [("Likes coffee", "preference", "opinion:coffee", "EF")]),
    ("please delete what you know about my job", [("job", "fact", "employer", "EF")]),
    ("don't remember that", [("what was just said", "fact", None, "EF")]),
    ("forget where I live", [("where I live", "fact", "home_city", "EF")]),
    (
        "Forget where my sister lives.",
        [("where sister lives", "fact", None, "EF")],
    ),
    ("forget what our dog is called", [("what dog is called", "fact", None, "EF")]),
    ("forget everything you know about me", [("everything", "fact", None, "EF")]),
    ("forget about my ex", [("ex", "fact", None, "EF")]),
    ("Please forget my birthday", [("birthday", "fact", "birthday", "EF")]),
    ("delete my address from your memory", [("address", "fact", "home_city", "EF")]),
    ("Can you forget that I'm vegan?", [("Is vegan", "fact", "diet", "EF")]),
    ("stop remembering my name", [("name", "fact", "name", "EF")]),
    (
        "Can you remember that I'm allergic to nuts?",
        [("Is allergic to nuts", "fact", "allergy", "E")],
    ),
    ("Remember: the door code is 1234", [("The door code is 1234", "fact", None, "E")]),
    ("Make a note that my boss is Karen", [("Boss is Karen", "fact", None, "E")]),
    ("forget everything about me", [("everything", "fact", None, "EF")]),
    ("Forget that I live in Leeds", [("Lives in Leeds", "identity", "home_city", "EF")]),
    ("Forget that my name is Ada", [("Name is Ada", "identity", "name", "EF")]),
    ("Erase my birthday", [("birthday", "fact", "birthday", "EF")]),
    ("Stop remembering where I work", [("where I work", "fact", "employer", "EF")]),
    ("Forget what you know about my diet", [("diet", "fact", "diet", "EF")]),
    ("Don't forget that my exam is on Monday", [("Exam is on 11 May 2026", "context", None, "E")]),
    ("Bear in mind that I have diabetes", [("Has diabetes", "fact", "health", "E")]),
    ("Make a note: I'm on holiday next week", [("Is on holiday", "context", None, "E")]),
    ("Forget my name, call me X", [("name", "fact", "name", "EF")]),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_statements_of_commands(
    rows: Callable[[str], list[Row]], text: str, expected: list[Row]
) -> None:
    """Orders to remember are explicit and orders to forget say what to forget."""
    assert rows(text) == expected

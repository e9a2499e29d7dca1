from collections.abc import Callable

import pytest

Row = tuple[str, str, str | None, str]

SAID: tuple[tuple[str, list[Row]], ...] = (
    ("My name is Ada.", [("Name is Ada", "identity", "name", "")]),
    (
        "I'm Ada, I live in Leeds and work as a nurse",
        [
            ("Name is Ada", "identity", "name", ""),
            ("Lives in Leeds", "identity", "home_city", ""),
            ("Works as a nurse", "identity", "role", ""),
        ],
    ),
    ("my time zone is CET", [("Time zone is CET", "identity", "time_zone", "")]),
    ("I'm in UTC+2", [("Time zone is UTC+2", "identity", "time_zone", "")]),
    ("I'm on Pacific time", [("Time zone is Pacific time", "identity", "time_zone", "")]),
    ("my birthday is on 3 May", [("Birthday is 3 May", "identity", "birthday", "")]),
    ("My birthday is tomorrow!", [("Birthday is 9 May", "identity", "birthday", "")]),
    ("I'm 34", [("Is 34 years old", "identity", "age", "")]),
    (
        "I'm 34 years old and live in York",
        [
            ("Is 34 years old", "identity", "age", ""),
            ("Lives in York", "identity", "home_city", ""),
        ],
    ),
    (
        "I am a 29-year-old teacher from Leeds",
        [
            ("Is 29 years old", "identity", "age", ""),
            ("Works as a teacher", "identity", "role", ""),
        ],
    ),
    ("I'm married to Ana", [("Is married to Ana", "identity", "relationship_status", "")]),
    ("from now on call me Al", [("Prefers to be called Al", "identity", "preferred_name", "E")]),
    ("everybody calls me Al", [("Prefers to be called Al", "identity", "preferred_name", "")]),
    ("call me Al", [("Prefers to be called Al", "identity", "preferred_name", "E")]),
    (
        "Hi there! I'm Ana and I work at Acme as a data scientist.",
        [
            ("Name is Ana", "identity", "name", ""),
            ("Works as a data scientist", "identity", "role", ""),
            ("Works at Acme", "identity", "employer", ""),
        ],
    ),
    ("I'm Spanish", [("Is Spanish", "identity", "nationality", "")]),
    (
        "I'm from Spain but I live in Berlin now",
        [("Is from Spain", "fact", "origin", ""), ("Lives in Berlin", "identity", "home_city", "")],
    ),
    ("I was born in 1990", [("Birthday is 1990", "identity", "birthday", "")]),
    ("I was born on 3 May 1990", [("Birthday is 3 May 1990", "identity", "birthday", "")]),
    ("I grew up in Wales", [("Grew up in Wales", "fact", None, "")]),
    ("I speak Spanish and English", [("Speaks Spanish and English", "fact", None, "")]),
    ("I'm single", [("Is single", "identity", "relationship_status", "")]),
    ("I'm in PST", [("Time zone is PST", "identity", "time_zone", "")]),
    ("My pronouns are she/her", [("Pronouns are she/her", "identity", "pronouns", "")]),
    ("I've been married for 5 years", [("Is married", "identity", "relationship_status", "")]),
    ("you can call me Bea", [("Prefers to be called Bea", "identity", "preferred_name", "E")]),
    (
        "Please call me Dr. Smith",
        [("Prefers to be called Dr. Smith", "identity", "preferred_name", "E")],
    ),
    (
        "I'm American and I work as a chef",
        [
            ("Is American", "identity", "nationality", ""),
            ("Works as a chef", "identity", "role", ""),
        ],
    ),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_statements_of_identity(
    rows: Callable[[str], list[Row]], text: str, expected: list[Row]
) -> None:
    """What a user says about who they are becomes these statements."""
    assert rows(text) == expected

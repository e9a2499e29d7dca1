from collections.abc import Callable

import pytest

Row = tuple[str, str, str | None, str]

SAID: tuple[tuple[str, list[Row]], ...] = (
    ("i live in leeds", [("Lives in leeds", "identity", "home_city", "")]),
    ("I moved to Leeds in May", [("Lives in Leeds", "identity", "home_city", "")]),
    (
        "I work as a nurse at St James's Hospital.",
        [
            ("Works as a nurse", "identity", "role", ""),
            ("Works at St James's Hospital", "identity", "employer", ""),
        ],
    ),
    (
        "I live in Leeds and I'm from Spain",
        [("Lives in Leeds", "identity", "home_city", ""), ("Is from Spain", "fact", "origin", "")],
    ),
    ("I've lived in Leeds since 2019", [("Lives in Leeds", "identity", "home_city", "")]),
    ("I've been working at Acme since March", [("Works at Acme", "identity", "employer", "")]),
    ("I've worked as a teacher for 10 years", [("Works as a teacher", "identity", "role", "")]),
    (
        "I live in Leeds, do you know good cafes there?",
        [("Lives in Leeds", "identity", "home_city", "")],
    ),
    ("I'm self-employed", [("Is self-employed", "identity", "role", "")]),
    (
        "I'm a software engineer at Google",
        [
            ("Works as a software engineer", "identity", "role", ""),
            ("Works at Google", "identity", "employer", ""),
        ],
    ),
    ("I'm a student", [("Is a student", "identity", "role", "")]),
    ("Help me plan a trip, I live in Leeds", [("Lives in Leeds", "identity", "home_city", "")]),
    ("I live with my parents", [("Lives with their parents", "fact", None, "")]),
    ("I live in a small flat near the sea", [("Lives in a small flat", "fact", None, "")]),
    ("I live in New York with my wife", [("Lives in New York", "identity", "home_city", "")]),
    ("I live in Leeds, UK", [("Lives in Leeds, UK", "identity", "home_city", "")]),
    ("I live in the Netherlands", [("Lives in the Netherlands", "identity", "home_country", "")]),
    ("I moved from London to Paris last year", [("Lives in Paris", "identity", "home_city", "")]),
    ("I relocated to Berlin two years ago", [("Lives in Berlin", "identity", "home_city", "")]),
    ("I'm based in Tokyo", [("Lives in Tokyo", "identity", "home_city", "")]),
    ("I used to live in Rome", [("Used to live in Rome", "fact", None, "")]),
    ("I work in marketing", [("Works in marketing", "fact", None, "")]),
    ("I work from home", [("Works from home", "fact", None, "")]),
    (
        "I started working at Google in March 2021",
        [("Works at Google", "identity", "employer", "")],
    ),
    (
        "I joined Acme as a designer last month",
        [
            ("Works as a designer", "identity", "role", ""),
            ("Works at Acme", "identity", "employer", ""),
        ],
    ),
    ("My wife and I live in Leeds", [("Lives in Leeds", "identity", "home_city", "")]),
    ("We live in Leeds", [("Lives in Leeds", "identity", "home_city", "")]),
    ("I became a teacher in 2015", [("Works as a teacher", "identity", "role", "")]),
    ("I live alone", [("Lives alone", "fact", None, "")]),
    ("I work for the government", [("Works for the government", "identity", "employer", "")]),
    ("I work at a bank", [("Works at a bank", "identity", "employer", "")]),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_statements_of_home(
    rows: Callable[[str], list[Row]], text: str, expected: list[Row]
) -> None:
    """What a user says about home and work becomes these statements."""
    assert rows(text) == expected

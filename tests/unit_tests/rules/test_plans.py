from collections.abc import Callable

import pytest

Row = tuple[str, str, str | None, str]

SAID: tuple[tuple[str, list[Row]], ...] = (
    ("I'm working on a compiler", [("Is working on a compiler", "fact", "project", "")]),
    ("I'm training for a marathon", [("Is training for a marathon", "fact", "goal", "")]),
    ("I want to learn Rust", [("Wants to learn Rust", "fact", "goal", "")]),
    ("I've decided to quit smoking", [("Decided to quit smoking", "fact", "decision", "")]),
    ("we chose Postgres", [("Chose Postgres", "fact", "decision", "")]),
    ("I'm in Paris this week", [("Is in Paris", "context", None, "")]),
    ("I'm travelling until Friday", [("Is travelling", "context", None, "")]),
    ("my flight is tomorrow", [("Flight is on 9 May 2026", "context", None, "")]),
    ("Next month I'm moving to York", [("Is moving to York in June 2026", "context", None, "")]),
    (
        "I have a dentist appointment on Monday at 3",
        [("Has a dentist appointment on 11 May 2026 at 3", "context", None, "")],
    ),
    ("I'm in London until Monday", [("Is in London", "context", None, "")]),
    ("I'm on holiday for two weeks", [("Is on holiday", "context", None, "")]),
    ("My exam is on 12 June", [("Exam is on 12 June 2026", "context", None, "")]),
    (
        "I have an interview tomorrow at 10am",
        [("Has an interview on 9 May 2026 at 10am", "context", None, "")],
    ),
    ("I'm moving to York next month", [("Is moving to York in June 2026", "context", None, "")]),
    (
        "I plan to run a marathon in October",
        [("Plans to run a marathon in October 2026", "context", None, "")],
    ),
    ("My goal is to read 20 books", [("Goal is to read 20 books", "fact", "goal", "")]),
    ("we decided to use Postgres", [("Decided to use Postgres", "fact", "decision", "")]),
    ("I have decided to learn Dutch", [("Decided to learn Dutch", "fact", "decision", "")]),
    ("I switched to Neovim", [("Switched to Neovim", "fact", "decision", "")]),
    ("I've been learning German since January", [("Is learning German", "fact", "goal", "")]),
    ("our project is called Hal", [("Project is called Hal", "fact", "project", "")]),
    ("I'm building a website, can you help?", [("Is building a website", "fact", "project", "")]),
    ("I want to build a table in SQL", [("Wants to build a table in SQL", "fact", "goal", "")]),
    ("I have an exam in two weeks", [("Has an exam on 22 May 2026", "context", None, "")]),
    ("My goal is to run a marathon", [("Goal is to run a marathon", "fact", "goal", "")]),
    ("My dream is to give these kids a home", []),
    ("My goal is to fix that", []),
    ("I want to learn what a monad is", []),
    ("I'm working on a new project", []),
    ("I'm working on a project, it is hard", []),
    (
        "I'm working on a big project for Acme",
        [("Is working on a big project for Acme", "fact", "project", "")],
    ),
    ("I'll be in Rome until Sunday", [("Will be in Rome", "context", None, "")]),
    ("we're in Rome this week", [("Is in Rome", "context", None, "")]),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_statements_of_plans(
    rows: Callable[[str], list[Row]], text: str, expected: list[Row]
) -> None:
    """Projects, goals, decisions and short stays become these statements."""
    assert rows(text) == expected

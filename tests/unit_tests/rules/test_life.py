from collections.abc import Callable

import pytest

Row = tuple[str, str, str | None, str]

SAID: tuple[tuple[str, list[Row]], ...] = (
    ("I'm allergic to peanuts", [("Is allergic to peanuts", "fact", "allergy", "")]),
    (
        "I have a golden retriever called Biscuit",
        [("Has a golden retriever called Biscuit", "fact", "pet", "")],
    ),
    ("I have a daughter called Mia", [("Has a daughter called Mia", "fact", "family", "")]),
    ("my sister Jane lives in Oslo", [("Sister Jane lives in Oslo", "fact", "family", "")]),
    ("My wife's name is Ana", [("Wife is called Ana", "fact", "family", "")]),
    ("My wife is Ana", [("Wife is called Ana", "fact", "family", "")]),
    ("I never eat meat", [("Never eats meat", "fact", "diet", "")]),
    ("I have two kids", [("Has two kids", "fact", "family", "")]),
    ("I drive a Volvo", [("Drives a Volvo", "fact", "car", "")]),
    ("I have two cats", [("Has two cats", "fact", "pet", "")]),
    ("I have been vegan for two years", [("Is vegan", "fact", "diet", "")]),
    ("Hey, I'm vegan, can you suggest a recipe?", [("Is vegan", "fact", "diet", "")]),
    ("My dog's name is Rex", [("Dog is called Rex", "fact", "pet", "")]),
    ("My dog is called Rex", [("Dog is called Rex", "fact", "pet", "")]),
    ("I've got a cat called Tom", [("Has a cat called Tom", "fact", "pet", "")]),
    ("we just adopted two kittens", [("Has two kittens", "fact", "pet", "")]),
    ("My son Leo is 7 years old", [("Son Leo is 7 years old", "fact", "family", "")]),
    ("I have asthma", [("Has asthma", "fact", "health", "")]),
    ("I'm lactose intolerant", [("Is lactose intolerant", "fact", "allergy", "")]),
    ("I don't eat pork", [("Does not eat pork", "fact", "diet", "")]),
    ("I go running every morning", [("Goes running every morning", "fact", "habit", "")]),
    ("I always wake up at 6", [("Always wakes up at 6", "fact", "habit", "")]),
    ("I play the piano", [("Plays piano", "fact", None, "")]),
    ("I own a Tesla", [("Has a Tesla", "fact", None, "")]),
    (
        "I drive an old Volvo and I have a boat",
        [("Drives an old Volvo", "fact", "car", ""), ("Has a boat", "fact", None, "")],
    ),
    ("im allergic to nuts", [("Is allergic to nuts", "fact", "allergy", "")]),
    ("My phone number is 555-1234", [("Phone number is 555-1234", "fact", None, "")]),
    (
        "I'm allergic to peanuts and shellfish",
        [("Is allergic to peanuts and shellfish", "fact", "allergy", "")],
    ),
    ("I have a peanut allergy", [("Has a peanut allergy", "fact", "allergy", "")]),
    ("I'm gluten-free", [("Is gluten-free", "fact", "diet", "")]),
    ("I'm a strict vegan", [("Is a strict vegan", "fact", "diet", "")]),
    ("My mother lives in Rome", [("Mother lives in Rome", "fact", "family", "")]),
    ("My brother is a doctor", [("Brother is a doctor", "fact", "family", "")]),
    (
        "I have two sons called Tom and Ben",
        [("Has two sons called Tom and Ben", "fact", "family", "")],
    ),
    ("I play tennis", [("Plays tennis", "fact", None, "")]),
    ("I have ADHD", [("Has ADHD", "fact", "health", "")]),
    ("We have three dogs", [("Has three dogs", "fact", "pet", "")]),
    ("I got a puppy named Max", [("Has a puppy called Max", "fact", "pet", "")]),
    ("I've got two kids, Tom and Ann", [("Has two kids called Tom and Ann", "fact", "family", "")]),
    (
        "I have an older brother named Sam",
        [("Has an older brother called Sam", "fact", "family", "")],
    ),
    ("I do not drink alcohol", [("Does not drink alcohol", "fact", "diet", "")]),
    (
        "I study physics at Leeds University",
        [("Studies physics at Leeds University", "fact", None, "")],
    ),
    ("I graduated from Oxford", [("Graduated from Oxford", "fact", None, "")]),
)


@pytest.mark.parametrize(("text", "expected"), SAID)
def test_statements_of_life(
    rows: Callable[[str], list[Row]], text: str, expected: list[Row]
) -> None:
    """What a user says of health, family, pets and habits becomes these statements."""
    assert rows(text) == expected

"""The exception tree."""

import inspect
import re
from typing import Any

import pytest

from langchain_usermem import errors
from langchain_usermem.errors import StoreError, UserMemoryError

CLASSES: dict[str, type[Exception]] = {
    name: found
    for name, found in vars(errors).items()
    if inspect.isclass(found) and issubclass(found, Exception)
}
DRAWN = re.compile(r"── (\w+) *(?:\((\w+)\))?")


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_is_ours(name: str) -> None:
    """One `except UserMemoryError` catches whatever this package raises."""
    assert issubclass(CLASSES[name], UserMemoryError)


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_is_made_from_a_sentence(name: str) -> None:
    """The message is what the error shows, also where a builtin would make something else of it."""
    assert str(CLASSES[name]("what, why, the way out")) == "what, why, the way out"


def test_drawing_names_every_error() -> None:
    """The tree in the module's docstring holds all classes but the root, in their order."""
    drawn = [name for name, _ in DRAWN.findall(inspect.getdoc(errors) or "")]
    assert drawn == [name for name in CLASSES if name != "UserMemoryError"]


@pytest.mark.parametrize(
    ("name", "builtin"), [d for d in DRAWN.findall(inspect.getdoc(errors) or "") if d[1]]
)
def test_error_inherits_the_builtin_that_is_drawn_beside_it(name: str, builtin: str) -> None:
    """A caller who does not know this package catches the builtin."""
    builtins: dict[str, Any] = vars(__import__("builtins"))
    assert issubclass(CLASSES[name], builtins[builtin])


def test_errors_of_the_store_have_one_base() -> None:
    """What a `FaissStore` raises is a `StoreError`, a wrong filter included."""
    of_store = {name for name, found in CLASSES.items() if issubclass(found, StoreError)}
    assert of_store == {
        "CorruptRowError",
        "DimensionMismatchError",
        "EmbedderMismatchError",
        "InvalidFilterError",
        "InvalidOperationError",
        "StoreBusyError",
        "StoreClosedError",
        "StoreError",
        "StoreFormatError",
        "StoreFullError",
        "StorePathError",
    }

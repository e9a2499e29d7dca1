"""What the package exports, and what importing it costs."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import langchain_usermem
from langchain_usermem import errors

PACKAGE = Path(inspect.getfile(langchain_usermem))


def checked_imports() -> dict[str, str]:
    """The modules that type checkers find the exported names in."""
    (block,) = [node for node in ast.parse(PACKAGE.read_text()).body if isinstance(node, ast.If)]
    return {
        alias.name: node.module or ""
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("name", langchain_usermem.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    """It has a docstring of its own, and comes from the module that type checkers are told."""
    found = getattr(langchain_usermem, name)
    assert inspect.getdoc(found)
    module = sys.modules[checked_imports()[name]]
    assert getattr(module, name) is found


def test_all_is_what_type_checkers_see_and_what_is_found() -> None:
    """`__all__`, the imports for type checkers and the lazy names are one list, sorted."""
    names = langchain_usermem.__all__
    assert names == sorted(names)
    assert set(names) == set(checked_imports()) == set(langchain_usermem._HOMES)
    assert dir(langchain_usermem) == names


def test_all_errors_are_public() -> None:
    """Whoever catches an error can import it from the package."""
    classes = {name for name, found in vars(errors).items() if inspect.isclass(found)}
    assert classes <= set(langchain_usermem.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    """As for any module."""
    with pytest.raises(AttributeError, match="'langchain_usermem' has no attribute 'Mem0'"):
        _ = langchain_usermem.Mem0


def test_importing_the_package_imports_nothing_heavy() -> None:
    """Neither the package nor its errors, settings and values load FAISS, LangChain or OpenAI."""
    heavy = ("faiss", "openai", "langchain_openai", "langchain", "langgraph", "sqlite3", "tiktoken")
    code = (
        "import sys, langchain_usermem\n"
        "from langchain_usermem import Memory, MemorySettings, MissingUserError\n"
        f"print(*(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", ["FaissStore", "UserMemory", "user_namespace"])
def test_models_are_imported_where_one_is_used(name: str) -> None:
    """LangGraph's store costs what it costs; LangChain's models and tracing are not added to it."""
    heavy = ("langchain_core.language_models.base", "langsmith", "langgraph_sdk", "openai")
    code = (
        f"import sys\nfrom langchain_usermem import {name}\n"
        f"print(*(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_store_and_memory_need_no_openai() -> None:
    """A store with local parts is used without loading a provider or LangChain's agents."""
    heavy = ("openai", "langchain_openai", "langchain", "typer")
    code = (
        "import sys\n"
        "from langchain_usermem import UserMemory, create_memory_graph\n"
        "with UserMemory(':memory:') as memory:\n"
        "    memory.add('I live in Leeds.', user_id='ada')\n"
        "    assert memory.search('Where do I live?', user_id='ada')\n"
        "    create_memory_graph(memory=memory).compile()\n"
        f"print(*(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []

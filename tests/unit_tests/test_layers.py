"""The layer rule: a module imports only from rows above it, or from the left in its own row."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import langchain_usermem

NAME = langchain_usermem.__name__
ROOT = Path(inspect.getfile(langchain_usermem)).parent

# A package stands for all of its modules. Among those only a circle is refused.
LAYERS = (
    ("errors",),
    ("times", "memory", "report", "namespaces", "filters", "settings", "turns"),
    (
        "kept",
        "stemming",
        "synonyms",
        "thesaurus",
        "text",
        "embeddings",
        "tokens",
        "steps",
        "user_locks",
        "whose",
    ),
    (
        "store",
        "postgres",
        "revisions",
        "sensitive",
        "policy",
        "rules",
        "time_words",
        "time_intent",
        "about",
        "forms",
        "overview",
        "arrays",
        "prompts",
        "schemas",
        "ranking",
        "merging",
        "statements",
    ),
    (
        "models",
        "salvage",
        "asking",
        "gate",
        "verdicts",
        "decisions",
        "items",
        "offline",
        "extraction",
        "query",
        "picking",
        "recall",
        "events",
        "inbox",
        "history",
        "records",
        "differences",
        "draft",
        "caps",
        "reviews",
        "known",
        "neighbours",
        "deciding",
        "consolidation",
        "duplicates",
        "reflection_prompts",
        "reflection",
        "profiles",
        "sweep",
    ),
    ("retriever", "operations", "privacy", "tools", "worker", "user_memory"),
    ("state", "nodes", "middleware"),
    ("graph", "testing", "environment", "cli", "__main__"),
)
PLACES = {unit: place for place, unit in enumerate(unit for row in LAYERS for unit in row)}

ENTRY = ("cli", "__main__")
"""What nothing else imports, and what may ask the package for its version."""

NEED_EXTRAS = (*ENTRY, "middleware")
"""What is nothing without an extra, and is imported by who asks for it by name."""

OPTIONAL = {
    "langchain",
    "langchain_openai",
    "psycopg",
    "rich",
    "safetensors",
    "starlette",
    "tokenizers",
    "typer",
    "wordllama",
}
"""Slow to import, or not installed for everybody."""

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
    if path != ROOT / "__init__.py"
}


def unit_of(module: str) -> str:
    """The module or package that a dotted name begins with."""
    return module.partition(".")[0]


@cache
def imported(path: Path, *, late: bool = True) -> frozenset[str]:
    """The names that a file imports, those within functions only if `late`."""
    tree = ast.parse(path.read_text())
    return frozenset(names_in(ast.walk(tree) if late else top_level(tree)))


def names_in(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """The full names that import statements ask for."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top_level(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from top_level(child)


def own_imports(module: str) -> set[str]:
    """The modules of this package that a module imports; "" is the package itself."""
    names = {n.removeprefix(f"{NAME}.") for n in imported(FILES[module]) if unit_of(n) == NAME}
    return {n if n in FILES else n.rpartition(".")[0] for n in names} - {module}


def importers(*libraries: str) -> set[str]:
    """The modules that import one of these libraries, at any place."""
    return {
        module
        for module, path in FILES.items()
        if any(unit_of(name) in libraries for name in imported(path))
    }


def test_every_module_has_a_place() -> None:
    """A new module is put into the table before it is used; no place is left empty."""
    assert {unit_of(module) for module in FILES} == set(PLACES)


def test_modules_import_only_from_above_or_from_the_left() -> None:
    """Nothing at the bottom knows of what is built on it."""
    wrong = {
        (module, name)
        for module in FILES
        for name in own_imports(module) - {""}
        if PLACES[unit_of(name)] > PLACES[unit_of(module)]
    }
    assert wrong == set()


def test_no_circles() -> None:
    """Modules of one package can be put in order too."""
    graph = {module: own_imports(module) - {""} for module in FILES}
    TopologicalSorter(graph).prepare()


def test_only_entries_ask_the_package_itself() -> None:
    """Within the package, names are imported from where they live."""
    asking = {module for module in FILES if "" in own_imports(module)}
    assert {unit_of(module) for module in asking} <= set(ENTRY)


def test_nothing_is_built_on_the_command_line() -> None:
    """Only the entry points import the command line."""
    built = {
        module
        for module in FILES
        if unit_of(module) not in ENTRY and "cli" in map(unit_of, own_imports(module))
    }
    assert built == set()


def test_only_the_vector_index_imports_faiss() -> None:
    """Everybody else speaks of vectors and rows."""
    assert importers("faiss") == {"store.vector_index"}


def test_only_the_store_imports_sqlite() -> None:
    """Its schema alone: everybody else is handed a connection."""
    assert importers("sqlite3") == {"store.schema"}


def test_optional_libraries_are_imported_where_they_are_used() -> None:
    """No module of the library needs an extra, or a slow provider, to be imported."""
    wrong = {
        (module, name)
        for module, path in FILES.items()
        if unit_of(module) not in NEED_EXTRAS
        for name in imported(path, late=False)
        if unit_of(name) in OPTIONAL
    }
    assert wrong == set()


def test_nobody_elses_private_parts_are_imported() -> None:
    """No import reaches into another package's `_internal`."""
    wrong = {
        (module, name)
        for module, path in FILES.items()
        for name in imported(path)
        if unit_of(name) not in (NAME, "__future__") and "._" in f".{name}"
    }
    assert wrong == set()

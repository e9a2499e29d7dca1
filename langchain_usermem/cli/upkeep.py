"""Commands that look after the file: `backup`, `doctor`, `reembed`."""

from typing import TYPE_CHECKING, Annotated

import typer

from langchain_usermem.cli.choices import choices_of
from langchain_usermem.cli.consoles import console, plain
from langchain_usermem.environment import chosen_path

if TYPE_CHECKING:
    from langchain_usermem.store.doctor import Diagnosis

_MOST_LISTED = 20


def backup(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="A file that does not exist yet.")],
) -> None:
    """Copy the file of memories, whoever is writing to it; the copy can be used as it is."""
    from langchain_usermem.store import FaissStore  # noqa: PLC0415 - slow to import
    from langchain_usermem.store.schema import existing_file  # noqa: PLC0415 - beside the other

    path = _path(context)
    existing_file(path)
    with FaissStore(path, index=False) as store:
        store.backup(target)
    console().print(plain(f"copied to {target}"), soft_wrap=True)


def doctor(
    context: typer.Context,
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Rebuild indexes and numbers; texts stay.")
    ] = False,
    remove_damaged: Annotated[
        bool, typer.Option("--remove-damaged", help="Delete memories that cannot be read.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
) -> None:
    """Check the file of memories; the exit code is 1 if something is wrong with it."""
    from langchain_usermem.store.doctor import doctor as examine  # noqa: PLC0415 - slow to import

    path = _path(context)
    found = examine(path, repair=repair)
    if remove_damaged and found.damaged_rows and _may_remove(found, confirmed=yes):
        found = examine(path, repair=repair, remove_damaged_rows=True)
    _print_diagnosis(found)
    if not found.is_healthy:
        raise typer.Exit(1)


def reembed(
    context: typer.Context,
    *,
    embedder: Annotated[
        str, typer.Option(help="'local', or 'provider:model' such as a model of OpenAI's.")
    ] = "local",
) -> None:
    """Replace all vectors by those of another embedder. Close other users of the file first."""
    from langchain_usermem.store.reembedding import reembed as replace  # noqa: PLC0415 - slow

    health = replace(_path(context), index={"embed": embedder})
    console().print(plain(f"the vectors are of {health.embedder} now"), soft_wrap=True)
    if health.unembedded:
        console().print(plain(f"{health.unembedded} memories wait for theirs: run it again"))
        raise typer.Exit(1)


def _path(context: typer.Context) -> str:
    return chosen_path(choices_of(context).path)


def _may_remove(found: "Diagnosis", *, confirmed: bool) -> bool:
    _print_diagnosis(found)
    question = f"Delete {len(found.damaged_rows)} memories that cannot be read, for good?"
    return confirmed or typer.confirm(question, abort=True)


def _print_diagnosis(found: "Diagnosis") -> None:
    """Print what is wrong, and what can be done about it."""
    for problem in found.problems[:_MOST_LISTED]:
        console().print(plain(str(problem)), soft_wrap=True)
    if len(found.problems) > _MOST_LISTED:
        console().print(f"and {len(found.problems) - _MOST_LISTED} more")
    for line in _summary(found):
        console().print(plain(line), soft_wrap=True)


def _summary(found: "Diagnosis") -> list[str]:
    lines = [f"{found.rows} rows, {len(found.problems)} problems"]
    if found.repaired:
        lines.append(f"{found.repaired} repaired")
    if found.waiting:
        lines.append(f"{found.waiting} rows wait for vectors, made when they are next used")
    return lines

"""The commands `export`, `import` and `erase`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, BinaryIO

import typer

from langchain_usermem.cli.choices import User, choices_of
from langchain_usermem.cli.consoles import console, plain, print_error


def export(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="A new file, for its owner alone; printed, if none.", dir_okay=False),
    ] = None,
    *,
    user: User,
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
) -> None:
    """Write all that is stored about a user, as lines of JSON."""
    if file is not None and file.exists() and not force:
        raise typer.BadParameter(f"{file.name} exists; name a new file, or pass --force")
    with choices_of(context).open_memory(worker=False) as memory:
        records = memory.export(user_id=user)
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    if file is None:
        typer.echo(lines, nl=False)
    else:
        _write(file, lines)
        _say(f"exported {len(records) - 1} records to {file}")


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    user: User,
) -> None:
    """Take in what was exported, for this user; what is there already is left alone."""
    with choices_of(context).open_or_make_memory(worker=False) as memory, file.open("rb") as opened:
        done = memory.import_records(_lines(opened), user_id=user)
    for error in done.errors:
        print_error(error)
    _say(f"imported: {_counted(done.imported)}; there already: {_counted(done.present)}")
    if done.refused:
        _say(f"refused: {done.refused}")
        raise typer.Exit(1)


def erase(
    context: typer.Context,
    *,
    user: User,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase without asking.")] = False,
) -> None:
    """Delete all that is stored about a user, for good, and leave no byte of it in the file."""
    with choices_of(context).open_memory(worker=False) as memory:
        if not yes:
            typer.confirm(f"Erase all that is stored about {user!r}, for good?", abort=True)
        done = memory.erase(user_id=user)
    _say(f"erased: {_counted(done.rows)}")
    _say(f"{done.note} ({done.at:%Y-%m-%d %H:%M:%S} UTC)")


def _write(file: Path, text: str) -> None:
    """Put a file there that is whole, and readable by its owner only."""
    try:
        with TemporaryDirectory(prefix=f"{file.name}.", dir=file.parent) as folder:
            part = Path(folder) / "part"
            part.touch(mode=0o600)
            part.write_text(text, encoding="utf-8")
            part.replace(file)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {file} ({error.strerror})") from error


def _lines(opened: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; one that is too long to be a record comes in parts, all refused."""
    from langchain_usermem.privacy.importing import MAX_RECORD_CHARS  # noqa: PLC0415 - slow

    while line := opened.readline(MAX_RECORD_CHARS + 1):
        yield line


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "nothing"


def _say(line: str) -> None:
    console().print(plain(line), soft_wrap=True)

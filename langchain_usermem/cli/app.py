"""The commands, the options before them, and what becomes of an error."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from langchain_usermem import __version__
from langchain_usermem.cli.browsing import diff, history, list_memories, search, users
from langchain_usermem.cli.chat import chat
from langchain_usermem.cli.choices import Choices
from langchain_usermem.cli.consoles import print_error
from langchain_usermem.cli.demo.stage import demo
from langchain_usermem.cli.forgetting import forget, undo
from langchain_usermem.cli.inbox import inbox
from langchain_usermem.cli.privacy import erase, export, import_
from langchain_usermem.cli.reflecting import reflect
from langchain_usermem.cli.replay import replay
from langchain_usermem.cli.reviewing import review
from langchain_usermem.cli.upkeep import backup, doctor, reembed
from langchain_usermem.cli.working import worker
from langchain_usermem.errors import UserMemoryError


class OneLineErrors(TyperGroup):
    """Commands whose errors are one red line and exit code 1, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except UserMemoryError as error:
            print_error(str(error))
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    # Local variables hold what users said.
    pretty_exceptions_show_locals=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"usermem {__version__}")
        raise typer.Exit


@app.callback()
def choose(
    context: typer.Context,
    *,
    path: Annotated[
        str | None,
        typer.Option(
            envvar="USERMEM_PATH",
            help="File of memories; ~/.usermem/memories.db, if none is named.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            envvar="USERMEM_MODEL",
            help="'provider:model', or 'offline'; openai:gpt-4o-mini where OPENAI_API_KEY is set.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            envvar="USERMEM_SETTINGS",
            exists=True,
            dir_okay=False,
            readable=True,
            help="JSON of MemorySettings, where an application has its own.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback prints and exits
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Memory of users, kept across conversations. These options stand before the command."""
    context.obj = Choices(path=path, model=model, settings=settings)


_COMMANDS: tuple[Callable[..., None], ...] = (
    demo,
    chat,
    replay,
    search,
    history,
    diff,
    review,
    reflect,
    forget,
    undo,
    export,
    erase,
    worker,
    inbox,
    users,
    backup,
    doctor,
    reembed,
)
for command in _COMMANDS:
    app.command()(command)
app.command("list")(list_memories)
app.command("import")(import_)

"""The command `usermem`. Typer and Rich are imported only when it runs."""

import sys

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended."""


def main() -> None:
    """Run the command line; without the extra `cli`, print how to install it and exit with 1."""
    try:
        from langchain_usermem.cli.app import app  # noqa: PLC0415 - needs the extra
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "rich"):
            raise
        sys.exit("The command line needs an extra. Run: pip install 'langchain-usermem[cli]'")
    except KeyboardInterrupt:  # while all that is imported; Typer sees to it after that
        sys.exit(INTERRUPTED)
    app()

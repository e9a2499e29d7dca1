"""Which file and which model to use, as the environment says.

It needs no extra, so that deployment files read the same variables as the command line.
"""

import os
from pathlib import Path

from langchain_usermem.errors import StorePathError

DEFAULT_MODEL = "openai:gpt-4o-mini"
OFFLINE = "offline"
"""In place of a model: none at all, whatever keys are there."""


def chosen_path(given: str | None = None) -> str:
    """The file of memories: the one given, else `USERMEM_PATH`, else one in the home folder.

    The folder of the last one is made if it is missing, and readable by its owner only.

    Raises:
        StorePathError: it cannot be made.
    """
    return given or os.environ.get("USERMEM_PATH") or str(_home_folder() / "memories.db")


def chosen_model(given: str | None = None) -> str | None:
    """The model: the one given, else `USERMEM_MODEL`, else OpenAI's if its key is there.

    None means the offline parts, and so does the word `offline`.
    """
    spec = given or os.environ.get("USERMEM_MODEL")
    if not spec and os.environ.get("OPENAI_API_KEY"):
        spec = DEFAULT_MODEL
    return None if not spec or spec == OFFLINE else spec


def _home_folder() -> Path:
    folder = Path.home() / ".usermem"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorePathError(
            f"cannot make {str(folder)!r} ({error.strerror}). "
            "Name another file with --path or USERMEM_PATH."
        ) from error
    return folder

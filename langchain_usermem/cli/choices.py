"""What the options before a command say, and the memory they lead to."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from langchain_usermem.environment import chosen_model, chosen_path

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from langchain_usermem.settings import MemorySettings
    from langchain_usermem.user_memory import UserMemory

_WAY_OUT = "Check --path and USERMEM_PATH; 'usermem chat' and 'usermem replay' make a new one."

User = Annotated[str, typer.Option("--user", "-u", help="Whose memory.", show_default=False)]


@dataclass(frozen=True)
class Choices:
    """The file of memories, the model and the settings, as named on the command line."""

    path: str | None = None
    model: str | None = None
    settings: Path | None = None

    def open_memory(
        self, model: "BaseChatModel | None" = None, *, worker: bool = True
    ) -> "UserMemory":
        """The memory in the chosen file; a model extracts where one is passed.

        Raises:
            StorePathError: there is no such file: a slip in its name is not an empty memory.
        """
        from langchain_usermem.store.schema import existing_file  # noqa: PLC0415 - slow to import

        existing_file(chosen_path(self.path), way_out=_WAY_OUT)
        return self.open_or_make_memory(model, worker=worker)

    def open_or_make_memory(
        self, model: "BaseChatModel | None" = None, *, worker: bool = True
    ) -> "UserMemory":
        """The same, for commands that fill a file, which is made where there is none."""
        from langchain_usermem.user_memory import UserMemory  # noqa: PLC0415 - slow to import

        path, settings = chosen_path(self.path), self.read_settings()
        return UserMemory(path, model, settings=settings, worker=worker)

    def read_settings(self) -> "MemorySettings":
        """The chosen settings, or the defaults.

        Raises:
            BadParameter: the file holds no settings.
        """
        from langchain_usermem.settings import MemorySettings  # noqa: PLC0415 - beside the other

        if self.settings is None:
            return MemorySettings()
        try:
            return MemorySettings.model_validate_json(self.settings.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise typer.BadParameter(
                f"{self.settings.name} holds no settings: {place}: {first['msg']}"
            ) from error

    def open_model(self) -> "BaseChatModel | None":
        """The chosen model, or None for the offline parts.

        Raises:
            ModelError: the model cannot be made, such as for want of a key.
        """
        from langchain_usermem.models import resolve_chat_model  # noqa: PLC0415 - slow to import

        spec = chosen_model(self.model)
        return (
            None if spec is None else resolve_chat_model(spec, otherwise="take '--model offline'")
        )


def choices_of(context: typer.Context) -> Choices:
    """What was chosen before the command."""
    found = context.find_object(Choices)
    return found or Choices()

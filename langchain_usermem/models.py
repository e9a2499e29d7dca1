"""Finding the chat model that a string names."""

from typing import TYPE_CHECKING, Union

from langchain_usermem.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# Not with "|", which takes no name that is still to be imported.
ModelSpec = Union["BaseChatModel", str]


def resolve_chat_model(
    spec: ModelSpec, *, otherwise: str = "pass a chat model; leave it out to work offline"
) -> "BaseChatModel":
    """The chat model that a spec means.

    Args:
        spec: a LangChain chat model, or `"provider:model"`. `openai:` needs nothing but this
            package; other providers go through LangChain's `init_chat_model`.
        otherwise: what an error advises where no such string will do.

    Raises:
        MissingExtraError: a package that the spec needs is not installed.
        ModelError: the spec is neither a model nor `"provider:model"`.
    """
    from langchain_core.language_models import BaseChatModel  # noqa: PLC0415 - slow to import

    if isinstance(spec, BaseChatModel):
        return spec
    provider, separator, model = str(spec).partition(":")
    if not (provider and separator and model):
        raise ModelError(
            f"model {spec!r} names no provider. Name it as 'provider:model', such as "
            f"'openai:gpt-4o-mini', or {otherwise}."
        )
    try:
        return _openai_model(model) if provider == "openai" else _provider_model(spec)
    except MissingExtraError:
        raise
    except Exception as error:  # a provider's client may raise anything, such as for a missing key
        raise ModelError(
            f"model {spec!r} cannot be used ({type(error).__name__}). Check its name, its key and "
            f"its provider's package, or {otherwise}."
        ) from error


def model_name(model: "BaseChatModel") -> str | None:
    """The name by which a provider knows a model, where it has one."""
    name = getattr(model, "model_name", None) or getattr(model, "model", None)
    return name if isinstance(name, str) else None


def _openai_model(model: str) -> "BaseChatModel":
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - slow to import

    return ChatOpenAI(model=model)


def _provider_model(spec: str) -> "BaseChatModel":
    try:
        from langchain.chat_models import init_chat_model  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtraError(
            f"model {spec!r} needs LangChain. Run: pip install 'langchain-usermem[agents]'"
        ) from error
    return init_chat_model(spec)

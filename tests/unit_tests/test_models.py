"""Chat models found by name."""

import pytest

from langchain_usermem.errors import ModelError
from langchain_usermem.models import model_name, resolve_chat_model
from langchain_usermem.testing import ScriptedChatModel


def test_a_chat_model_is_taken_as_it_is() -> None:
    """A model instance resolves to itself."""
    model = ScriptedChatModel()
    assert resolve_chat_model(model) is model


def test_openai_models_need_no_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    """`openai:` resolves through langchain-openai, which this package requires."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    model = resolve_chat_model("openai:gpt-4o-mini")
    assert type(model).__name__ == "ChatOpenAI"
    assert model_name(model) == "gpt-4o-mini"


@pytest.mark.parametrize("spec", ["gpt-4o-mini", "openai:", ":gpt", ""])
def test_a_model_without_provider_is_refused(spec: str) -> None:
    """A string that is not `provider:model` is an error that shows the form."""
    with pytest.raises(ModelError, match="provider:model"):
        resolve_chat_model(spec)


def test_a_model_without_name_has_none() -> None:
    """A model that names itself nowhere has no name."""
    assert model_name(ScriptedChatModel()) is None

"""The node `respond`: the model's reply, given what is remembered."""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.models import ModelSpec, model_name, resolve_chat_model
from langchain_usermem.nodes.binding import Node, State, Update, as_node
from langchain_usermem.nodes.prompting import trimmed, with_memories
from langchain_usermem.offline import OfflineChatModel
from langchain_usermem.prompts import fence_of
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Effect, Steps
from langchain_usermem.tokens import token_counter
from langchain_usermem.whose import UserId, resolve_user_id


def respond_node(
    model: ModelSpec | None = None,
    *,
    system_prompt: str | None = None,
    settings: MemorySettings | None = None,
    user_id: UserId = None,
) -> Node:
    """A node that appends the model's reply to `messages`.

    Args:
        model: a chat model or `"provider:model"`; None takes the offline model, which answers
            from memories alone and says so.
        system_prompt: what stands before the profile.
        settings: budgets and fence.
        user_id: whose memory, where it is bound and not said by the run.

    A model that fails raises: no reply is better than one made up in its place.
    """
    chat_model = OfflineChatModel() if model is None else resolve_chat_model(model)
    chosen = settings or MemorySettings()
    count_tokens = token_counter(model_name(chat_model))

    def steps(state: State) -> Steps[Update]:
        newest = trimmed(state["messages"], chosen.history_tokens, count_tokens)
        fence = fence_of(resolve_user_id(bound=user_id), chosen)
        prompt = _prompt(state, newest, fence, system_prompt)
        reply = yield from _reply(chat_model, prompt)
        return {"messages": [reply]}

    return as_node("respond", steps)


def _prompt(
    state: State, messages: Sequence[BaseMessage], fence: str, system_prompt: str | None
) -> list[BaseMessage]:
    """The messages with the memories that `retrieve` found."""
    return with_memories(
        messages,
        profile=[Memory.from_value(value) for value in state.get("profile") or ()],
        recalled=[Recalled.from_value(value).memory for value in state.get("recalled") or ()],
        fence=fence,
        system_prompt=system_prompt,
    )


def _reply(model: BaseChatModel, prompt: Sequence[BaseMessage]) -> Effect[BaseMessage]:
    listed = list(prompt)
    return Effect(call=lambda: model.invoke(listed), acall=lambda: model.ainvoke(listed))

"""The node `respond`: the model's reply, given what is remembered."""

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from langchain_usermem.models import ModelSpec, model_name, resolve_chat_model
from langchain_usermem.nodes.binding import Node, State, Update, as_node, failure
from langchain_usermem.nodes.fields import errors_in, messages_in
from langchain_usermem.nodes.prompting import Remembered, memories_in, trimmed, with_memories
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

    A model that fails raises: no reply is better than one made up in its place. Memories in
    the state that cannot be read are left out, and noted in `memory_errors`.
    """
    chat_model = OfflineChatModel() if model is None else resolve_chat_model(model)
    chosen = settings or MemorySettings()
    count_tokens = token_counter(model_name(chat_model))

    def steps(state: State) -> Steps[Update]:
        newest = trimmed(messages_in(state), chosen.history_tokens, count_tokens)
        fence = fence_of(resolve_user_id(bound=user_id), chosen)
        (profile, recalled), noted = _remembered(state)
        prompt = with_memories(
            newest, profile=profile, recalled=recalled, fence=fence, system_prompt=system_prompt
        )
        reply = yield from _reply(chat_model, prompt)
        return {"messages": [reply], **noted}

    return as_node("respond", steps)


def _remembered(state: State) -> tuple[Remembered, Update]:
    """The memories in a state, or none with the update that notes why."""
    try:
        return memories_in(state), {}
    except (TypeError, ValueError) as error:
        return ([], []), {"memory_errors": [*errors_in(state), failure("retrieve", error)]}


def _reply(model: BaseChatModel, prompt: Sequence[BaseMessage]) -> Effect[BaseMessage]:
    listed = list(prompt)
    return Effect(call=lambda: model.invoke(listed), acall=lambda: model.ainvoke(listed))

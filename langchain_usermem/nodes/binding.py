"""What every node stands on: the memory of its run, whose it is, and how steps become a node."""

from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.runnables.config import ensure_config
from langgraph.store.base import BaseStore

from langchain_usermem.errors import MissingStoreError
from langchain_usermem.memory import Failure
from langchain_usermem.models import ModelSpec, resolve_chat_model
from langchain_usermem.namespaces import encode_label
from langchain_usermem.prompts import fence_of
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, arun, run
from langchain_usermem.tokens import TokenCounter, estimate_tokens, token_counter
from langchain_usermem.user_memory import UserMemory
from langchain_usermem.whose import current_runtime, resolve_agent_id, resolve_user_id

State = object
"""What a schema makes of a state: a mapping, a Pydantic model or a dataclass."""

Update = dict[str, Any]
Node = Runnable[Any, Any]
"""What `add_node` takes: a state in, an update out."""

MemorySpec = UserMemory | BaseStore | str | PathLike[str]
"""A memory, a store, or the path of a file, which stays open as long as the process."""


@dataclass(frozen=True)
class Binding:
    """Where a node finds its memory: in one that was given, else in the store of each run.

    A store of a run is never kept: the next run may bring another.
    """

    memory: UserMemory | None = None
    model: BaseChatModel | None = None
    settings: MemorySettings | None = None
    count_tokens: TokenCounter = estimate_tokens

    def of_run(self) -> UserMemory:
        """The memory to work on, once it is known whose.

        Raises:
            MissingStoreError: none was given, and the run has no store.
            MissingUserError: nobody said whose memory.
            InvalidUserError: the user id, or the agent id of the run, cannot be one.
        """
        memory = self.memory or UserMemory(
            _store_of_run(), self.model, settings=self.settings, worker=False
        )
        memory.namespace()
        # Here, since what fails later is noted as a failure of memory and not raised.
        if (agent_id := resolve_agent_id()) is not None:
            encode_label(agent_id, kind="agent_id")
        return memory


def memory_of(
    spec: MemorySpec | None,
    *,
    model: ModelSpec | None = None,
    settings: MemorySettings | None = None,
) -> UserMemory | None:
    """The memory that a spec means, with `model` where it brings none of its own.

    Raises:
        MissingStoreError: the spec is no memory, store or path.
    """
    if spec is None:
        return None
    if not isinstance(spec, UserMemory):
        return UserMemory(spec, model, settings=settings)
    return spec if model is None or spec.model is not None else spec.with_model(model)


def bind(
    memory: MemorySpec | None,
    *,
    model: ModelSpec | None = None,
    settings: MemorySettings | None = None,
) -> Binding:
    """A binding to a memory, to a store, or to the store of whichever run comes."""
    chat_model = None if model is None else resolve_chat_model(model)
    own = memory_of(memory, model=chat_model, settings=settings)
    # Counting reads its vocabulary from disk at first, which a run on an event loop must not.
    return Binding(own, chat_model, settings, count_tokens=token_counter())


def as_node(name: str, steps: Callable[[State], Steps[Any]]) -> Node:
    """Steps from a state to its update as a node, for `invoke` and `ainvoke` alike."""

    def call(state: State) -> Any:
        return run(steps(state))

    async def acall(state: State) -> Any:
        return await arun(steps(state))

    return RunnableLambda(call, acall, name=name)


def thread_of_run() -> str | None:
    """The id of the conversation around this call, or None outside any."""
    thread_id = ensure_config().get("configurable", {}).get("thread_id")
    return None if thread_id is None else str(thread_id)


def fence_of_user(memory: UserMemory) -> str:
    """The fence around the memories of whoever this run is about."""
    return fence_of(resolve_user_id(bound=memory.user_id), memory.settings)


def failure(stage: Any, error: Exception) -> Update:
    """A failure as state: its kind and stage. Its own text may quote a memory."""
    return Failure(stage=stage, error=type(error).__name__).to_value()


def _store_of_run() -> BaseStore:
    runtime = current_runtime()
    # Not `or`: an empty store may be falsy.
    if runtime is None or runtime.store is None:
        raise MissingStoreError(
            "there is no memory to work on. Compile the graph with store=..., or pass memory= "
            "when making it. A subgraph has the store of its parent only."
        )
    return runtime.store

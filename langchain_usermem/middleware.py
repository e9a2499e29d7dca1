"""`UserMemoryMiddleware`: memory for LangChain's agents, without a change to agent or state."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, NotRequired, cast

from langchain_core.messages import AnyMessage, SystemMessage, convert_to_messages
from langgraph.channels import UntrackedValue
from langgraph.runtime import Runtime

from langchain_usermem.errors import MissingExtraError
from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.models import ModelSpec
from langchain_usermem.nodes.binding import MemorySpec, bind, fence_of_user
from langchain_usermem.nodes.learning import learn, log_failures
from langchain_usermem.nodes.prompting import with_memories
from langchain_usermem.nodes.retrieve import Retrieved, retrieved
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, arun, run

try:
    from langchain.agents.middleware import (
        AgentMiddleware,
        AgentState,
        ModelRequest,
        ModelResponse,
    )
    from langchain.agents.middleware.types import PrivateStateAttr
except ImportError as error:
    raise MissingExtraError(
        "UserMemoryMiddleware needs LangChain. Run: pip install 'langchain-usermem[agents]'"
    ) from error

_KEY = "usermem_found"


class UserMemoryState(AgentState[Any]):
    """The state of an agent with memory: what was found for this run, which no checkpoint keeps."""

    usermem_found: NotRequired[
        Annotated[dict[str, Any], UntrackedValue(dict, guard=False), PrivateStateAttr]
    ]


class UserMemoryMiddleware(AgentMiddleware[UserMemoryState, Any, Any]):
    """Memory before and after an agent: what is remembered is woven in, what is said is kept.

    Looked up once a run and woven into each of its calls to the model: what applies to every
    turn at the end of the system message, what is relevant before the last human message.
    Neither is in the agent's state. Once the agent has answered, the turn is remembered.

        agent = create_agent(
            model, tools, middleware=[UserMemoryMiddleware(memory)], context_schema=MemoryContext
        )
        agent.invoke({"messages": [("user", "Hi")]}, context={"user_id": "ada@example.com"})

    Args:
        memory: a memory, a store or a path; None takes the store of the run.
        model: what extracts, where no `UserMemory` brings its own; None takes the rules.
        settings: where no `UserMemory` brings its own. With `writes="background"` the end of
            the run does not wait for the extraction.

    Memory that fails is logged by kind; the agent runs all the same.

    Raises (when run):
        MissingUserError: nobody said whose memory.
        InvalidUserError: the user id or the agent id cannot be one.
        MissingStoreError: there is neither memory nor store.
    """

    state_schema = UserMemoryState

    def __init__(
        self,
        memory: MemorySpec | None = None,
        *,
        model: ModelSpec | None = None,
        settings: MemorySettings | None = None,
    ) -> None:
        super().__init__()
        self._binding = bind(memory, model=model, settings=settings)

    def before_agent(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any]:
        """What was found for this run, as state."""
        del runtime  # found by whoever asks whose memory it is
        return {_KEY: _as_value(run(self._found(state["messages"])))}

    async def abefore_agent(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any]:
        """What was found for this run, as state."""
        del runtime
        return {_KEY: _as_value(await arun(self._found(state["messages"])))}

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """The model's answer to a request into which memories are woven."""
        return handler(run(self._woven(request)))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """The model's answer to a request into which memories are woven."""
        return await handler(await arun(self._woven(request)))

    def after_agent(self, state: Any, runtime: Runtime[Any]) -> None:
        """Remember what the user said in this run."""
        del runtime
        run(self._learned(state))

    async def aafter_agent(self, state: Any, runtime: Runtime[Any]) -> None:
        """Remember what the user said in this run."""
        del runtime
        await arun(self._learned(state))

    def _found(self, messages: Sequence[Any]) -> Steps[Retrieved]:
        memory = self._binding.of_run()
        listed = convert_to_messages(messages)
        found = yield from retrieved(memory, listed, self._binding.count_tokens)
        log_failures(found.errors)
        return found

    def _woven(self, request: ModelRequest[Any]) -> Steps[ModelRequest[Any]]:
        # What no checkpoint keeps is gone after an interrupt, and looked up again.
        value: Any = request.state.get(_KEY)
        found = _from_value(value) if value else (yield from self._found(request.messages))
        leading = [request.system_message] if request.system_message else []
        system, *messages = with_memories(
            [*leading, *request.messages],
            profile=found.profile,
            recalled=[recalled.memory for recalled in found.recalled],
            fence=fence_of_user(self._binding.of_run()),
        )
        return request.override(
            system_message=SystemMessage(system.content),
            messages=cast("list[AnyMessage]", messages),
        )

    def _learned(self, state: Mapping[str, Any]) -> Steps[None]:
        messages = convert_to_messages(state["messages"])
        yield from learn(self._binding.of_run(), messages)


def _as_value(found: Retrieved) -> dict[str, Any]:
    return {
        "profile": [memory.to_value() for memory in found.profile],
        "recalled": [recalled.to_value() for recalled in found.recalled],
    }


def _from_value(value: Mapping[str, Any]) -> Retrieved:
    return Retrieved(
        profile=tuple(Memory.from_value(one) for one in value.get("profile", ())),
        recalled=tuple(Recalled.from_value(one) for one in value.get("recalled", ())),
    )

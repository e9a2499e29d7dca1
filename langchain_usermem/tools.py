"""Tools by which an agent looks into its memory and changes it of its own accord.

Whose memory they touch is decided by the run, never by the model: no tool has a user among
its arguments.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from langchain_core.tools import BaseTool, StructuredTool

from langchain_usermem.errors import (
    DeniedCategoryError,
    InvalidMemoryError,
    InvalidQueryError,
)
from langchain_usermem.memory import Memory, Recalled
from langchain_usermem.prompts import format_memories
from langchain_usermem.report import AddReport
from langchain_usermem.settings import MemorySettings
from langchain_usermem.steps import Steps, awaiting, blocking
from langchain_usermem.whose import resolve_agent_id

ONLY_WHEN_ASKED = "Save nothing but what the user asks to be remembered."
"""What the tool that saves says besides, where the policy is `explicit_only`."""


class Toolbox(Protocol):
    """What the tools need of a memory."""

    settings: MemorySettings

    @property
    def search_steps(self) -> Callable[..., Steps[list[Recalled]]]:
        """The memories that a query is about."""
        ...

    @property
    def remember_steps(self) -> Callable[..., Steps[Memory]]:
        """Store one statement."""
        ...

    @property
    def forget_steps(self) -> Callable[..., Steps[AddReport]]:
        """Forget what some words mean."""
        ...


def memory_tools(memory: Toolbox) -> list[BaseTool]:
    """Tools to search, save and forget, for LangChain agents and LangGraph's `ToolNode`.

    What the policy denies is not saved and what it has reviewed waits; the agent is told so, and
    what is wrong with words that it gave. In the run of an agent with an id, forgetting leaves what
    is private to other agents alone, unless it is "everything" that is to go.

    Raises (when called):
        MissingUserError: the run does not say whose memory.
    """
    return [_search_tool(memory), _save_tool(memory), _forget_tool(memory)]


def _search_tool(memory: Toolbox) -> BaseTool:
    def search_memory(query: str) -> Steps[str]:
        """Search what you remember of this user from earlier conversations.

        Use it when an answer may depend on the user's life, tastes, plans or decisions.

        Args:
            query: a question or topic in plain words, such as "where do they live".
        """
        found = yield from memory.search_steps(query)
        return format_memories(found) or "Nothing relevant is remembered."

    return _tool(search_memory)


def _save_tool(memory: Toolbox) -> BaseTool:
    def save_memory(statement: str, tags: list[str] | None = None) -> Steps[str]:
        """Remember one lasting fact, preference or decision that the user has just stated.

        Do not save questions, passing moods, secrets, or anything you only inferred. What is
        known already, or replaces something known, is recognised.

        Args:
            statement: one short, self-contained statement about the user, in the third person
                without a subject, such as "Lives in Leeds".
            tags: two or three lower-case words that the statement lacks, by which somebody may
                ask for it, such as "pet" for "Owns a poodle".
        """
        remember = memory.remember_steps
        try:
            saved = yield from remember(
                statement, tags=tags or (), source="tool", trust="assistant"
            )
        except DeniedCategoryError:
            return "Not saved: this application does not allow it."
        waits = saved.status == "in_review"
        return f"{'To be approved' if waits else 'Remembered'}: {saved.content}"

    tool = _tool(save_memory)
    if memory.settings.policy.explicit_only:
        tool.description += f"\n\n{ONLY_WHEN_ASKED}"
    return tool


def _forget_tool(memory: Toolbox) -> BaseTool:
    def forget_memory(what: str) -> Steps[str]:
        """Forget something, only when the user asks for it to be forgotten.

        Args:
            what: the words for it, such as "home address".
        """
        agent_id = resolve_agent_id()
        forgotten = (yield from memory.forget_steps(what, agent_id=agent_id)).forgotten
        if not forgotten:
            return "Nothing remembered matches that."
        # "Everything" takes what is private to other agents along: no reason to show it.
        seen = [one.content for one in forgotten if one.agent_id in (None, agent_id)]
        return f"Forgotten: {'; '.join(seen)}" if seen else "Forgotten."

    return _tool(forget_memory)


def _tool(steps: Callable[..., Steps[str]]) -> BaseTool:
    """Steps as a tool, for agents that block and agents that await."""

    @wraps(steps)
    def telling(*args: Any, **kwargs: Any) -> Steps[str]:
        try:
            return (yield from steps(*args, **kwargs))
        except (InvalidMemoryError, InvalidQueryError) as error:
            # The words were the model's: it may find better ones, and the run goes on.
            return f"Not done: {error}"

    return StructuredTool.from_function(
        func=blocking(telling),
        coroutine=awaiting(telling),
        name=steps.__name__,
        parse_docstring=True,
    )

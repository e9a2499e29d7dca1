"""Remembering a turn once it has been answered, for who has no node of its own for that."""

import logging
from collections.abc import Mapping, Sequence

from langchain_core.messages import BaseMessage

from langchain_usermem.nodes.extract import said_before, turns_of_last
from langchain_usermem.steps import Steps
from langchain_usermem.user_memory import UserMemory

logger = logging.getLogger(__name__)


def learn(memory: UserMemory, messages: Sequence[BaseMessage]) -> Steps[None]:
    """Remember what the last turn of a conversation holds, in steps.

    Not before it is answered: a call of a tool is no answer. What fails is logged.
    """
    if not messages or getattr(messages[-1], "tool_calls", None):
        return
    user = memory.namespace()
    try:
        turns, context = turns_of_last(messages), said_before(messages)
        report = yield from memory.learning_steps(turns, user, context=context)
    except Exception as error:  # noqa: BLE001 - the answer stands, whatever messages or store raise
        log_failures([{"stage": "consolidate", "error": type(error).__name__}])
        return
    log_failures([failure.to_value() for failure in report.failed])


def log_failures(errors: Sequence[Mapping[str, object]]) -> None:
    """Log what failed, by stage and kind: the text of an error may quote a memory."""
    for error in errors:
        logger.warning("memory failed at stage %s: %s", error["stage"], error["error"])

"""Looking over everything that is remembered of a user, and putting it in order."""

from typing import TYPE_CHECKING

from langchain_usermem.errors import InvalidQueryError
from langchain_usermem.operations.base import Operations
from langchain_usermem.reflection import Progress, ReflectReport
from langchain_usermem.steps import Steps, awaiting, blocking
from langchain_usermem.sweep import Sweep, Task
from langchain_usermem.times import utc_now

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


class Reflecting(Operations):
    """`reflect`."""

    _model: "BaseChatModel | None"

    def reflect_steps(
        self,
        *,
        user_id: str | None = None,
        apply: bool = False,
        max_calls: int = 100,
        progress: Progress | None = None,
    ) -> Steps[ReflectReport]:
        """Merge what repeats and expire what is over; say what would be done unless `apply`.

        Rules merge the same text, and a statement that another of its slot begins with. A model
        is asked once about each further group of memories near each other, and for a profile.
        What it answered is kept, without being in force: applied later, it is what was shown,
        and a sweep that was broken off repeats nothing. Every change is in the history and can
        be undone; what was undone is not done again. Memories of different owners, past ones
        and those in review are left alone, and what passes is not merged into what lasts.

        Args:
            user_id: whose memory.
            apply: True carries it out.
            max_calls: most calls to the model; the rest is left for the next sweep.
            progress: is told the steps done, and the steps there are by now.

        A model that fails is no error here: the report says so, and what is left.

        Raises:
            MissingUserError: nobody said whose memory.
            InvalidQueryError: `max_calls` is below 0.
        """
        if max_calls < 0:
            raise InvalidQueryError(f"max_calls is {max_calls}; pass 0 or more.")
        task = Task(
            store=self.store,
            user=self.namespace(user_id),
            settings=self.settings,
            now=utc_now(),
            model=self._model,
            applies=apply,
            max_calls=max_calls,
            progress=progress,
        )
        return (yield from Sweep(task).steps())

    reflect, areflect = blocking(reflect_steps), awaiting(reflect_steps)

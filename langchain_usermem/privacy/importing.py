"""Taking in what was exported of a user: all that is whole, and nothing twice."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from langgraph.store.base import GetOp, MatchCondition, PutOp
from pydantic import ValidationError

from langchain_usermem.errors import ImportFormatError, InvalidUserError
from langchain_usermem.inbox import WaitingTurn
from langchain_usermem.memory import Memory, Value
from langchain_usermem.namespaces import Namespace, decode_label, encode_label, memory_namespace
from langchain_usermem.operations.base import Operations, namespaces_where
from langchain_usermem.privacy.exporting import FORMAT, HEADER, VERSION
from langchain_usermem.privacy.kinds import KINDS, Kind
from langchain_usermem.revisions import Place, Plan, unhindered
from langchain_usermem.steps import Steps, awaiting, batch, blocking

AT_ONCE = 200
"""Records that are embedded and written together."""

MAX_ERRORS = 100
"""Records of which a report says why they were refused; beyond, they are only counted."""

MAX_RECORD_CHARS = 10_000_000
"""The longest line that is read as a record."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Raw = Mapping[str, object] | str | bytes


class ImportReport(Value):
    """What became of records: counts by kind, and why some were refused.

    `present` counts what the user has already, or had and deleted: it is left as it is. `errors`
    names the lines of the first hundred that were `refused`, without quoting them.
    """

    user_id: str
    imported: dict[str, int]
    present: dict[str, int]
    refused: int = 0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Entry:
    """A record that was checked."""

    kind: Kind[Any]
    value: Value


@dataclass
class _Tally:
    """What became of records so far."""

    imported: Counter[str] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def checked(self, numbered: Iterable[tuple[int, Raw]]) -> Iterator[_Entry]:
        """The records that can be stored; the others are noted by their line."""
        for line, raw in numbered:
            try:
                yield _entry(raw)
            except ValueError as error:
                self.refused += 1
                self.errors += [f"line {line}: {error}"] if self.refused <= MAX_ERRORS else []


class Importing(Operations):
    """`import_records`."""

    def import_records_steps(
        self, records: Iterable[Raw], *, user_id: str | None = None
    ) -> Steps[ImportReport]:
        """Store what `export` gave, for the same user or for another; nothing is lost or changed.

        Ids, times, statuses and history are kept; nothing is extracted or consolidated, and no
        policy applied again. What the user has under the same id is left alone, and so is what
        they have deleted since: taking the same records in twice changes nothing.

        Args:
            records: dicts, or lines of JSON; the header first. Blank lines are passed over.
            user_id: whose memory they become, whoever the header names.

        Raises:
            MissingUserError: nobody said whose memory.
            ImportFormatError: they are no export, or one of a newer version; nothing was stored.
        """
        user = self.namespace(user_id)
        numbered = ((n, raw) for n, raw in enumerate(records, start=1) if not _is_blank(raw))
        _check_header(next(numbered, None))
        below = MatchCondition("prefix", (*user, "memories"))
        homes = set((yield from namespaces_where(self.store, below)))
        tally = _Tally()
        entries = tally.checked(numbered)
        while lot := list(islice(entries, AT_ONCE)):
            homes |= {memory_namespace(user, memory.agent_id) for memory in _memories(lot)}
            imported, present = yield from self._taken_in(lot, user, homes)
            tally.imported += imported
            tally.present += present
        return ImportReport(
            user_id=decode_label(user[1]),
            imported=dict(tally.imported),
            present=dict(tally.present),
            refused=tally.refused,
            errors=tuple(tally.errors),
        )

    def _taken_in(
        self, lot: list[_Entry], user: Namespace, homes: set[Namespace]
    ) -> Steps[tuple[Counter[str], Counter[str]]]:
        """How many of some records were stored, and how many were there, by kind."""
        places = [entry.kind.places(entry.value, user, homes) for entry in lot]
        asked = list(dict.fromkeys(place for some in places for place in some))

        def work(_: object) -> Steps[Plan[tuple[Counter[str], Counter[str]]]]:
            gets = [GetOp(namespace, key, refresh_ttl=False) for namespace, key in asked]
            items = yield from batch(self.store, gets)
            pairs = zip(asked, items, strict=True)
            taken = {place for place, item in pairs if item is not None}
            return _plan(lot, places, taken, user)

        return (yield from unhindered(self.store, user, work))

    import_records, aimport_records = blocking(import_records_steps), awaiting(import_records_steps)


def _plan(
    lot: list[_Entry], places: list[list[Place]], taken: set[Place], user: Namespace
) -> Plan[tuple[Counter[str], Counter[str]]]:
    """What to write of some records: each whose places are free, the first of those that vie."""
    ops: list[PutOp] = []
    imported, present = Counter[str](), Counter[str]()
    for entry, own in zip(lot, places, strict=True):
        if taken.isdisjoint(own):
            op = entry.kind.op(entry.value, user)
            ops.append(op)
            taken.add((op.namespace, op.key))
            imported[entry.kind.name] += 1
        else:
            present[entry.kind.name] += 1
    return Plan(ops, (imported, present))


def _memories(lot: Iterable[_Entry]) -> Iterator[Memory]:
    return (memory for entry in lot for memory in entry.kind.memories(entry.value))


def _check_header(first: tuple[int, Raw] | None) -> None:
    try:
        header = _fields(first[1]) if first else {}
    except ValueError:
        header = {}
    if header.get("kind") != HEADER or header.get("format") != FORMAT:
        raise ImportFormatError(
            "these records are no export: the first is no header of one. Pass what export() or "
            "'usermem export' gave, from its first line."
        )
    version = header.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ImportFormatError(
            f"this export is not of version {VERSION} or an older one. Take it in with the version "
            "of this package that made it, or a newer one."
        )


def _is_blank(raw: Raw) -> bool:
    return isinstance(raw, str | bytes) and not raw.strip()


def _entry(raw: Raw) -> _Entry:
    """One record, checked by itself.

    Raises:
        ValueError: why it is refused, without a word of it.
    """
    fields = _fields(raw)
    name = fields.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"its kind is none of {', '.join(KINDS)}")
    try:
        value = kind.value.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = first["loc"][0] if first["loc"] else "record"
        raise ValueError(f"its {place} is refused ({first['type']})") from None
    _check_ids(kind, value)
    return _Entry(kind, value)


def _fields(raw: object) -> Mapping[str, object]:
    """A record as a dict, from a line of JSON where it is one.

    Raises:
        ValueError: it is none.
    """
    if isinstance(raw, str | bytes):
        if len(raw) > MAX_RECORD_CHARS:
            raise ValueError(f"it is longer than {MAX_RECORD_CHARS} characters")
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            raise ValueError("it is no JSON") from None
    if not isinstance(raw, Mapping):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - refused as any other record
    return raw


def _check_ids(kind: Kind[Any], value: Value) -> None:
    """Refuse ids that are not of our making: they become keys, and names of marks to find by."""
    memories = list(kind.memories(value))
    ids = [*kind.ids(value), *(i for memory in memories for i in _ids_in(memory))]
    if not all(map(_ID.fullmatch, ids)):
        raise ValueError("an id in it is not of 1 to 64 letters, digits, '-' and '_'")
    agents = [memory.agent_id for memory in memories]
    agents += [value.turn.agent_id] if isinstance(value, WaitingTurn) else []
    try:
        for agent_id in filter(lambda agent: agent is not None, agents):
            encode_label(str(agent_id), kind="agent_id")
    except InvalidUserError:
        raise ValueError("an agent_id in it cannot be one") from None


def _ids_in(memory: Memory) -> Iterator[str]:
    yield from (memory.id, *memory.supersedes)
    if memory.merged_into is not None:
        yield memory.merged_into

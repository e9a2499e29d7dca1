"""What an extractor says that its candidates do to the memories it was shown."""

from collections.abc import Sequence
from hashlib import blake2b

from langchain_usermem.memory import Candidate, Decision, Memory, ids_of
from langchain_usermem.salvage import Item
from langchain_usermem.verdicts import model_verdict


def decision_in(item: Item, known: Sequence[Memory]) -> Decision | str | None:
    """What an item of an extractor's answer decides, or what is wrong with it.

    None where it says nothing, or replaces what was said before and stands nowhere.
    """
    action, named = item.get("action"), item.get("known")
    if action is None or item.get("forget") or (action == "supersede" and not named):
        return None
    asked = {"action": action, "memories": named, "content": item.get("whole")}
    verdict = model_verdict(asked, known)
    if isinstance(verdict, str):
        return verdict
    shown = tuple(wording_of(memory) for memory in known)
    targets = ids_of(verdict.targets)
    match verdict.action:
        case "add" | "confirm" | "update" | "merge" | "supersede" as action:
            return Decision(action=action, targets=targets, content=verdict.content, shown=shown)
    return None


def wording_of(memory: Memory) -> str:
    """A memory in its present words, as 16 hexadecimal digits."""
    return _digest(f"{memory.id}\0{memory.content}")


def decided_with(candidate: Candidate, decision: Decision) -> Candidate:
    """A candidate with a decision that holds for it as long as it says the same."""
    own = decision.model_copy(update={"said": _digest(candidate.content)})
    return candidate.model_copy(update={"decision": own})


def says_what_it_did(candidate: Candidate) -> bool:
    """Whether a candidate says what it said when it was decided on, as far as that is known."""
    said = None if candidate.decision is None else candidate.decision.said
    return said is None or said == _digest(candidate.content)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()

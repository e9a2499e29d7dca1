"""What the user says is no longer so: each takes back what its slot held."""

import re
from collections.abc import Iterator

from langchain_usermem.memory import Candidate
from langchain_usermem.rules.clauses import Clause
from langchain_usermem.rules.home import place_in
from langchain_usermem.rules.statements import Rule, rule, says, stated
from langchain_usermem.rules.vocabulary import ANIMALS, DIETS, OCCUPATIONS, alternatives

_LONGER = r" any ?(?:more|longer)"
_STATUS = r"(?P<status>married|engaged|single|in a relationship)"
_A_ROLE = rf"(?P<role>an? (?:[\w-]+ ){{0,2}}?(?:{alternatives(OCCUPATIONS)}))"
_PET = rf"(?P<pet>an? (?:[\w-]+ ){{0,2}}?(?:{alternatives(ANIMALS)}))"
_EMPLOYER = r"(?P<employer>[\w&.' -]{2,50}?)"


def _not_home(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    if place := place_in(match["where"]):
        content = f"No longer lives in {place}"
        yield stated(content, "home_city").model_copy(update={"corrects": True})


_NOT_EMPLOYED = says("No longer works at {employer}", "employer", corrects=True)
_LEFT = says("No longer works at {employer}", "employer", proper="employer", corrects=True)
_NOT_ROLE = says("Is no longer {role}", "role", corrects=True)
_NOT_ON_DIET = says("Is no longer {diet}", "diet", corrects=True)
_NOT_OF_STATUS = says("Is no longer {status}", "relationship_status", corrects=True)
_NO_PET = says("No longer has {pet}", "pet", corrects=True)
_DIET = rf"(?:an? )?(?P<diet>{alternatives(DIETS)})"

TAKEBACKS: tuple[Rule, ...] = (
    rule(r"I no longer live (?:in|at) (?P<where>.{2,60})", _not_home),
    rule(rf"I do not live (?:in|at) (?P<where>.{{2,60}}?){_LONGER}", _not_home),
    rule(r"I (?:have )?moved (?:away from|out of) (?P<where>.{2,60})", _not_home),
    rule(rf"I no longer work (?:at|for|with) {_EMPLOYER}", _NOT_EMPLOYED),
    rule(rf"I do not work (?:at|for|with) {_EMPLOYER}{_LONGER}", _NOT_EMPLOYED),
    rule(
        r"I (?:have )?(?:just )?(?:quit|left|resigned from|was fired from|was laid off from"
        r"|got laid"
        rf" off from)(?: my (?:job|position|role) (?:at|with))? {_EMPLOYER}",
        _LEFT,
    ),
    rule(
        r"I (?:have )?(?:just )?(?:quit|left) my job",
        says("Has left their job", "employer", corrects=True),
    ),
    rule(r"I (?:have )?(?:just )?lost my job", says("Lost their job", "employer", corrects=True)),
    rule(rf"I (?:am no longer|am not) {_A_ROLE}(?:{_LONGER})?", _NOT_ROLE),
    rule(rf"I am no longer {_DIET}", _NOT_ON_DIET),
    rule(rf"I am not {_DIET}{_LONGER}", _NOT_ON_DIET),
    rule(rf"I am no longer {_STATUS}", _NOT_OF_STATUS),
    rule(rf"I am not {_STATUS}{_LONGER}", _NOT_OF_STATUS),
    rule(rf"I no longer have {_PET}", _NO_PET),
    rule(rf"I do not have {_PET}{_LONGER}", _NO_PET),
)
"""Rules about what has ended."""

"""Allergies, diet, health, family, pets, possessions and habits."""

import re
from collections.abc import Iterator

from langchain_usermem.memory import Candidate
from langchain_usermem.rules.clauses import Clause
from langchain_usermem.rules.phrasing import third_person
from langchain_usermem.rules.statements import Build, Rule, is_proper, rule, says, stated
from langchain_usermem.rules.vocabulary import (
    ANIMALS,
    CHILDREN,
    CONDITIONS,
    DIETS,
    HABIT_VERBS,
    INSTRUMENTS_AND_SPORTS,
    OCCUPATIONS,
    POSSESSIONS,
    RELATIVES,
    alternatives,
)

_COUNT = r"(?:\d{1,2}|an?|two|three|four|five|six|seven|eight|nine|ten|twin)"
_NAMES = (
    r"(?P<name>(?-i:[^\W\d_a-z])[\w'-]{0,30}(?:(?:,? and |, "
    r"| )(?-i:[^\W\d_a-z])[\w'-]{0,30}){0,5})"
)
_ALIAS = _NAMES.replace("<name>", "<alias>")
_CALLED = r",? (?:(?:who is |which is |that is )?(?:called|named)|whose names? (?:is|are))"
_KIN = (
    rf"(?:(?:younger|older|elder|little|big|twin|late|eldest|oldest|youngest|half|step"
    rf"|only|ex) ?-?)?(?:{alternatives(RELATIVES)})"
)
_WORK = alternatives(OCCUPATIONS)
_BREED = (
    r"(?:(?!(?:about|of|for|with|on|to|from|in|and|like|photos?|pictures?|books?)\b)[\w-]+ ){0,3}?"
)
_FOODS = r"(?P<what>[\w ,'-]{2,80}?)"
_EDIBLE = (
    r"(?:red )?(?:meat|pork|beef|fish|seafood|shellfish|dairy|gluten|eggs|sugar|nuts|peanuts|wheat"
    r"|lactose|alcohol|caffeine|soy|animal products|mushrooms|coffee|onions?|garlic)"
)


def _kin_named(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    """`my wife is Ana`: a name only if it is written as one."""
    if is_proper(match["name"]):
        yield stated(f"{match['kin']} is called {match['name']}", "family")


def _of_kin(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    yield stated(third_person(match[0]), "family")


def _habit(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    yield stated(third_person(match[0]), "habit", confidence=0.8)


def _has(group: str, attribute: str) -> Build:
    """What builds `Has two cats called Tom and Ada`."""

    def build(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
        parts = match.groupdict()
        name = parts["name"] or parts["alias"]
        called = f" called {name}" if name else ""
        yield stated(f"Has {parts['count']} {parts[group]}{called}", attribute)

    return build


def _drinks_not(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    how = {"do not": "Does not", "cannot": "Cannot"}.get(match["how"].lower())
    verb = match["verb"].lower()
    content = f"{how} {verb}" if how else f"{match['how']} {verb}s"
    yield stated(f"{content} {match['what'] or ''}", "diet")


LIFE: tuple[Rule, ...] = (
    rule(
        rf"I am (?P<how>severely |badly |very |mildly |deathly |highly )?allergic to {_FOODS}",
        says("Is {how}allergic to {what}", "allergy", confidence=1.0),
    ),
    rule(
        r"I have (?P<how>an? |severe |bad )+(?P<what>[\w-]+(?: [\w-]+)?) (?P<kind>allergy"
        r"|intolerance)",
        says("Has a {what} {kind}", "allergy", confidence=1.0),
    ),
    rule(
        r"I have (?:an? )?allerg(?:y|ies) to (?P<what>[\w ,-]{2,60})",
        says("Is allergic to {what}", "allergy", confidence=1.0),
    ),
    rule(
        r"my allergies are (?P<what>[\w ,-]{2,60})",
        says("Is allergic to {what}", "allergy", confidence=1.0),
    ),
    rule(
        r"I am (?P<what>(?:lactose|gluten|histamine|fructose)[- ]intolerant"
        r"|intolerant to [\w ]{2,40})",
        says("Is {what}", "allergy", confidence=1.0),
    ),
    rule(
        rf"I am (?:(?P<strict>a strict )|an? )?(?P<what>{alternatives(DIETS)})",
        says("Is {strict}{what}", "diet"),
    ),
    rule(
        rf"I (?:eat|keep|follow) (?:an? )?(?P<what>{alternatives(DIETS)})(?: diet)?",
        says("Is {what}", "diet"),
    ),
    rule(
        rf"I (?:have )?(?:went|became|gone|turned) (?P<what>{alternatives(DIETS)})",
        says("Is {what}", "diet"),
    ),
    rule(
        rf"I (?P<how>do not|never|cannot) (?P<verb>eat|drink) (?P<what>{_EDIBLE}(?:(?: or|,"
        rf"| and) {_EDIBLE}){{0,4}})",
        _drinks_not,
    ),
    rule(
        rf"I have (?:been diagnosed with )?(?P<what>(?:type [12] |chronic |severe "
        rf"|an? )?(?:{alternatives(CONDITIONS)}))",
        says("Has {what}", "health"),
    ),
    rule(
        rf"my (?P<kin>{_KIN}) ?(?:is|are)? ?(?:called|named) {_NAMES}",
        says("{kin} is called {name}", "family", confidence=1.0),
    ),
    rule(
        rf"my (?P<kin>{_KIN})(?:'s|s') name is {_NAMES}",
        says("{kin} is called {name}", "family", confidence=1.0),
    ),
    rule(rf"my (?P<kin>{_KIN}) is {_NAMES}", _kin_named),
    rule(
        rf"my (?:{_KIN})(?:,? {_NAMES},?)? (?:(?:lives|works|studies|was born|is from) (?:in"
        rf"|at|for|as|near)? ?.{{2,60}}|is (?:an? )?(?:[\w-]+ )?(?:{_WORK})"
        rf"|is \d{{1,3}}(?: years old| months old)?|(?:is )?allergic to .{{2,40}})",
        _of_kin,
    ),
    rule(
        rf"I have (?P<count>{_COUNT}) (?P<kin>(?:(?:younger|older|little|big|grown-up|adult"
        rf"|adopted|young|beautiful) )*(?:{alternatives(RELATIVES | CHILDREN)})(?:(?:,? and"
        rf"|,) {_COUNT} (?:{alternatives(RELATIVES | CHILDREN)}))*)(?:{_CALLED} {_NAMES}"
        rf"|, {_ALIAS})?",
        _has("kin", "family"),
    ),
    rule(
        rf"(?:I|we) (?:have|own|(?:have )?(?:just )?(?:adopted"
        rf"|got)) (?P<count>{_COUNT}) (?P<pet>{_BREED}(?:{alternatives(ANIMALS)})(?:(?:,? and"
        rf"|,) {_COUNT} {_BREED}(?:{alternatives(ANIMALS)}))*)(?:{_CALLED} {_NAMES}|, {_ALIAS})?",
        _has("pet", "pet"),
    ),
    rule(
        rf"my (?P<pet>{_BREED}(?:{alternatives(ANIMALS)}))(?: is| are)? (?:called|named) {_NAMES}",
        says("{pet} is called {name}", "pet", confidence=1.0),
    ),
    rule(
        rf"my {_BREED}(?P<pet>{alternatives(ANIMALS)})(?:'s|s') names? (?:is|are) {_NAMES}",
        says("{pet} is called {name}", "pet", confidence=1.0),
    ),
    rule(r"I drive (?P<what>an? [\w -]{2,40})", says("Drives {what}", "car")),
    rule(
        rf"I (?:have|own|(?:have )?(?:just )?(?:bought|got)) (?P<what>(?:{_COUNT}) (?:new "
        rf"|used |old )?(?:[\w-]+ ){{0,2}}?(?:{alternatives(POSSESSIONS)}))",
        says("Has {what}"),
    ),
    rule(
        rf"I play (?:the )?(?P<what>(?:[\w-]+ )?(?:{alternatives(INSTRUMENTS_AND_SPORTS)})(?:"
        rf" and (?:the )?(?:{alternatives(INSTRUMENTS_AND_SPORTS)}))?)(?: (?:in|for|with"
        rf"|every|on|at) .{{2,40}})?",
        says("Plays {what}"),
    ),
    rule(
        rf"I (?P<how>always|never|usually|often) (?:{alternatives(HABIT_VERBS)})\b.{{0,60}}", _habit
    ),
    rule(
        rf"I (?:go |do )?(?:{alternatives(HABIT_VERBS)}|volunteer|paint|yoga|running|swimming"
        rf"|hiking|climbing|dancing)\b.{{0,40}} (?:every (?:day|morning|evening|night|week"
        rf"|weekend|month|year|other day|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|(?:once"
        rf"|twice|three times) a (?:day|week|month|year)|on (?:mon|tues|wednes|thurs|fri"
        rf"|satur|sun)days)",
        _habit,
        with_time=True,
    ),
)
"""Rules about health, family, pets, possessions and habits."""

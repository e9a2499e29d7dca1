"""Who the user is: name, age, birthday, status, origin, languages."""

import re
from collections.abc import Iterator

from langchain_usermem.memory import Candidate
from langchain_usermem.rules.clauses import Clause
from langchain_usermem.rules.dates import day_in_words, period_of
from langchain_usermem.rules.statements import Rule, is_proper, rule, says, stated
from langchain_usermem.rules.vocabulary import (
    DEMONYMS,
    DIETS,
    LANGUAGES,
    OCCUPATIONS,
    alternatives,
    words_of,
)

_NAME = r"(?P<name>[^\W\d_][\w'.-]{0,30}(?: [^\W\d_][\w'.-]{0,30}){0,3})"
_LANGUAGE = rf"(?:{alternatives(LANGUAGES)})"
_LANGUAGES = rf"(?P<what>{_LANGUAGE}(?:(?:,| and|, and) (?:a little |some )?{_LANGUAGE}){{0,6}})"
_STATES = words_of("""
    back here there ok okay fine good great sure sorry ready done happy sad tired busy new home not
    so very just god lost single married engaged christian muslim jewish hindu buddhist catholic
    hungry glad excited bored late early sick ill well alive available interested confused gay trans
    in on at from with for about going off out up down team all monday tuesday wednesday thursday
    friday saturday sunday january february march april june july august september october november
    december
""")
_NO_NAMES = DEMONYMS | DIETS | OCCUPATIONS | _STATES
_NO_NICKNAME = r"(?!(?:later|back|when|if|at|on|tomorrow|crazy|old|an?|the|maybe|by|out|up)\b)"
_NOT_A_NAME = words_of(
    "not a an the is was unknown important irrelevant wrong misspelled missing taken long short"
)
_ZONE = (
    r"(?P<zone>(?:UTC|GMT)(?: ?[+-] ?\d{1,2}(?::\d\d)?)?|[CEPM][SED]T|CEST|AEST|AEDT|BST|IST|JST"
    r"|\w+/\w+|(?:US |U\.S\. )?(?:Eastern|Central|Mountain|Pacific|Central European"
    r"|Eastern European"
    r"|Western European|Indian?|Japan|UK|London|Berlin)(?: standard| daylight| summer)? time)"
)


def _own_name(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    name = match["name"]
    single = " " not in name and name.lower() not in _NOT_A_NAME
    if single or is_proper(name):
        yield stated(f"Name is {match['name']}", "name", confidence=1.0)


def _introduced(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    """`I am Ada`: a name, unless it is a state, a people or shouted."""
    name = match["name"]
    shouted = name.isupper() and len(name) > 1
    strange = any(word.lower().strip(".") in _NO_NAMES for word in name.split())
    if is_proper(name) and not shouted and not strange:
        yield stated(f"Name is {name}", "name", confidence=0.8)


def _birthday(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """A birthday as the user writes it; one told as "tomorrow" or "Friday" becomes its date."""
    words = match["date"]
    period = period_of(words.lower(), clause.now, ahead=True)
    if period is None:
        return
    if not re.search(r"\d", words) and (period.end - period.start).days == 1:
        words = day_in_words(period.start).rpartition(" ")[0]
    yield stated(f"Birthday is {words}", "birthday", confidence=1.0)


def _aged(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    if 9 < int(match["years"]) < 120:  # noqa: PLR2004 - the ages at which people write
        yield stated(f"Is {match['years']} years old", "age", confidence=0.9)


def _aged_and(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """`I am a 34-year-old nurse`: an age, and a role where it is one."""
    yield from _aged(match, clause)
    if match["role"].lower() in OCCUPATIONS:
        yield stated(f"Works as a {match['role']}", "role")


_is_called = says("Prefers to be called {name}", "preferred_name", proper="name", confidence=1.0)


def _asked_to_call(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """A name that the user asks to be called by: a rule for answers."""
    for candidate in _is_called(match, clause):
        yield candidate.model_copy(update={"explicit": True})


IDENTITY: tuple[Rule, ...] = (
    rule(rf"my (?:full |first |real |given )?name is {_NAME}", _own_name),
    rule(
        rf"(?:call me|you (?:can|may) call me|just call me|address me as) {_NO_NICKNAME}{_NAME}",
        _asked_to_call,
    ),
    rule(
        rf"(?:people|everyone|everybody|(?:all )?my friends|they)(?: all)? calls? me"
        rf" {_NO_NICKNAME}{_NAME}",
        _is_called,
    ),
    rule(
        rf"I (?:go by|like to be called|want to be called|prefer to be called"
        rf"|prefer being called)(?: the name)? {_NAME}",
        says("Prefers to be called {name}", "preferred_name", proper="name"),
    ),
    rule(
        rf"(?:my nickname|the name) is {_NAME}",
        says("Prefers to be called {name}", "preferred_name", proper="name"),
    ),
    rule(rf"I am {_NAME}", _introduced),
    rule(r"my birthday is (?:on |in )?(?:the )?(?P<date>[\w ,-]{3,30})", _birthday, with_time=True),
    rule(r"I was born (?:on |in )(?:the )?(?P<date>[\w ,-]{3,30})", _birthday, with_time=True),
    rule(
        r"I was born (?:and raised )?in (?P<place>[^,]{2,40})",
        says("Was born in {place}", "birthplace", proper="place"),
    ),
    rule(r"I am (?P<years>\d{1,3})(?: years old| years of age| yo)?", _aged),
    rule(r"(?:I (?:have )?(?:just )?turned|my age is) (?P<years>\d{1,3})(?: years old)?", _aged),
    rule(
        r"I am an? (?P<years>\d{1,3})[- ]years?[- ]old (?P<role>[\w ]{2,30}?)(?: (?:from|in"
        r"|based in|living in) .{2,40})?",
        _aged_and,
    ),
    rule(
        r"I am (?:happily |newly |recently |not )?(?P<status>single|married|engaged|divorced"
        r"|widowed|separated|in a relationship)(?P<who> (?:to|with) [A-Z][\w'-]+)?",
        says("Is {status}{who}", "relationship_status"),
    ),
    rule(
        r"(?:I|we) (?:have )?(?:just )?got (?P<status>married|engaged"
        r"|divorced)(?P<who> to [A-Z][\w'-]+)?",
        says("Is {status}{who}", "relationship_status"),
    ),
    rule(
        rf"my (?:time ?zone|timezone) is {_ZONE}",
        says("Time zone is {zone}", "time_zone", confidence=1.0),
    ),
    rule(
        rf"I am (?:in|on) (?:the )?{_ZONE}(?: (?:time ?zone|zone))?",
        says("Time zone is {zone}", "time_zone"),
    ),
    rule(
        r"my pronouns are (?P<what>\w+(?:/\w+){1,2}|\w+ and \w+)",
        says("Pronouns are {what}", "pronouns", confidence=1.0),
    ),
    rule(
        r"(?:I am|I come|I came) (?:originally )?from (?P<place>(?:the )?[A-Z][^,]{1,40}(?:,"
        r" [A-Z][\w ]{1,30})?)",
        says("Is from {place}", "origin", proper="place"),
    ),
    rule(
        r"my (?:home ?town|home country|country of origin) is (?P<place>[^,]{2,40})",
        says("Is from {place}", "origin", proper="place"),
    ),
    rule(
        r"I grew up in (?P<place>[^,]{2,40}(?:, [A-Z][\w ]{1,30})?)",
        says("Grew up in {place}", proper="place"),
    ),
    rule(
        rf"I am (?:half |part )?(?P<what>{alternatives(DEMONYMS)})(?:(?: and"
        rf"|-) ?(?:half )?(?:{alternatives(DEMONYMS)}))?",
        says("Is {what}", "nationality"),
    ),
    rule(r"my nationality is (?P<what>\w{3,20})", says("Is {what}", "nationality", confidence=1.0)),
    rule(
        rf"I (?:can )?speak (?:fluent |some |a little |basic )?{_LANGUAGES}(?: fluently"
        rf"| at home| natively)?",
        says("Speaks {what}"),
    ),
    rule(
        rf"my (?P<which>native|first|mother|second) (?:language|tongue) is (?P<what>{_LANGUAGE})",
        says("{which} language is {what}"),
    ),
    rule(rf"I am (?P<how>fluent|bilingual) in {_LANGUAGES}", says("Is {how} in {what}")),
)
"""Rules about who the user is."""

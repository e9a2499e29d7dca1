"""Orders to remember and to forget."""

import re
from typing import NamedTuple

from langchain_usermem.memory import FORGET_ALL, FORGET_LAST, Candidate
from langchain_usermem.rules.clauses import plain
from langchain_usermem.rules.phrasing import third_person

_POLITE = (
    r"(?:(?:please|kindly|ok|okay|hey|also|and|can you|could you|will you|would you"
    r"|you can|you may),? )*"
)
_REMEMBER = re.compile(
    rf"{_POLITE}(?P<verb>(?:always )?remember|do not (?:ever )?forget|keep in mind"
    rf"|bear in mind|note(?: down)?"
    r"|take note|make a (?:mental )?note|be aware|memori[sz]e|save (?:it )?to (?:your )?memory"
    r"|for (?:future|your) reference|store)"
    r"(?P<that>(?: the fact)? that|:|,| this:?)? (?P<what>.{4,300})",
    re.IGNORECASE,
)
_OWN_WORDS = re.compile(r"(?:I|my|we|our)\b", re.IGNORECASE)
_NO_STATEMENT = re.compile(
    r"(?:when|how|what|who|where|why|if|to|me|you|your|this|that|it|him|her|them|one|once"
    r"|always|never|the time|not)\b",
    re.IGNORECASE,
)
_DROP = r"(?:forget|stop remembering|do not (?:remember|store|keep|save))"
_DELETE = r"(?:forget|delete|erase|remove|wipe|clear)"
_KNOWN = r"you (?:know|remember|have stored|have saved|stored|saved|have|have learned)"
_ALL_THAT = r"(?:everything |anything |all )?(?:that |what(?:ever)? )?"
_OF_ONES_OWN = (
    r"(?:my|our|I|where I|what I do|how old I am|when I was"
    r"|(?:where|what|when|who|how|which) (?:my|our)"
    r"(?! (?:last|previous|earlier|questions?|messages?|requests?|point|problem)\b))"
)
_OF_ME = rf"(?:{_KNOWN}(?: about (?:me|us))?|about (?:me|us))"
_JUST_NOW = r"(?!my (?:last|previous|earlier|question|message|request)\b)"
_FORGETS = tuple(
    re.compile(rf"{_POLITE}(?:I want you to |I would like you to )?{pattern}", re.IGNORECASE)
    for pattern in (
        rf"{_DELETE} (?P<all>everything|all)(?: that)? {_OF_ME}",
        rf"{_DELETE} {_ALL_THAT}{_KNOWN} about (?P<what>.{{2,200}})",
        rf"{_DROP} (?:about |the fact |that )*{_JUST_NOW}(?P<what>{_OF_ONES_OWN}\b.{{1,200}})",
        rf"{_DELETE} {_JUST_NOW}(?P<what>.{{2,200}}) from (?:your )?memory",
        rf"{_DELETE} {_JUST_NOW}(?P<slot>my .{{2,40}})",
        r"do not (?P<last>remember|store|save) (?:that|this)",
    )
)


class Order(NamedTuple):
    """What an order to remember hands over, and whether it may be kept in any wording."""

    statement: str
    any_wording: bool


_ADDRESSED = re.compile(r"\b(?:you|your|yourself)\b", re.IGNORECASE)
_SLOTS = tuple(
    (re.compile(rf"(?:{pattern})", re.IGNORECASE), attribute)
    for pattern, attribute in (
        (
            r"(?:home |postal )?address|where I live|home|(?:home )?city|where I am living",
            "home_city",
        ),
        (r"country", "home_country"),
        (r"job|work|employer|company|where I work|workplace", "employer"),
        (r"role|occupation|profession|what I do(?: for a living)?|job title", "role"),
        (r"(?:full |first |last )?name|what I am called", "name"),
        (r"nickname|preferred name", "preferred_name"),
        (r"birthday|birth ?date|date of birth|when I was born", "birthday"),
        (r"age|how old I am", "age"),
        (r"time ?zone", "time_zone"),
        (r"(?:relationship|marital) status|marriage", "relationship_status"),
        (r"allerg(?:y|ies)", "allergy"),
        (r"diet|dietary (?:preferences|requirements|restrictions)", "diet"),
        (r"language(?: preference)?", "response_language"),
        (r"(?:pet|dog|cat)s?", "pet"),
        (r"family|wife|husband|kids|children|son|daughter|partner", "family"),
        (r"projects?", "project"),
    )
)
_MY = re.compile(r"(?:my|the|our) ", re.IGNORECASE)


def to_remember(sentence: str) -> Order | None:
    """What a sentence orders to remember, None where it orders nothing of the kind."""
    match = _REMEMBER.fullmatch(plain(sentence).rstrip(" .!"))
    asks = sentence.rstrip().endswith("?") and not sentence.lower().startswith(("can", "could"))
    if match is None or asks or _NO_STATEMENT.match(match["what"]):
        return None
    weak = (",", ":") if match["verb"].lower().startswith("note") else (",",)
    that = bool(match["that"]) and match["that"] not in weak
    if not that and not _OWN_WORDS.match(match["what"]):
        return None
    return Order(match["what"].rstrip("?"), that and not _ADDRESSED.search(match["what"]))


def in_any_wording(statement: str) -> Candidate | None:
    """A statement that no rule reads, kept because the user asked for it."""
    if statement.startswith(("http", "{", "<")):
        return None
    return Candidate(content=third_person(statement), explicit=True, confidence=0.9)


def to_forget(sentence: str) -> str | None:
    """The words for what a sentence orders to forget, None where it orders nothing of the kind.

    `my`, `I`, "you know" or "memory" must say that it is a memory: one also deletes files.
    """
    text = plain(sentence).rstrip(" .!?")
    for pattern in _FORGETS:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            if parts.get("slot") and slot_of(parts["slot"]) is None:
                continue
            if parts.get("last"):
                return FORGET_LAST
            if parts.get("all"):
                return FORGET_ALL
            return (parts.get("what") or parts["slot"]).split(",")[0]
    return None


def slot_of(words: str) -> str | None:
    """The slot that some words such as "my job" or "where I live" name."""
    name = _MY.sub("", words, count=1)
    return next((slot for pattern, slot in _SLOTS if pattern.fullmatch(name)), None)


def forgotten(words: str) -> Candidate:
    """The candidate that forgets what no rule reads, in the user's words."""
    own = words.startswith("I ")
    content = third_person(words) if own else _MY.sub("", words, count=1)
    return Candidate(content=content, attribute=slot_of(words), forget=True, explicit=True)

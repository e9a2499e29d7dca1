"""What the user likes and dislikes, each in a slot that a later opposite takes over."""

import re
from collections.abc import Iterator

from langchain_usermem.memory import Candidate
from langchain_usermem.rules.clauses import Clause
from langchain_usermem.rules.phrasing import sentence_case, without_first_person
from langchain_usermem.rules.statements import Rule, rule
from langchain_usermem.text import comparable

_MOST_WORDS = 7
_VERBS = {
    "like": "Likes",
    "love": "Loves",
    "enjoy": "Enjoys",
    "adore": "Adores",
    "dislike": "Dislikes",
    "hate": "Hates",
    "detest": "Detests",
    "loathe": "Loathes",
    "cannot stand": "Cannot stand",
    "prefer": "Prefers",
    "am into": "Is into",
    "am keen on": "Is keen on",
    "am fond of": "Is fond of",
    "am passionate about": "Is passionate about",
}
_NOT_A_TASTE = re.compile(
    r"(?:it|that|this|these|those|them|him|her|you|your|his|their|its|our|how|when|what|where|why"
    r"|who|whatever|everything|nothing|something|anyone|everyone|both|all|any|some|such|the fact"
    r"|one|seeing|hearing|knowing|being|having|getting|learning about|talking to you|chatting"
    r"|myself"
    r"|thinking|another|other|more|most|each|every|everywhere|here|there|my|an?|us|me|through"
    r"|they|I|theme|not|to$|to (?:see|hear|help|know|think"
    r"|be|have|get|say|thank|ask|tell|talk|chat|come|join|do (?:it|that|this|so)))\b",
    re.IGNORECASE,
)
_GENERIC_THE = re.compile(
    r"the (?:[A-Z].*|(?:beach|sea|ocean|outdoors|mountains|countryside|cold|heat|sun|rain|snow|gym"
    r"|theatre|theater|opera|cinema|movies|winter|summer|autumn|spring)$"
    r"|(?:smell|taste|sound) of .*|colou?r (?!and)\w+)"
)
_POINTING = re.compile(
    r"\b(?:it|this|that(?=$|,| \S+$)|these|those|them|him|her|his|you|your|their|today|tonight|now"
    r"|right now|yesterday|tomorrow|here|there|one|ones|me|us|I)\b",
    re.IGNORECASE,
)
_OBJECT_ENDS = re.compile(
    r"[,;:]? (?:because|since|so|which|but|especially|particularly|though|although|even|who|as it"
    r"|whenever|where|thanks|and (?:it|that|I|my|how|have)|for (?:its|the|their)|lately|ever)\b.*"
    r"|[,;] (?:the|it|they|he|she|this|that|there|an?|my|we|what|you)\b.*",
    re.IGNORECASE,
)
_PAIRS = frozenset(("rock and roll", "mac and cheese", "fish and chips", "black and white"))
# "Action and horror films": the first kind is one of films too.
_KINDS = re.compile(
    r"(?:action|adventure|classical|comedy|crime|drama|fantasy|folk|horror|indie|jazz|mystery"
    r"|romance|romantic|science fiction|sci-fi|thriller|war)\b.* (?:and|or) (?:\S+ )+"
    r"(?:books?|films?|games?|movies?|music|novels?|series|shows?|songs?|stories)$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|an?) ")
_COMPARED = re.compile(r"(?P<one>.+?) (?:over|to|rather than|instead of) (?P<other>.+)")


def opinion_slot(thing: str) -> str:
    """The slot of the user's opinion of a thing, whatever its case, accents and article.

    >>> opinion_slot("the Beatles")
    'opinion:beatles'
    """
    return f"opinion:{_ARTICLE.sub('', comparable(thing))}"


def _taste(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    verb = match["verb"].lower()
    for thing in _things(match["object"], clause):
        yield _opinion(f"{_VERBS[verb]} {thing}", thing)


def _disliked(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    for thing in _things(match["object"], clause):
        yield _opinion(f"Dislikes {thing}", thing)


def _stopped(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """What one no longer likes: it takes back that one did."""
    for thing in _things(match["object"], clause):
        yield _opinion(f"No longer likes {thing}", thing).model_copy(update={"corrects": True})


def _fan(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    for thing in _things(match["object"], clause):
        yield _opinion(f"{'Dislikes' if match['no'] else 'Likes'} {thing}", thing)


def _favourite(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    """`my favourite colour is green` and `green is my favourite colour`, in one slot a kind."""
    kind, thing = match["kind"], _OBJECT_ENDS.sub("", match["thing"])
    vague = _NOT_A_TASTE.match(thing) and not re.match(r"(?:an?|the) ", thing)
    if not vague and not _POINTING.search(thing) and len(thing.split()) <= _MOST_WORDS:
        yield Candidate(
            content=f"Favourite {kind} is {without_first_person(thing)}",
            category="preference",
            attribute=f"favourite:{comparable(kind)}",
            confidence=0.9,
        )


def _things(words: str, clause: Clause) -> list[str]:
    """The things an opinion is about, none where it is of the moment or points elsewhere."""
    thing = _OBJECT_ENDS.sub("", words).strip(" ,")
    if _momentary(clause) or _NOT_A_TASTE.match(thing) or _POINTING.search(thing):
        return []
    if thing.lower().startswith("the ") and not _GENERIC_THE.match(thing):
        return []
    return [each for each in _listed(thing) if 0 < len(each.split()) <= _MOST_WORDS]


def _momentary(clause: Clause) -> bool:
    return clause.timing.expires_at is not None


def _listed(things: str) -> list[str]:
    """The members of a list of short things; a phrase that is no such list stays whole."""
    parts = re.split(r",? and |, or |,? or |, ", things)
    short = all(0 < len(part.split()) <= 2 for part in parts)  # noqa: PLR2004 - "green tea"
    together = (
        things.lower() in _PAIRS
        or _COMPARED.fullmatch(things)
        or _KINDS.match(things)
        or things.startswith("to ")
    )
    return (
        [part for part in parts if not _NOT_A_TASTE.match(part)]
        if short and not together
        else [things]
    )


def _opinion(content: str, thing: str) -> Candidate:
    compared = _COMPARED.fullmatch(thing) if content.startswith("Prefers") else None
    return Candidate(
        content=sentence_case(without_first_person(content)),
        category="preference",
        attribute=opinion_slot(compared["one"] if compared else thing),
        confidence=0.8,
    )


_OBJECT = r"(?P<object>.{2,100}?)"
_MOST = r"(?:all[- ]time |absolute )?"
_KIND = (
    r"(?!(?:part|thing|one|bit|way|line|moment|scene|memory|is|are)\b)(?P<kind>[\w'-]+(?: [\w'-]+)"
)
_FAN = r"(?:big|huge|massive|great|avid|real|die-?hard) "

TASTES: tuple[Rule, ...] = (
    rule(rf"I do not (?:like|enjoy|love) {_OBJECT} any ?(?:more|longer)", _stopped, with_time=True),
    rule(
        rf"I (?:no longer|do not any ?more) (?:like|enjoy|love) {_OBJECT}", _stopped, with_time=True
    ),
    rule(rf"I (?:have )?(?:stopped liking|gone off|went off) {_OBJECT}", _stopped, with_time=True),
    rule(
        rf"I do not (?:like|enjoy|care for|love) {_OBJECT}(?: at all| much| that much)?",
        _disliked,
        with_time=True,
    ),
    rule(rf"I (?P<verb>{'|'.join(_VERBS)}) {_OBJECT}", _taste, with_time=True),
    rule(rf"I am (?P<no>not )?an? (?:{_FAN})?(?:fan of|lover of) {_OBJECT}", _fan, with_time=True),
    rule(
        rf"I am (?P<no>not )(?:really )?(?:into|keen on|fond of|a fan of) {_OBJECT}",
        _fan,
        with_time=True,
    ),
    rule(
        rf"my {_MOST}favou?rite {_KIND}{{0,2}}?) (?:is|are) (?P<thing>.{{2,80}})",
        _favourite,
        with_time=True,
    ),
    rule(
        rf"(?P<thing>[\w' &-]{{2,60}}) (?:is|are) my {_MOST}favou?rite {_KIND}{{0,1}})",
        _favourite,
        with_time=True,
    ),
)
"""Rules about tastes. They read the whole clause: what is said of today is no taste."""

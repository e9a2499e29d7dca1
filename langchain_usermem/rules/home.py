"""Where the user lives and works, what they do, what they study."""

import re
from collections.abc import Iterator

from langchain_usermem.memory import Candidate
from langchain_usermem.rules.clauses import Clause
from langchain_usermem.rules.statements import Rule, is_proper, rule, says, stated
from langchain_usermem.rules.vocabulary import COUNTRIES, OCCUPATIONS, alternatives, words_of

_MOST_PLACE_WORDS = 6
_PLACE_ENDS = re.compile(
    r"[,;]? (?:with|where|which|because|for|so|when|as|to|near|by|but|after|before|on|at"
    r"|since|until|and (?=[a-z])|during|while|not|in order|alone|together|who|that) .*",
)
_DWELLING = re.compile(
    r"(?:an?|my own|the) (?:[\w-]+ ){0,2}(?:flat|house|apartment|village|town|city|cottage"
    r"|farm|studio|suburbs?|dorm|van|boat|condo|cabin|bungalow|countryside)\b",
    re.IGNORECASE,
)
_NO_MOVE = words_of("""
    python rust java go golang linux windows mac macos ios android postgres vim neovim emacs github
    gitlab slack notion vscode firefox chrome obsidian kotlin typescript
""")
_NO_PLACE = words_of("""
    a an the my our your his her their this that these those it fear hope peace denial sin harmony
    luxury poverty constant one two three someone somewhere anywhere everywhere place town city
    countryside area here there front love bed pain
""")
_ROLE = rf"(?P<role>(?:[\w/+#-]+ ){{0,3}}?(?:{alternatives(OCCUPATIONS)}))"
_AT = r"(?: (?P<by>at|for) (?P<employer>[^,]{2,50}))?"
_NO_WORKERS = ("student", "undergraduate", "pensioner", "freelancer", "founder")
_NO_EMPLOYER = words_of("""
    home night nights myself weekends least it them me you him her us that this days hours first
    something school university all once last times peace what which free money fun
""")


def place_in(words: str) -> str | None:
    """The place name at the beginning of some words, None where they name none.

    >>> place_in("Leeds with my sister")
    'Leeds'
    """
    place = _PLACE_ENDS.sub("", words).strip(" ,.")
    parts = place.split(", ")
    if len(parts) > 1 and not is_proper(" ".join(parts[1:])):
        place = parts[0]
    if len(place.split()) > _MOST_PLACE_WORDS:
        return None
    return place if is_proper(place) or _could_be_place(place) else None


def _could_be_place(place: str) -> bool:
    """Whether a place that is not written upper-case may be a name: `leeds`, `new york`."""
    words = place.split()
    known = place.lower() in COUNTRIES or place.lower().removeprefix("the ") in COUNTRIES
    plausible = 0 < len(words) < 3 and not _NO_PLACE & set(place.lower().split())  # noqa: PLR2004
    return known or (plausible and place.islower())


def _lives(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    """A home with its slot; a kind of place (`a small flat`) is a fact without one."""
    place = place_in(match["where"])
    if place is None:
        if _DWELLING.match(match["where"]):
            yield stated(f"Lives in {_PLACE_ENDS.sub('', match['where'])}", confidence=0.7)
        return
    country = place.lower() in COUNTRIES
    yield stated(f"Lives in {place}", "home_country" if country else "home_city")


def _moved(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """A home one has moved to, which must be written as a name: one also moves to Python."""
    place = place_in(match["where"])
    lower = clause.full[2:].islower() and clause.full.count(" ") < 5  # noqa: PLR2004
    if (
        place
        and place.lower() not in _NO_MOVE
        and (is_proper(place) or lower or place.lower() in COUNTRIES)
    ):
        country = place.lower() in COUNTRIES
        yield stated(f"Lives in {place}", "home_country" if country else "home_city")


def _works(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    """A role and an employer, each in a slot of its own, since each changes without the other."""
    parts = match.groupdict()
    if role := parts.get("role"):
        article = "an" if role[0].lower() in "aeiou" else "a"
        verb = "Is" if role.lower().endswith(_NO_WORKERS) else "Works as"
        yield stated(f"{verb} {article} {role}", "role")
    employer = _employer(parts.get("employer") or "")
    if employer:
        at = "at" if (parts.get("by") or "at") == "at" else "for"
        yield stated(f"Works {at} {employer}", "employer")


def _employer(words: str) -> str | None:
    words = re.sub(r" (?:as|and|because|where|which|but|so|with|on|since|to) .*", "", words)
    first = words.split()[0].lower() if words else ""
    if first in _NO_EMPLOYER or (first.isdigit()):
        return None
    return words or None


HOME: tuple[Rule, ...] = (
    rule(
        r"(?:I|we) (?:am living|are living|live|reside|am residing) (?:in|near|at|outside"
        r"|just outside) (?P<where>.{2,80})",
        _lives,
    ),
    rule(r"I am (?:based|located|settled) (?:in|near|out of) (?P<where>.{2,80})", _lives),
    rule(
        r"I (?:have )?(?:moved|relocated|emigrated|settled)(?: back| house| over"
        r"| down)?(?: from .{2,30}?)? (?:to|in) (?P<where>.{2,80})",
        _moved,
    ),
    rule(r"my (?:home|home ?city|current city) is (?:in )?(?P<where>.{2,60})", _moved),
    rule(
        r"my (?:home |postal |current )?address is (?P<what>.{4,100})",
        says("Address is {what}", "home_city", proper="what", confidence=1.0),
    ),
    rule(
        r"I (?:am living|live) (?P<how>alone|by myself|on my own|with my (?:parents|family|partner"
        r"|wife|husband|girlfriend|boyfriend|sister|brother|mother|father|mum|mom|dad|flatmates?"
        r"|roommates?|kids|children))",
        says("Lives {how}"),
    ),
    rule(
        r"I used to live in (?P<place>[^,]{2,40})",
        says("Used to live in {place}", proper="place", confidence=0.8),
    ),
    rule(
        r"I (?:work|am working) (?:at|for) (?P<employer>[^,]{2,50}?) as an? "
        r"(?P<role>[\w/+# -]{3,40})",
        _works,
    ),
    rule(
        rf"I (?:am working|work|am employed|have a job) as an? (?P<role>[\w/+# -]{{3,40}}?){_AT}",
        _works,
    ),
    rule(rf"I am an? {_ROLE}{_AT}", _works),
    rule(rf"my (?:job|profession|occupation) is (?:an? )?{_ROLE}{_AT}", _works),
    rule(r"my job title is (?P<role>[\w/+# -]{3,50})", _works),
    rule(rf"I (?:have )?became an? {_ROLE}{_AT}", _works),
    rule(r"I (?:am working|work|am employed) (?P<by>at|for|by) (?P<employer>.{2,60})", _works),
    rule(
        r"I (?:have )?(?:just )?(?:started working|started a (?:new )?job|started"
        r"|got a (?:new )?job) (?:at|with) (?P<employer>(?-i:[A-Z]).{1,50})",
        _works,
    ),
    rule(
        r"I (?:have )?(?:just )?joined (?P<employer>(?-i:[A-Z])[\w&. -]{1,40}?)(?: as an? "
        r"(?P<role>[\w -]{3,40}))?",
        _works,
    ),
    rule(r"my (?:employer|company) is (?:called )?(?P<employer>.{2,50})", _works),
    rule(
        r"I (?:work|am working) (?P<how>from home|remotely|part[- ]time|full[- ]time|nights"
        r"|night shifts|freelance)",
        says("Works {how}"),
    ),
    rule(
        r"I (?:work|am working) in (?P<field>(?:the )?[\w -]{2,40})",
        says("Works in {field}", confidence=0.8),
    ),
    rule(
        r"I am (?P<what>retired|self-employed|unemployed|between jobs|on parental leave"
        r"|on maternity leave)",
        says("Is {what}", "role"),
    ),
    rule(
        r"I (?:own|run|have) (?P<what>(?:an?|my own) (?:[\w-]+ ){0,3}(?:business|company|shop"
        r"|store|restaurant|caf[eé]|bakery|studio|start-?up|bookshop|bookstore|farm|agency"
        r"|blog|channel|podcast))(?: (?P<more>called .{2,40}))?",
        says("Has {what} {more}"),
    ),
    rule(
        r"I (?:am studying|study|am majoring in|major in) (?P<what>[\w ,&+-]{2,60})",
        says("Studies {what}"),
    ),
    rule(r"my (?:major|degree) is (?:in )?(?P<what>[\w &-]{2,40})", says("Studies {what}")),
    rule(
        r"I (?:have )?graduated from (?P<what>.{2,60})",
        says("Graduated from {what}", proper="what"),
    ),
    rule(
        r"I have (?P<what>an? (?:PhD|master's|bachelor's|degree|MBA|doctorate|MSc|BSc|MA"
        r"|BA)(?: degree)?(?: (?:in|from) .{2,50})?)",
        says("Has {what}"),
    ),
    rule(
        r"my (?P<what>blood type|e-?mail(?: address)?|phone number|star sign|shoe size"
        r"|university|school|height|stack|tech stack|religion) is (?:called "
        r"|named )?(?P<value>[^,]{1,60})",
        says("{what} is {value}", confidence=0.8),
    ),
)
"""Rules about home, work and study."""

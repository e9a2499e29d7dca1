"""How the user wants to be answered: language, format, length, tone, and rules beyond these."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from langchain_usermem.memory import Candidate
from langchain_usermem.rules.clauses import Clause
from langchain_usermem.rules.phrasing import sentence_case, third_person, without_first_person
from langchain_usermem.rules.statements import Build, Rule, rule
from langchain_usermem.rules.vocabulary import LANGUAGES, alternatives


class Manner(NamedTuple):
    """A way of answering as people name it, its slot, and the statement it becomes."""

    pattern: re.Pattern[str]
    attribute: str
    content: str


def _manner(pattern: str, attribute: str, content: str) -> Manner:
    return Manner(re.compile(pattern, re.IGNORECASE), f"response_{attribute}", content)


_BULLETS = r"(?:a )?(?:bullets?|bullet[- ]points?|bulleted lists?|bullet lists?)"
_SHORT_BULLETS = rf"(?:a )?(?:short|brief|concise) {_BULLETS}"
_FORMAT = (
    r"(?P<format>(?:a |an )?(?:numbered )?lists?|(?:a )?tables?|markdown|json|yaml|html|plain text"
    r"|prose|(?:full |complete )?sentences|(?:short )?paragraphs|code only|numbered steps|steps)"
)
_TONE = (
    r"(?P<tone>formal|informal|casual|friendly|polite|professional|neutral|direct|blunt|warm"
    r"|playful|serious|humorous|academic|conversational|encouraging)"
)
_SHORT = r"(?:brief|short|concise|terse|succinct|to the point)"
_LONG = r"(?:detailed|long|thorough|in-depth|comprehensive)"
_ANSWERS = r"(?:(?:all |all of )?(?:your |the )?(?:answers?|replies|reply|responses?)|it|things)"
_DEGREE = r"(?:more |very |a bit more |a little |as )?"

MANNERS: tuple[Manner, ...] = (
    _manner(rf"in (?P<language>{alternatives(LANGUAGES)})", "language", "Answer in {language}"),
    _manner(rf"(?:in|as|with|using) {_BULLETS}", "format", "Answer in bullet points"),
    _manner(rf"(?:in|as|with|using) {_SHORT_BULLETS}", "format", "Answer in short bullet points"),
    _manner(rf"(?:in|as|with|using) {_FORMAT}", "format", "Answer in {format}"),
    _manner(r"briefly|concisely|shortly|succinctly|tersely", "length", "Keep answers short"),
    _manner(rf"(?:in )?{_DEGREE}{_SHORT}", "length", "Keep answers short"),
    _manner(r"in detail|at length|thoroughly", "length", "Answer in detail"),
    _manner(
        r"(?:in|with) (?P<most>(?:at most |no more than |under )?(?:\d{1,3}|one|two|three"
        r"|four|five|a"
        r" single|a few) (?:short )?(?:words?|sentences?|lines?|paragraphs?))(?: or less"
        r"| at most)?",
        "length",
        "Answer in {most}",
    ),
    _manner(
        rf"(?:in|with|using) an? {_DEGREE}{_TONE} (?:tone|style|way|manner)",
        "tone",
        "Answer in a {tone} tone",
    ),
    _manner(
        r"(?P<tone>formal|informal|casual|polite|direct|blunt)ly", "tone", "Answer in a {tone} tone"
    ),
)
"""Ways of answering that may follow "answer me", one after the other."""


def _in_manners(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """One candidate a manner, where every one is known; a lasting wish else stays whole."""
    parts = re.split(
        r",? and (?=in|with|as|using|be)|, |(?<=\w) (?=in |with |using |as )", match["how"]
    )
    found = [_in_manner(part) for part in parts if not re.fullmatch("always|only", part)]
    if all(found):
        yield from (candidate for candidate in found if candidate)
    elif clause.lasting:
        yield _wish(clause.full, "response_rule")


def _in_manner(words: str) -> Candidate | None:
    words = re.sub(r"^(?:always|only) | (?:always|only|with me|to me|please)$", "", words.strip())
    for pattern, attribute, content in MANNERS:
        if match := pattern.fullmatch(words):
            return _wish(content.format(**_written(match)), attribute)
    return None


def _written(match: re.Match[str]) -> dict[str, str]:
    """The named words of a match, languages capitalised and the rest lower-case."""
    named = {name: (value or "").lower() for name, value in match.groupdict().items()}
    if named.get("format") in ("json", "yaml", "html"):
        named["format"] = named["format"].upper()
    if named.get("language"):
        named["language"] = named["language"].capitalize()
    return named


def _wish(content: str, attribute: str) -> Candidate:
    return Candidate(
        content=sentence_case(content),
        category="preference",
        attribute=attribute,
        explicit=True,
        confidence=1.0,
    )


def _wants(content: str, attribute: str) -> Build:
    """What builds a wish from a template over the pattern's named groups."""

    def build(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
        yield _wish(content.format(**_written(match)), f"response_{attribute}")

    return build


def _as_ordered(_match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """A rule in the user's own words."""
    yield _wish(without_first_person(clause.full), "response_rule")


def _as_wanted(_match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """A rule told as a wish: `I always want code in Rust`."""
    yield _wish(third_person(clause.full), "response_rule")


def _if_lasting(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    if clause.lasting:
        yield from _as_ordered(match, clause)


def _forbidden(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    yield _wish(f"Do not use {match['what'].lower()}", "response_rule")


_STYLE = (
    r"(?:emojis?|jargon|markdown|exclamation (?:marks|points)|headers|headings|tables"
    r"|bullet points"
    r"|bullets|slang|hashtags|abbreviations|acronyms|swear words|em[- ]dashes|filler(?: words)?"
    r"|disclaimers|apologies|small talk|passive voice|bold(?: text)?|italics|contractions|puns"
    r"|flattery|cliches|buzzwords)"
)
_STYLES = rf"(?P<what>{_STYLE}(?:(?:,|,? and|,? or) {_STYLE}){{0,3}})(?: in (?:your )?\w+)?"
_CONVENTION = (
    r"(?:metric|imperial|SI)(?: units| system)?|(?:British|American|UK|US) (?:English|spelling)"
    r"|celsius"
    r"|fahrenheit|24[- ]hour (?:time|clock|format)|12[- ]hour (?:time|clock|format)|ISO dates"
    r"|euros|dollars|pounds|kilomet(?:re|er)s|miles|emojis?|simple (?:words|language)"
    r"|plain English|gender-neutral language|inclusive language|examples"
)
_ANSWER_VERB = (
    r"(?:answer|reply|respond|use|write|give me|include|add|show|explain|start (?:with|by"
    r"|every|each)|end (?:with|by|every|each)|address|format|cite"
    r"|tell|suggest|recommend|assume|avoid|mention|translate|speak|send|provide|check|convert|sign"
    r"|begin|call me|ask me|refer|quote|link|list|number|summari[sz]e|be (?:brief|concise"
    r"|honest|polite|direct|formal|informal|kind))"
)
_MINE = r"(?:code|examples|code examples|snippets|units|dates|prices|times|temperatures|links)"

ANSWERS: tuple[Rule, ...] = (
    rule(
        rf"(?:always |only )?(?:speak|use|write) (?:in )?(?P<language>{alternatives(LANGUAGES)})"
        r"(?: (?:with|to) me)?",
        _wants("Answer in {language}", "language"),
    ),
    rule(
        r"(?:always |only )?(?:answer|reply|respond|talk to me|speak to me|write to me"
        r"|communicate)(?:(?: to| with)? (?:me|us))?(?: my questions)? (?P<how>.{2,120})",
        _in_manners,
    ),
    rule(
        r"I (?:prefer|like|want|need)(?: to (?:get|have|receive))? (?:your |all |my |the )?"
        r"(?:answers|replies|responses|explanations)(?: to be)? (?P<how>.{2,80})",
        _in_manners,
    ),
    rule(rf"(?:always |only )?use {_BULLETS}", _wants("Answer in bullet points", "format")),
    rule(
        rf"(?:always |only )?use {_SHORT_BULLETS}",
        _wants("Answer in short bullet points", "format"),
    ),
    rule(rf"(?:always |only )?use {_FORMAT}", _wants("Answer in {format}", "format")),
    rule(
        rf"(?:keep|make) {_ANSWERS} {_DEGREE}{_SHORT}|(?:always )?be {_DEGREE}{_SHORT}"
        rf"|(?:I (?:prefer|like|want|need) )?{_DEGREE}{_SHORT} (?:answers|replies"
        rf"|responses)(?: only)?"
        rf"|no {_LONG} (?:answers|replies|responses|explanations)|keep it simple and short",
        _wants("Keep answers short", "length"),
    ),
    rule(
        rf"(?:keep|make) {_ANSWERS} (?P<most>(?:under|below|to|within|at) .{{3,40}})",
        _wants("Keep answers {most}", "length"),
    ),
    rule(
        rf"(?:make) {_ANSWERS} {_DEGREE}{_LONG}|(?:always )?be {_DEGREE}{_LONG}"
        rf"|I (?:prefer|like|want|need) {_DEGREE}{_LONG} (?:answers|replies|responses"
        rf"|explanations)",
        _wants("Answer in detail", "length"),
    ),
    rule(
        rf"(?:always )?be {_DEGREE}{_TONE}(?: with me)?|keep (?:it|your tone|the tone) {_DEGREE}"
        rf"{_TONE.replace('<tone>', '<kept>')}|(?:(?:use|adopt|I (?:prefer|like"
        rf"|want)) )?(?:an? |the )?"
        rf"{_DEGREE}{_TONE.replace('<tone>', '<style>')} (?:tone|style|language)(?: with me)?",
        _wants("Answer in a {tone}{kept}{style} tone", "tone"),
    ),
    rule(
        r"(?:talk|speak|write) to me (?:like|as if you were) (?P<who>an? [\w -]{2,30})",
        _wants("Talk like {who}", "tone"),
    ),
    rule(
        rf"(?:no|do not use|never use|stop using|avoid|avoid using|skip|drop) (?:any )?{_STYLES}",
        _forbidden,
    ),
    rule(
        rf"(?:always |only )?(?:use|stick to|give me) (?:the )?(?:{_CONVENTION})(?: only)?",
        _as_ordered,
    ),
    rule(rf"(?:always|never) {_ANSWER_VERB}\b.{{0,160}}", _as_ordered),
    rule(
        rf"I (?:always|never|only) want (?:all |the |your )?(?:{_MINE}|answers|replies"
        rf"|you to)\b.{{0,120}}",
        _as_wanted,
    ),
    rule(
        rf"I (?:want|prefer|like|need) (?:all )?(?:of )?(?:my |the |your )?{_MINE} .{{3,80}}",
        _as_wanted,
    ),
    rule(
        r"(?!(?:I|my|we|you|it|he|she|they|the|this|that|there|your|our)\b)[a-z].{4,160}",
        _if_lasting,
    ),
)
"""Rules about answers."""

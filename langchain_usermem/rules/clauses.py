"""A sentence as clauses that each say one thing, in one plain form, with their time."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from langchain_usermem.rules.gates import (
    asks_for_work,
    is_hearsay,
    is_question,
    is_sarcastic,
    is_unreal,
)
from langchain_usermem.rules.sentences import MASK
from langchain_usermem.rules.timing import Timing, timing_of
from langchain_usermem.rules.vocabulary import DIETS, OCCUPATIONS, alternatives


class Clause(NamedTuple):
    """One clause: its words in full, and its timing with the words left when it is taken out.

    `now` is when it was said. `corrects` says that it takes something back,
    `lasting` that it is said for all answers to come.
    """

    full: str
    timing: Timing
    now: datetime
    corrects: bool = False
    lasting: bool = False


_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "`": "'"})
_CONTRACTIONS = tuple(
    (re.compile(pattern, re.IGNORECASE), full)
    for pattern, full in (
        (r"\b(?:I'm|Im)\b", "I am"),
        (r"\bI(?:'ve|ve)\b", "I have"),
        (r"\b(I|we) have got\b", r"\1 have"),
        (r"\bI'll\b", "I will"),
        (r"\bI'd\b", "I would"),
        (r"\bwe're\b", "we are"),
        (r"\bwe've\b", "we have"),
        (r"\b(?:can't|cant|can not)\b", "cannot"),
        (r"\bwon't\b", "will not"),
        (r"\b(do|does|did|is|are|was|were|have|has|had|would|could|should)n't\b", r"\1 not"),
        (r"\b(do|does|did)nt\b", r"\1 not"),
        (r"\b(it|that|he|she|what|where|who|name|there)'s\b", r"\1 is"),
        (r"\blet's\b", "let us"),
        (r"\bfavorite\b", "favourite"),
        (r"\bi\b(?!\.)", "I"),
    )
)
_GREETING = r"(?:hi|hey|hello|good (?:morning|evening|afternoon)|howdy|greetings)(?: there)?"
_LEAD_IN = re.compile(
    rf"(?:{_GREETING}(?: [A-Z]\w+)?[,!]? (?=I\b|my\b|please\b)|{_GREETING}$"
    r"|(?:well|oh|so|also|and|but|then|plus|anyway|yes|yeah|yep|sure|ok|okay|right|honestly"
    r"|frankly|hmm|um|fyi|btw|wow|haha|lol|p\.?s|thanks|thank you|by the way|for the record"
    r"|just so you know"
    r"|in fact|as you know|of course|to be honest|first|second|finally|for context|for reference"
    r"|about me|a bit about me|personally|besides|nice|cool|awesome|great|same here|me too)"
    r"[,:;!]*(?: (?!as\b|that\b|to\b|for\b|of\b)|$))",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"(?:actually|correction|sorry|wait|no|nope|scratch that|I meant(?: to say)?(?: that)?"
    r"|I mean|to correct myself|on second thoughts?|I was wrong)\b[,:;.]*(?:$| (?!idea|one\b|way\b"
    r"|problem|need\b|more\b|longer\b|emojis?\b))",
    re.IGNORECASE,
)
_FROM_NOW = (
    r"(?:from now on(?:wards)?|from here on(?: out)?|in (?:the )?future|going forward|henceforth"
    r"|as a rule|for all (?:future|your) (?:answers|replies|responses))"
)
_LASTING = re.compile(
    rf"^{_FROM_NOW}\b,?|,? {_FROM_NOW}$",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"(?:I (?:would (?:like|prefer|love|appreciate)|want|need|prefer|expect) (?:it if )?you to "
    r"|(?:can|could|would|will) you (?:please |kindly )?|you (?:should|must|can|need to) "
    r"|(?:make sure|be sure|try) (?:to |that you |you )|(?:please|kindly),? "
    r"|(?:remember|do not forget) to (?=always|never|answer|reply|respond|use))",
    re.IGNORECASE,
)
_WOULD_LIKE = re.compile(
    r"I would (?:like|prefer|love|appreciate) (?=(?:\w+ ){0,3}(?:answers?|replies|responses)\b)",
    re.IGNORECASE,
)
_NOT_BUT = re.compile(
    r" not (?P<how>in |at |from |an? )?[\w' -]{1,40}?,? but (?P=how)", re.IGNORECASE
)
_FILLER = re.compile(
    r"^((?:I|we|my \w+)(?: do not| am not| am| is| are| have| do)?) (?:really|also|currently|now"
    r"|still|actually"
    r"|absolutely|totally|mostly|personally|definitely|both|honestly|truly|recently|already"
    r"|finally|originally|presently|just|do(?! not)|kind of|sort of)(?= )",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r",? (?:now|nowadays|these days|currently|at the moment|too|as well|though|actually|so much"
    r"|very much|a lot|you know|by the way|btw|thanks|thank you|please|lol|haha"
    r"|in case you wondered|if that helps|if it helps|for what it's worth|instead|already)$"
    r"|, (?:and )?not (?:in |at |an? )?(?P<instead>[\w' -]{1,40})$",
    re.IGNORECASE,
)
_RULE_WORDS = r"always|never|answer|reply|respond|use|call me|be|keep|no emojis?|speak|write|avoid"
_START = (
    rf"(?:I|my|we|our|it is|please|do not|do you|can you|could you|what|how|forget|remember"
    rf"|from now on|and I|(?:{_RULE_WORDS}))\b"
)
_JOINT = re.compile(
    rf"(?P<mark>,|;|:|\s-+|\s?[\u2013\u2014])\s?(?:(?:and|but|so|plus|then|also)\s)?(?={_START})"
    rf"|\s(?P<word>and|but|so|plus|because|since|as|while|(?:even )?though|although)\s(?=(?:I"
    rf"|my|we|please|do not|never|always|call me|keep|use)\b)"
    r"|(?P<verb>,?\s(?:and|but)|,(?=\s(?:live|work) (?:in|at|as"
    r"|for)\b))\s(?=(?P<next>live (?:in|at)"
    r"|work (?:as|at|for|in|with)|love (?!me\b)|hate|enjoy|prefer|dislike|like (?!I\b|it\b|an?\b)"
    r"|own|drive an?|speak|study|am|moved to|have|do not|no longer|cannot)\b)"
    r"|(?P<dash>\s-+|\s[\u2013\u2014])\s"
    rf"|(?P<state>,?\s(?:and|but)|,)\s(?=(?:allergic to|married|single|divorced|based in|from"
    rf"|\d+ years old|(?:an? )?(?:\w+ ){{0,2}}(?:{alternatives(DIETS)}"
    rf"|{alternatives(OCCUPATIONS)}))\b)",
    re.IGNORECASE,
)
_HAS_SUBJECT = re.compile(r"(?:\W*\w+,? ){0,2}I\b")
_IS_STATE = re.compile(r"(?:\W*\w+,? ){0,2}I am\b")
_RUNS_ON = re.compile(r"\b(?:who|which|that|those|it|they|so)\b", re.IGNORECASE)
_LONGEST_BEFORE_VERB = 12
_TRIM = ' ,;:-\u2013\u2014.!?\u2026()*_~"\t'


def plain(text: str) -> str:
    """A text with single spaces, straight quotes and contractions written out."""
    text = " ".join(text.translate(_QUOTES).split())
    for pattern, full in _CONTRACTIONS:
        text = pattern.sub(full, text)
    return text.rstrip("".join({char for char in text if _is_ornament(char)}))


def clauses_in(sentence: str, now: datetime) -> Iterator[Clause]:
    """The clauses of a sentence that the user states, in order.

    What is asked, supposed or reported ends the reading of its sentence, since what follows
    hangs on it; an order for work only as far as it goes on without a comma.
    """
    asked = sentence.rstrip(" )\"'*").endswith("?")
    parts = list(_parts(plain(sentence)))
    joints = [joint for joint, _ in parts[1:]] + ["?" if asked else "."]
    corrects = False
    for (_, part), joint in zip(parts, joints, strict=True):
        text, here = _without_lead_in(part)
        corrects = corrects or here
        clause = _clause(text, now, corrects=corrects)
        if asks_for_work(clause.full) and not clause.lasting:
            if joint not in (",", ";"):
                return
            continue
        if is_sarcastic(part) or _leads_nowhere(text, clause, asked=joint == "?"):
            return
        yield clause
        if joint == ":" and text:  # what follows is an example, or somebody's words
            return


def _leads_nowhere(text: str, clause: Clause, *, asked: bool) -> bool:
    if MASK in text:
        return True
    wanted = _WANTED.match(text) or _WOULD_LIKE.match(text) or _LASTING.match(text)
    if clause.lasting and wanted and not is_unreal(clause.full):
        return False
    if asked or (is_question(text) and not _orders(text)):
        return True
    return is_hearsay(text) or (not wanted and is_unreal(text))


def _orders(text: str) -> bool:
    """Whether a clause that begins with "do" forbids instead of asking."""
    return text.lower().startswith("do not ")


def _clause(text: str, now: datetime, *, corrects: bool) -> Clause:
    lasting = bool(_LASTING.search(text))
    text = _LASTING.sub(" ", text).strip(_TRIM)
    text = _WOULD_LIKE.sub("I want ", text)
    while match := _WANTED.match(text):
        text = text[match.end() :]
    text, instead = _without_tail(text)
    text, replaced = _NOT_BUT.subn(r" \g<how>", _without_filler(text), count=1)
    timing = timing_of(text, now)
    rest = _without_filler(_without_tail(timing.rest)[0])
    return Clause(
        text, timing._replace(rest=rest), now, corrects or instead or bool(replaced), lasting
    )


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a sentence, each after what joined it to the one before."""
    begin, joint, lead = 0, "", ""
    for match in _JOINT.finditer(text):
        prefix = _carried(match, text[begin : match.start()])
        if prefix is None:
            continue
        yield joint, lead + text[begin : match.start()].strip(_TRIM)
        begin, lead = match.end(), prefix
        joint = match[0].split(maxsplit=1)[0]
    yield joint, lead + text[begin:].strip(_TRIM)


def _carried(match: re.Match[str], before: str) -> str | None:
    """The subject that the part after a joint takes from the one before, None for no joint."""
    if match["verb"]:
        again = re.search(rf"\b{re.escape(match['next'].split()[0])}", before)
        runs_on = again or _RUNS_ON.search(before) or len(before.split()) > _LONGEST_BEFORE_VERB
        return "I " if _HAS_SUBJECT.match(before) and not runs_on else None
    if match["state"]:
        return "I am " if _IS_STATE.match(before) else None
    return ""


def _without_lead_in(text: str) -> tuple[str, bool]:
    """A clause without words of address, and whether they announced a correction."""
    corrects = False
    for _ in range(4):
        if match := _CORRECTION.match(text):
            corrects = True
        elif not (match := _LEAD_IN.match(text)):
            break
        text = text[match.end() :].strip(_TRIM)
    return text, corrects


def _without_tail(text: str) -> tuple[str, bool]:
    """A clause without closing words, and whether they named what it is instead of."""
    instead = False
    for _ in range(3):
        if not (match := _TAIL.search(text)):
            break
        instead = instead or bool(match["instead"])
        text = text[: match.start()].strip(_TRIM)
    return text, instead


def _without_filler(text: str) -> str:
    for _ in range(2):
        text = _FILLER.sub(r"\1", text)
    return text


def _is_ornament(char: str) -> bool:
    return ord(char) >= 0x2190 and not char.isalnum()  # noqa: PLR2004 - arrows and beyond: emoji

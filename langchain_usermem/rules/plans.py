"""What the user works on, wants, has decided, and where they are for a while."""

import re
from collections.abc import Iterator

from langchain_usermem.memory import Candidate
from langchain_usermem.rules.clauses import Clause
from langchain_usermem.rules.phrasing import third_person
from langchain_usermem.rules.statements import Rule, is_proper, rule, says, stated
from langchain_usermem.rules.vocabulary import EVENTS, alternatives

_AIM = (
    r"(?:learn|become|run|travel|visit|move|start|write|study|build|improve|quit|lose|save|buy|get"
    r" (?:better at|fit|into|a|an)|finish|open|switch|publish|master|climb|apply|retire|adopt|pass"
    r"|stop|cut|eat less|read more|volunteer)"
)
_WORK = r"(?P<what>(?:an?|my|our|the) [\w][\w ,'&/+.-]{2,70}|(?-i:[A-Z])[\w ,'&/+.-]{2,60})"
_VAGUE_AIM = re.compile(
    r"\b(?:it|this|that|them|these|those|you|your|him|her|here|there)\b"
    r"|\blearn (?:what|when|where|whether|which|who|why)\b",  # a question for now
    re.IGNORECASE,
)
_VAGUE_WORK = re.compile(
    r"(?:a|an|the|my|our) (?:few|lot|bit|couple|same|own|way|thing|it"
    r"|homework|essay|assignment|code|cv|resume)\b"
    # What it is about is said elsewhere, if at all.
    r"|(?:an?|the|my|our) (?:(?:new|big|large|small|little|old|secret|exciting|huge|cool) )*"
    r"(?:projects?|things?|something|stuff|piece|assignment|problem|task)$",
    re.IGNORECASE,
)


def _aim(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    if not _VAGUE_AIM.search(match[0]):
        text = third_person(clause.timing.rest)
        yield stated(f"{text} {clause.timing.when or ''}", "goal", confidence=0.8)


def _ambition(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    if not _VAGUE_AIM.search(match["do"]):
        yield stated(f"{match['what']} is to {match['do']}", "goal")


def _project(match: re.Match[str], _clause: Clause) -> Iterator[Candidate]:
    if not _VAGUE_WORK.match(match["what"]) and not _VAGUE_AIM.search(match["what"]):
        yield stated(f"Is {match['doing']} {match['what']}", "project")


def _decision(_match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    if not _VAGUE_AIM.search(clause.timing.rest):
        text = re.sub(r"^(I|we) have ", r"\1 ", clause.timing.rest, flags=re.IGNORECASE)
        yield stated(third_person(text), "decision")


def _stay(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """Where one is for a while; without an end it says nothing that will still be so."""
    if clause.timing.expires_at and (match["place"] is None or is_proper(match["place"])):
        yield stated(f"{third_person(match[0])} {clause.timing.when or ''}")


def _event(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    """An event with the date it was told for, since "tomorrow" is soon another day."""
    if clause.timing.expires_at:
        where = match.groupdict().get("where") or ""
        text = third_person(match[0].removesuffix(where))
        if clause.timing.when:
            yield stated(f"{text} {clause.timing.when}{where}")


def _moving(match: re.Match[str], clause: Clause) -> Iterator[Candidate]:
    if is_proper(match["place"]):
        yield stated(f"{third_person(match[0])} {clause.timing.when or ''}", confidence=0.8)


PLANS: tuple[Rule, ...] = (
    rule(
        rf"(?:I am|we are) (?P<doing>working on|building|writing|developing|designing) {_WORK}",
        _project,
    ),
    rule(
        r"(?:my|our) (?:current |main )?project is (?P<what>(?:an? |called ).{3,80})",
        says("Project is {what}", "project"),
    ),
    rule(r"I am training for (?P<what>.{3,60})", says("Is training for {what}", "goal")),
    rule(
        r"I am (?:learning|trying to learn) (?!a (?:ton|lot)|so |more|that|to be|new|about"
        r"|as |how to (?:be|deal|cope|manage))(?P<what>(?:to \w+|how to \w+"
        r"|[\w+#]+)(?: [\w+#-]+){0,4})",
        _aim,
    ),
    rule(
        rf"I (?:want|plan|aim|intend|hope|am planning|am trying|am aiming"
        rf"|am saving up) to {_AIM}\b.{{0,80}}",
        _aim,
    ),
    rule(
        r"my (?:main |long-term |big )?(?P<what>goal|dream|aim|ambition) is to (?P<do>.{3,80})",
        _ambition,
    ),
    rule(r"(?:I|we) (?:have )?(?:decided|chosen|agreed) to .{3,80}", _decision),
    rule(
        r"(?:I|we) (?:have )?(?:chose|chosen|picked|opted for|settled on|decided on|went with"
        r"|switched to|migrated to) (?-i:[A-Z])[\w .+#-]{1,50}",
        _decision,
    ),
    rule(
        r"(?:I am|we are|I will be|we will be) (?:staying |currently )?(?:in|at"
        r"|visiting|travelling (?:to|in|through|around)|traveling"
        r" (?:to|in|through|around)|in|off to|flying to|going to) (?P<place>[^,]{2,40})",
        _stay,
    ),
    rule(
        r"I am (?:travell?ing|away|on (?:holiday|vacation|leave|a trip|a business trip|call"
        r"|a diet)|off work"
        r"|out of (?:the )?office|out of town|working from home|on antibiotics)(?P<place>\0)?",
        _stay,
    ),
    rule(
        rf"my (?:next |first |final |\w+ )?(?:{alternatives(EVENTS)}) (?:is|starts|leaves"
        rf"|takes place)(?P<where> (?:at|in|from|to) [^,]{{2,30}})?",
        _event,
    ),
    rule(
        rf"I (?:have|have got) (?:an? |my |the )(?:[\w-]+ )?(?:{alternatives(EVENTS)})"
        rf"(?P<where> (?:at|in|with|from|to) [^,]{{2,40}})?",
        _event,
    ),
    rule(r"(?:I am|we are) (?:moving|relocating|emigrating) to (?P<place>[^,]{2,40})", _moving),
)
"""Rules about projects, goals, decisions and what is so for a while."""

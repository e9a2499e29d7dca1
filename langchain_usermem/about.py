"""Whom and what a question is about, held against the memories that might answer it.

"Where do I live?" shares its one word with "Sister Jane lives in Oslo"; only who lives there
tells them apart. English, German and Spanish; what is about nobody in particular fits all.
"""

import re
from dataclasses import dataclass
from itertools import islice

from langchain_usermem.kept import kept_of_texts
from langchain_usermem.text import STOP_WORDS, words
from langchain_usermem.thesaurus import hints_of, meaning_of, people

_POSSESSIVES = """
    my our mein meine meinem meinen meiner unser unsere mi mis nuestro nuestra
"""
# A Spanish verb says by itself who acts.
_OTHER_OWN = """
    i me mine myself us we ich mich mir uns wir yo
    bebo busco cocino compro conduzco corro debo duermo estoy estudio fumo gano hablo hago juego
    leo llamo nado pago prefiero puedo quiero salgo soy tengo toco tomo trabajo uso viajo vivo voy
    estudiaba hacia jugaba tenia trabajaba vivia
"""
_SPEAKERS = {"i", "ich", "we", "wir", "yo"}
# Words between the beginning of a statement and the person it is about.
_OTHER_BEGINNINGS = """
    best big little old older seine seiner user users younger
"""
_THEIRS = frozenset(_POSSESSIVES.split())
_OWN = _THEIRS | frozenset(_OTHER_OWN.split())
_BEFORE_A_PERSON = STOP_WORDS - _SPEAKERS | frozenset(_OTHER_BEGINNINGS.split())
# Words between a possessive and what is possessed.
_OTHER_QUALITIES = """
    big current favorite favorita favorito favourite first last left main new next old right
    eigene erste erster linke linker lieblings neue neuer neues rechte rechter
    derecha derecho izquierda izquierdo nueva nuevo primer primera
"""
_NO_THINGS = STOP_WORDS | frozenset(_OTHER_QUALITIES.split())

BEGINNING = 2
"""Telling words at the front of a statement that say what it is about: "Caroline went camping",
"Landlord Lopes refuses"; and who said it, behind a date: "8 May 2023, Caroline: ..."."""

# Who is spoken to is not spoken of: "Thanks, Caroline! ...". So far into a statement one is.
_SPOKEN_TO = re.compile(r"\w+(?=\s*[,!?.;](?:\s|$))")
_OPENING = 60


@dataclass(frozen=True)
class Asked:
    """What a question is about: `people` of the user's, the user (`is_own`), `things` of theirs.

    People and things are meanings, as `thesaurus` has them; `meanings` are those of its telling
    `words`, which are folded.
    """

    people: frozenset[str]
    is_own: bool
    things: frozenset[str]
    meanings: frozenset[str]
    words: tuple[str, ...] = ()

    @property
    def is_of_user(self) -> bool:
        """Whether it is about the user, and nobody else."""
        return self.is_own and not self.people

    @property
    def is_specific(self) -> bool:
        """Whether it matters whom a memory is about."""
        return self.is_own or bool(self.people)

    def is_about_another(self, statement: str) -> bool:
        """Whether a statement is about somebody that the question is not about."""
        if not self.is_specific:
            return False
        subject = told_of(statement).subject
        return subject is not None and subject not in self.people

    def misses(self, statement: str) -> bool:
        """Whether a statement mentions nothing and nobody that the question says is theirs."""
        wanted = self.people or self.things
        return bool(wanted) and wanted.isdisjoint(told_of(statement).meanings)

    def is_subject_of(self, statement: str) -> bool:
        """Whether a statement begins with somebody or something that the question speaks of.

        No statement does for a question about the user, whom hardly any of theirs names.
        """
        return not self.is_own and not self.meanings.isdisjoint(told_of(statement).beginning)


@dataclass(frozen=True)
class Told:
    """What a statement is about: the person it begins with, what else, and all it mentions.

    `meanings` are those of its telling `words`, and those that they hint at.
    """

    subject: str | None
    beginning: tuple[str, ...]
    meanings: frozenset[str]
    words: frozenset[str]


@kept_of_texts(1_024)
def asked_of(question: str) -> Asked:
    """Whom and what a question is about."""
    found = words(question)
    theirs = (_thing(found[place:]) for place, word in enumerate(found) if word in _THEIRS)
    meanings = _meanings(found)
    return Asked(
        people=meanings & people(),
        is_own=not _OWN.isdisjoint(found),
        things=frozenset(meaning_of(thing) for thing in theirs if thing),
        meanings=meanings,
        words=tuple(dict.fromkeys(word for word in found if word not in STOP_WORDS)),
    )


def _thing(possessed: list[str]) -> str | None:
    """What a possessive, the first of these words, speaks of: the film in "my favourite film"."""
    return next((word for word in possessed if word not in _NO_THINGS), None)


@kept_of_texts(8_192)
def told_of(statement: str) -> Told:
    """What a statement is about, and what it mentions."""
    found = words(statement)
    hints = frozenset(hint for word in found for hint in hints_of(word))
    telling = frozenset(found) - STOP_WORDS
    beginning = _beginning(found, _spoken_to(statement))
    return Told(_subject(found), beginning, _meanings(found) | hints, telling)


def _meanings(found: list[str]) -> frozenset[str]:
    """The meanings of words, but for stop words: "nicht" has the stem of a niece."""
    return frozenset(meaning_of(word) for word in found if word not in STOP_WORDS)


def _spoken_to(statement: str) -> list[str]:
    """Words at the front of a statement behind which it pauses, as behind whom it calls."""
    return words(" ".join(_SPOKEN_TO.findall(statement[:_OPENING])))


def _beginning(found: list[str], spoken_to: list[str]) -> tuple[str, ...]:
    """The meanings of the first telling words, without whom they are said to.

    A date is none of them but for its month.
    """
    telling = (word for word in found if word not in STOP_WORDS and not word.isdigit())
    first = islice(telling, BEGINNING)
    return tuple(meaning_of(word) for word in first if word not in spoken_to)


def _subject(found: list[str]) -> str | None:
    """The person a statement begins with; None where that is the user, or cannot be told."""
    first = next((word for word in found if word not in _BEFORE_A_PERSON), None)
    meaning = None if first is None else meaning_of(first)
    return meaning if meaning in people() else None

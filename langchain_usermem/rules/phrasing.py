"""A clause in the first person, said of the user in the third."""

import re

from langchain_usermem.rules.vocabulary import words_of

_PAST = words_of("""
    was were had did went got became began left bought chose made took met lost built sold gave
    grew came saw ran won wrote found kept paid sent spent taught told thought felt fell broke
    drove ate drank slept spoke stood swore wore flew knew read put set quit hurt cut
""")
_MODALS = words_of("can cannot will must could would should might may shall need_not")
_IRREGULAR = {"am": "is", "have": "has", "do": "does", "go": "goes", "are": "is"}
_SIBILANT = re.compile(r"(?:s|sh|ch|x|z|o)$")
_CONSONANT_Y = re.compile(r"(?<![aeiou])y$")
_PRONOUNS = tuple(
    (re.compile(rf"\b{first}\b", re.IGNORECASE), third)
    for first, third in (
        (r"my", "their"),
        (r"mine", "theirs"),
        (r"our", "their"),
        (r"myself", "themselves"),
        (r"I am", "they are"),
        (r"I", "they"),
        (r"(?:me|us)", "them"),
    )
)
_SUBJECT = re.compile(r"(?:I|we) (?P<adverb>always |never |often |usually |no longer |only )?")
_POSSESSIVE = re.compile(r"(?:my|our) ", re.IGNORECASE)
MEANINGLESS = words_of("it that this them these those something anything everything")


def third_person(clause: str) -> str:
    """The clause without its subject I, we or my, its verb in the third person.

    >>> third_person("I never eat meat with my family")
    'Never eats meat with their family'
    >>> third_person("my flight is on 3 May")
    'Flight is on 3 May'
    """
    if match := _SUBJECT.match(clause):
        verb, _, rest = clause[match.end() :].partition(" ")
        clause = f"{match['adverb'] or ''}{conjugated(verb)} {rest}".strip()
    else:
        clause = _POSSESSIVE.sub("", clause, count=1)
    return sentence_case(without_first_person(clause))


def without_first_person(text: str) -> str:
    """A text with `their` for `my` and the like."""
    for pattern, third in _PRONOUNS:
        text = pattern.sub(third, text)
    return text


def sentence_case(text: str) -> str:
    """A text whose first letter is upper-case, the rest as it was."""
    return text[:1].upper() + text[1:]


def conjugated(verb: str) -> str:
    """The third person singular of a verb; past tenses and modals stay."""
    verb = verb.lower()
    if verb in _MODALS or verb in _PAST or (verb.endswith("ed") and verb not in ("need", "feed")):
        return verb
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if _SIBILANT.search(verb):
        return f"{verb}es"
    return _CONSONANT_Y.sub("ie", verb) + "s"

"""Questions about the user as such, such as "What do you know about me?".

They share no word with what is remembered, and all of it answers them.
"""

import re

from langchain_usermem.text import fold

_LONGEST = 80
_ENGLISH = (
    r"\b(know|known|remember|remembered|learned|learnt|saved|stored|everything|all|summary|profile)"
    r"\b.{0,20}\b(about|of) (me|myself|(the|this) user)( so far| by now| already| please)?$|"
    r"\bwho (am i|is (the|this) user)$"
)
_GERMAN = (
    r"\b(weisst|wissen|alles)\b.*\buber mich$|\buber mich (gemerkt|weisst)$|"
    r"\bwer bin ich( eigentlich)?$"
)
_SPANISH = r"\b(sabes?|recuerdas?|todo)\b.*\b(de|sobre) mi$|\bquien soy( yo)?$"
_OVERVIEW = re.compile(f"{_GERMAN}|{_SPANISH}")
_ENGLISH_OVERVIEW = re.compile(_ENGLISH)
# What others know or say about the user is another matter.
_OF_THE_ASSISTANT = re.compile(
    r"\byou\b|^((so|and|ok|okay|hey|please|well|now)\W+)*"
    r"(tell|show|list|give|summ\w+|everything|all|profile|what is|what's|who)\b"
)


def is_about_everything(text: str) -> bool:
    """Whether a text asks, in a few words and nothing else, for all that is known of the user.

    >>> is_about_everything("So what do you know about me?")
    True
    >>> is_about_everything("Who am I married to?")
    False
    """
    if len(text) > _LONGEST:
        return False
    asked = fold(text).strip(" \n?!.\u00bf\u00a1")
    is_english = _ENGLISH_OVERVIEW.search(asked) and _OF_THE_ASSISTANT.search(asked)
    return bool(is_english or _OVERVIEW.search(asked))

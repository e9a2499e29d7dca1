"""Words and stems of any text, as the keyword index sees them.

Latin, Greek, Cyrillic and the like are cut at word borders, case-folded, freed of accents and
stemmed (Snowball). Chinese, Japanese, Thai, Lao, Burmese and Khmer write no spaces: there each
pair of neighbouring characters is a word.
"""

import re
import threading
import unicodedata
from functools import lru_cache
from hashlib import blake2b

import Stemmer

_EAST_ASIAN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED = _EAST_ASIAN + "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# The vowel signs of India's scripts belong to words, though `\w` leaves them out.
_LETTERS = rf"(?:[^\W_{_UNSPACED}]|[\u0900-\u0963\u0966-\u0dff])+"
# C++ and C# are other words than C.
_WORD = re.compile(rf"[{_UNSPACED}]+|{_LETTERS}(?:['\u2019]{_LETTERS})*(?:[+#]+(?!\w))?")
_WORD_OR_SYMBOL = re.compile(rf"{_WORD.pattern}|-(?=\d)|[^\w\s-]")
_RUN = re.compile(rf"[{_UNSPACED}]+")
_ENDINGS = frozenset({"", "d", "ll", "m", "re", "s", "t", "ve"})

_STOP_WORDS_EN = """
    a about after again all also am an and any are as at be because been before being but by can
    could did do does doing don down during each ever few for from further get got had has have
    having he her here hers him his how i if in into is it its itself just let ll me might more
    most much must my no nor not now of off on once only or other our ours out over own please
    re s same shall she should so some such t tell than that the their theirs them then there
    these they this those through to too under until up us user users ve very was we were what
    when where which while who whom whose why will with would you your yours
"""
# Spanish, French and German, without those that mean something in English (son, die, hat).
_STOP_WORDS_ES_FR_DE = """
    al como con cual cuando del el ella ellos en es esta este la las lo los mi mis para pero
    por que se ser su sus un una y yo
    au aux avec ce ces dans de du elle est et il ils je le les leur ma mes mon nous ou pas que
    qui sa ses sur une vous
    aber als auch auf aus bei bin bist da das dass dem der dir du ein eine einem einen einer
    er es habe haben ich ihr im ist mein meine mich mir mit nicht oder sie sind und von was wie
    wir wo zu zum zur
"""
STOP_WORDS = frozenset(f"{_STOP_WORDS_EN} {_STOP_WORDS_ES_FR_DE}".split())
"""Words that say nothing about what a text is about; dropped from queries and indexes."""

# A Snowball stemmer is not safe to share between threads.
_local = threading.local()


def fold(text: str) -> str:
    """Text in compatible form, case-folded and without accents, for comparing.

    >>> fold("Café CRÈME")
    'cafe creme'
    """
    # Decomposed first: a bold or squared capital is none yet to `casefold`.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The folded words of a text in order, stop words included.

    >>> words("Ada's dog, 東京都")
    ['ada', 'dog', '東京', '京都']
    """
    found: list[str] = []
    for match in _WORD.findall(_recomposed(fold(text))):
        if _RUN.fullmatch(match):
            found.extend(_pairs(match))
        else:
            found.extend(_parts(match))
    return found


def stems(text: str) -> list[str]:
    """The stems of a text's words in order, without stop words.

    >>> stems("Where are the golden retrievers living?")
    ['golden', 'retriev', 'live']
    """
    return [_stem(word) for word in words(text) if word not in STOP_WORDS]


def term_ids(text: str) -> list[int]:
    """The stems of a text as unsigned 64-bit hashes, stable across machines and versions."""
    return [_term_id(stem) for stem in stems(text)]


def same_text(left: str, right: str) -> bool:
    """Whether two texts differ at most in case, accents, spacing and punctuation."""
    return comparable(left) == comparable(right)


def comparable(text: str) -> str:
    """A text reduced to its folded words, its symbols (`$`, an emoji) and signs of numbers."""
    found = _WORD_OR_SYMBOL.findall(_recomposed(fold(text)))
    kept = [part for part in found if not _is_punctuation(part)]
    return " ".join(kept) or fold(text).strip()


def _is_punctuation(part: str) -> bool:
    return part != "-" and len(part) == 1 and unicodedata.category(part).startswith("P")


def _recomposed(text: str) -> str:
    """Hangul and kana back in one code point a syllable, after marks were dropped."""
    return unicodedata.normalize("NFC", text)


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]


def _parts(word: str) -> list[str]:
    """A word cut at apostrophes, without English endings: `ada's` is `ada`; `l'eau` is both."""
    first, *others = re.split("['\u2019]", word)
    return [first, *(part for part in others if part not in _ENDINGS)]


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    if not hasattr(_local, "stemmer"):
        _local.stemmer = Stemmer.Stemmer("english")
    stem: str = _local.stemmer.stemWord(word)
    return stem


@lru_cache(maxsize=65_536)
def _term_id(stem: str) -> int:
    digest = blake2b(stem.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")

"""Words and stems of any text, as the keyword index sees them.

Latin, Greek, Cyrillic and the like are cut at word borders, case-folded, freed of accents and
stemmed (Snowball). Chinese, Japanese, Thai, Lao, Burmese and Khmer write no spaces: there each
pair of neighbouring characters is a word.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

from langchain_usermem.stemming import stem_of
from langchain_usermem.thesaurus import IDIOMS, hints_of, meaning_of

_EAST_ASIAN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED = _EAST_ASIAN + "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# The vowel signs of India's scripts belong to words, though `\w` leaves them out.
_LETTERS = rf"(?:[^\W_{_UNSPACED}]|[\u0900-\u0963\u0966-\u0dff])+"
# C++ and C# are other words than C.
_WORD = re.compile(rf"[{_UNSPACED}]+|{_LETTERS}(?:['\u2019]{_LETTERS})*(?:[+#]+(?!\w))?")
_WORD_OR_SYMBOL = re.compile(rf"{_WORD.pattern}|-(?=\d)|[^\w\s-]")
# The same where all is ASCII, several times faster.
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*(?:[+#]+(?!\w))?", re.ASCII)
_RUN = re.compile(rf"[{_UNSPACED}]+")
_IDIOM = re.compile(rf"\b(?:{'|'.join(IDIOMS)})\b")
_ENDINGS = frozenset({"", "d", "ll", "m", "re", "s", "t", "ve"})
_LONGEST_KEPT = 64
_FAVOURITE = "lieblings"

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
    bist dann darf dein deine doch haben hast hatte kann kannst konnen muss musst noch nur schon
    sehr soll sollen uns unser unsere waren wann warum welche welchem welchen welcher welches wem
    wen wer werden wieso wird wohin womit
    getan mache machen machst macht tun tut
    cuanta cuantas cuanto cuantos desde donde entre eres estan estas estoy fue fui ha hace hacer
    haces hago han hasta muy porque quien quienes tener tengo tiene tienen
"""
# The rest of the closed classes of words. Left out are those that English, or another of these
# languages, has as words with a meaning (man, war, bajo), names (mia), and all that denies:
# "kein Auto" and "Auto" are no paraphrases.
_STOP_WORDS_DE = """
    alle allem allen aller alles beim bevor bis damit darfst deinem deinen deiner deines denn des
    dich diese diesem diesen dieser dieses dort durch durfen eigentlich eines etwa etwas euch
    euer eure eurem euren eurer fur gegen gehabt gerade gewesen gibt habt hatten hattest hier
    hinter ihm ihn ihnen ihre ihrem ihren ihrer ihres immer ins ja jede jedem jeden jeder jedes
    jene jener jenes konnt konnte konnten meinem meinen meiner meines mussen musste nach nachdem
    neben ob obwohl seid sein seine seinem seinen seiner seines seit selbst sich sobald solange
    sollst sollte sondern statt trotz uber um unserem unseren unserer unter vom vor wahrend warst
    wegen weil wenn werde werdet weshalb wessen wieder wirst wofur worden woran worauf wovon wozu
    wurde wurden zwischen
"""
_STOP_WORDS_ES = """
    ahi algo alguien algun alguna alli ante aquel aquella aquello aqui aunque cada conmigo consigo
    contigo contra cuales debe deben debes debo durante ellas ello eran eras esa esas ese eso esos
    estaba estaban estamos estar esto estos fueron haber habia habian hacemos hacen hacia hemos
    menos misma mismo nosotras nosotros nuestra nuestras nuestro nuestros os otra otras otro otros
    podemos puede pueden puedes puedo segun sido siendo sobre somos soy tambien tanto te tenemos
    tenia ti tienes toda todas todo todos tras tu tus unas unos usted ustedes vosotros vuestro ya
"""
STOP_WORDS = frozenset(
    f"{_STOP_WORDS_EN} {_STOP_WORDS_ES_FR_DE} {_STOP_WORDS_DE} {_STOP_WORDS_ES}".split()
)
"""Words that say nothing about what a text is about; dropped from queries and indexes."""


def fold(text: str) -> str:
    """Text in compatible form, case-folded and without accents, for comparing.

    >>> fold("Café CRÈME")
    'cafe creme'
    """
    if text.isascii():
        return text.lower()
    # Decomposed first: a bold or squared capital is none yet to `casefold`.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The folded words of a text in order, stop words included.

    >>> words("Ada's dog, 東京都")
    ['ada', 'dog', '東京', '京都']
    """
    return [word for match in _matches(text) for word in _cut(match)]


def stems(text: str) -> list[str]:
    """The stems of a text's words in order, without stop words.

    >>> stems("Where are the golden retrievers living?")
    ['golden', 'retriev', 'live']
    """
    return [stem_of(word) for word in words(text) if word not in STOP_WORDS]


def term_ids(text: str) -> list[int]:
    """What a text asks for: the meanings of its words, hashed, without stop words.

    Unsigned 64-bit, the same on every machine.
    """
    return _hashed(text, _terms, _kept_terms)


def indexed_ids(text: str) -> list[int]:
    """What a text may be found by: its `term_ids`, and those of words that hint at it."""
    return _hashed(text, _hinted_terms, _kept_hinted_terms)


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


def _matches(text: str) -> list[str]:
    """Folded runs of letters in order, not yet cut at apostrophes or into pairs."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return _WORD.findall(_recomposed(fold(text)))


def _recomposed(text: str) -> str:
    """Hangul and kana back in one code point a syllable, after marks were dropped."""
    return unicodedata.normalize("NFC", text)


def _cut(match: str) -> list[str]:
    """The words in a run of letters."""
    unspaced = not match.isascii() and _RUN.fullmatch(match)
    return _pairs(match) if unspaced else _parts(match)


_Terms = Callable[[str], tuple[int, ...]]


def _hashed(text: str, terms: _Terms, kept_terms: _Terms) -> list[int]:
    """The terms of all words; `kept_terms` gives the same, and remembers them."""
    matches = _matches(_IDIOM.sub(_meant, fold(text)) if " " in text else text)
    # A long run of letters is seldom seen twice, and would fill the memory of those that are.
    find = terms if max(map(len, matches), default=0) > _LONGEST_KEPT else kept_terms
    return list(chain.from_iterable(map(find, matches)))


def _meant(idiom: re.Match[str]) -> str:
    return IDIOMS[idiom[0]]


def _terms(match: str) -> tuple[int, ...]:
    """The hashed meanings of the words in a run of letters, without stop words."""
    return tuple(_term_id(meaning_of(word)) for word in _cut(match) if word not in STOP_WORDS)


def _hinted_terms(match: str) -> tuple[int, ...]:
    """The same, and behind them what hints at each word."""
    hints = (hint for word in _cut(match) if word not in STOP_WORDS for hint in hints_of(word))
    return _terms(match) + tuple(map(_term_id, hints))


_kept_terms = lru_cache(maxsize=65_536)(_terms)
_kept_hinted_terms = lru_cache(maxsize=65_536)(_hinted_terms)


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]


def _parts(word: str) -> list[str]:
    """A word cut at apostrophes, without English endings: `ada's` is `ada`; `l'eau` is both.

    German writes "favourite food" as one word.
    """
    if word.startswith(_FAVOURITE) and len(word) > len(_FAVOURITE):
        return [_FAVOURITE, word.removeprefix(_FAVOURITE)]
    if word.isalnum():
        return [word]
    first, *others = re.split("['\u2019]", word)
    return [first, *(part for part in others if part not in _ENDINGS)]


def _term_id(stem: str) -> int:
    digest = blake2b(stem.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")

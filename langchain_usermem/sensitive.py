"""Secrets in text: keys, passwords, card and account numbers. No memory should hold one.

What a number is, its check digits say; what a key is, its issuer's prefix; what a password is,
the words before it. A table of our own: LangChain's redaction comes with an extra, and knows
card numbers alone of these.
"""

import re
from collections.abc import Callable
from typing import NamedTuple


class _Kind(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool] = bool


_DIGITS = re.compile(r"\D")
_CARD_LENGTHS = range(13, 20)
_SHORTEST_TOKEN = 8


def _is_card(text: str) -> bool:
    """Whether the digits are as many as a card's and pass Luhn's check."""
    digits = [int(digit) for digit in _DIGITS.sub("", text)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    varied = len(set(digits)) > 1
    return (
        len(digits) in _CARD_LENGTHS and varied and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
    )


def _is_iban(text: str) -> bool:
    """Whether the account number passes the check of ISO 13616: a remainder of 1 by 97."""
    compact = re.sub(r"\s", "", text).upper()
    rearranged = compact[4:] + compact[:4]
    return int("".join(str(int(char, 36)) for char in rearranged)) % 97 == 1


def _is_token(text: str) -> bool:
    """Whether the last word looks made, not spoken: long, with a digit in it."""
    word = text.rsplit(maxsplit=1)[-1]
    return len(word) >= _SHORTEST_TOKEN and any(map(str.isdigit, word))


_IS = r"\s*(?:\b(?:is|was|ist|lautet|es|est)\b|[:=])\s*[\"'`\u201c\u201e]?"
# After these a password is spoken of, not told.
_SPOKEN_OF = (
    r"(?!(?:not|too|very|in|on|at|a|an|the|my|stored|saved|kept|safe|secure|weak|strong|wrong"
    r"|incorrect|expired|required|needed|nicht|zu|in|sicher|falsch|no|muy|pas|tr[\u00e8e]s)\b)"
)
_PASSWORDS = (
    r"\b(?:pass(?:word|code|phrase|wort)|pwd|kennwort|contrase[\u00f1n]a|mot de passe)\b"
    r"(?: (?:for|to|f\u00fcr|de|para|pour) [\w. -]{1,30}?)?"
)
_PINS = r"\b(?:pin|tan|cvv|cvc|geheimzahl|c[o\u00f3]digo pin)(?: (?:code|number))?"
_TOKENS = r"\b(?:(?:api|access|secret|private|auth)[ _-]?(?:key|token)|token|secret|bearer)\b"

_KINDS = (
    _Kind("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*")),
    _Kind(
        "a key",
        re.compile(
            r"\b(?:sk-[\w-]{16,}|[sr]k_(?:live|test)_\w{16,}|gh[opsur]_\w{30,}|github_pat_\w{30,}"
            r"|glpat-[\w-]{18,}|xox[abeoprs]-[\w-]{10,}|A(?:KIA|SIA)[0-9A-Z]{16}|AIza[\w-]{35}"
            r"|hf_[A-Za-z]{30,}|npm_\w{30,}|pypi-[\w-]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}"
            r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*)"
        ),
    ),
    _Kind(
        "a card number",
        re.compile(
            r"(?<![\w.])(?<!\d[ -])"
            r"(?:[2-6]\d{12,18}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?"
            r"|3[47]\d\d([ -])\d{6}\2\d{5})(?![ -]?\d|\w)"
        ),
        _is_card,
    ),
    _Kind(
        "an account number",
        re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?\b"),
        _is_iban,
    ),
    _Kind("a password", re.compile(rf"{_PASSWORDS}{_IS}{_SPOKEN_OF}\S{{3,}}", re.IGNORECASE)),
    _Kind("a PIN", re.compile(rf"{_PINS}(?:{_IS}|\s)\s*\d{{3,8}}\b", re.IGNORECASE)),
    _Kind("a key", re.compile(rf"{_TOKENS}(?:{_IS}|\s)\s*\S+", re.IGNORECASE), _is_token),
)


def secret_in(text: str) -> str | None:
    """What kind of secret a text holds, the surest first, or None.

    >>> secret_in("My card is 4111 1111 1111 1111")
    'a card number'
    """
    held = (kind.name for kind in _KINDS if any(map(kind.holds, _matches(kind, text))))
    return next(held, None)


def without_secrets(text: str) -> str:
    """A text in which the name of its kind stands for each secret.

    >>> without_secrets("The PIN is 4711, the city Leeds.")
    'The [a PIN], the city Leeds.'
    """
    for kind in _KINDS:
        for match in filter(kind.holds, _matches(kind, text)):
            text = text.replace(match, f"[{kind.name}]")
    return text


def _matches(kind: _Kind, text: str) -> list[str]:
    return [match[0] for match in kind.pattern.finditer(text)]

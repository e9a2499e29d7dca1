"""Times that a query names in German or Spanish, in the English words that are read for times."""

import re
from collections.abc import Mapping
from functools import partial

from langchain_usermem.text import fold


def _named(table: str) -> dict[str, str]:
    """The English word of each other one, from lines such as "may: mai mayo"."""
    lines = (line.split(":") for line in table.strip().splitlines())
    return {name: english.strip() for english, names in lines for name in names.split()}


_MONTHS = _named("""
    january: januar janner enero
    february: februar febrero
    march: marz marzo
    april: april abril
    may: mai mayo
    june: juni junio
    july: juli julio
    august: august agosto
    september: september septiembre
    october: oktober octubre
    november: november noviembre
    december: dezember diciembre
""")
_SEASONS = _named("""
    spring: fruhling fruhjahr primavera
    summer: sommer verano
    autumn: herbst otono
    winter: winter invierno
""")
_UNITS = _named("""
    day: tag tagen dia dias
    week: woche wochen semana semanas
    weekend: wochenende
    month: monat monate monaten mes meses
    year: jahr jahre jahren ano anos
""")
_WEEKDAYS = _named("""
    monday: montag lunes
    tuesday: dienstag martes
    wednesday: mittwoch miercoles
    thursday: donnerstag jueves
    friday: freitag viernes
    saturday: samstag sabado
    sunday: sonntag domingo
""")
_COUNTS = _named("""
    one: einem einer un una
    two: zwei dos
    three: drei tres
    four: vier cuatro
    five: funf cinco
    six: sechs seis
""")
_DAYS = _named("""
    yesterday: gestern ayer
    today: heute hoy
""")
_PRESENT = _named("""
    currently: derzeit aktuell zurzeit momentan heutzutage neuerdings actualmente ahora ultimamente
""")
_NAMES = _MONTHS | _SEASONS | _UNITS | _WEEKDAYS | _COUNTS | _DAYS | _PRESENT


def _any_of(*names: Mapping[str, str]) -> str:
    # The longest first, so that "el mes" is not read into "el mesero".
    every = sorted((name for part in names for name in part), key=len, reverse=True)
    return rf"(?:{'|'.join(every)})\b"


_SPAN = _any_of(_UNITS, _SEASONS, _WEEKDAYS, _MONTHS)
_YEAR = r"(?: (?:del? )?(?P<year>(?:19|20)\d\d))?\b"
_FORMS = tuple(
    (re.compile(rf"\b{pattern}"), english)
    for pattern, english in (
        (rf"(?:letzte|vergangene|vorige)[mnrs]? (?P<name>{_SPAN})", "last {name}"),
        (rf"(?:(?:el|la|los) )?(?P<name>{_SPAN}) pasad[oa]\b", "last {name}"),
        (rf"(?:diese[mnrs]?|est[ae]) (?P<name>{_SPAN})", "this {name}"),
        (
            rf"(?:vor|hace) (?P<count>\d+|{_any_of(_COUNTS)}) (?P<name>{_any_of(_UNITS)})",
            "{count} {name}s ago",
        ),
        (rf"(?:im|seit|en|desde) (?P<name>{_any_of(_MONTHS, _SEASONS)}){_YEAR}", "in {name}{year}"),
        (r"(?:im jahr|en el ano|en|desde|seit) (?P<name>(?:19|20)\d\d)\b", "in {name}"),
        (rf"(?P<name>{_any_of(_PRESENT)})", "{name}"),
        (rf"(?P<name>{_any_of(_DAYS)})", "{name}"),
    )
)
_HINT = re.compile(
    rf"\b(?:letzte|vergangene|vorige|diese|est[ae] |vor |hace |im |seit |en |desde |pasad[oa]\b"
    rf"|{_any_of(_DAYS, _PRESENT)})"
)


def in_english(query: str) -> str:
    """A query in lower case, with the times it names in German or Spanish in English.

    >>> in_english("Wo war ich letzten Sommer?"), in_english("¿Qué compré en mayo de 2023?")
    ('wo war ich last summer?', '¿que compre in may 2023?')
    """
    text = fold(query)
    if _HINT.search(text) is not None:
        for pattern, english in _FORMS:
            text = pattern.sub(partial(_translated, english), text)
    return text


def _translated(english: str, match: re.Match[str]) -> str:
    """What a form says of a time, in its English words."""
    parts = match.groupdict()
    year = f" {parts['year']}" if parts.get("year") else ""
    names = {key: _NAMES.get(part, part) for key, part in parts.items() if part}
    return english.format(**{**names, "year": year})

"""What a query says about time."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from langchain_usermem.ranking import timeliness
from langchain_usermem.time_intent import TimeIntent, time_intent_of

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("What did I do last spring?", "2025-03-01", "2025-06-01"),
        ("in May 2023 where was I", "2023-05-01", "2023-06-01"),
        ("what did I buy last week?", "2026-05-11", "2026-05-18"),
        ("where did I go on 3 May?", "2026-05-03", "2026-05-04"),
        ("Which book did I read in 2022?", "2022-01-01", "2023-01-01"),
        ("What happened two days ago?", "2026-05-18", "2026-05-19"),
        ("Where was I in spring 2023?", "2023-03-01", "2023-06-01"),
        ("what did we do during the summer", "2025-06-01", "2025-09-01"),
        ("Who came last winter?", "2025-12-01", "2026-03-01"),
        ("What did I say yesterday?", "2026-05-19", "2026-05-20"),
    ],
)
def test_periods(query: str, start: str, end: str) -> None:
    """Months, weeks, days, years and seasons, reckoned from now."""
    period = time_intent_of(query, NOW).period
    assert period is not None
    assert (period.start, period.end) == tuple(
        datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end)
    )


@pytest.mark.parametrize(
    "query",
    [
        "What may I eat?",
        "do I like summer?",
        "What did I last eat?",
        "Where do I live?",
        "Who is April?",
        "",
        "in May 20235 or so",
    ],
)
def test_no_time_is_asked_about(query: str) -> None:
    """Names, verbs and likings that look like times are none."""
    intent = time_intent_of(query, NOW)
    assert intent.is_present is False
    assert query.startswith("in") or intent.period is None


@pytest.mark.parametrize("query", ["what am I currently working on", "my latest project"])
def test_the_present(query: str) -> None:
    """Words for the present are seen."""
    assert time_intent_of(query, NOW) == TimeIntent(is_present=True)


def test_a_period_is_reckoned_in_the_zone_of_now() -> None:
    """Yesterday of somebody in Tokyo ends when it does in Tokyo, told in UTC."""
    tokyo = timezone(timedelta(hours=9))
    period = time_intent_of("yesterday", NOW.astimezone(tokyo)).period
    assert period is not None
    assert period.start == datetime(2026, 5, 18, 15, tzinfo=UTC)


def test_timeliness() -> None:
    """One within a period and nothing outside; half for each half-life of age; none unasked."""
    observed = ["2026-05-19T08:00:00Z", "2026-04-20T12:00:00Z", None]
    period = time_intent_of("yesterday", NOW)
    present = TimeIntent(is_present=True)
    inside = timeliness(observed, period, NOW, 30.0)
    recent = timeliness(observed, present, NOW, 30.0)
    assert inside is not None
    assert inside.tolist() == [1, 0, 0]
    assert recent is not None
    np.testing.assert_allclose(recent, [0.5 ** (28 / 24 / 30), 0.5, 0], atol=1e-6)
    assert timeliness(observed, TimeIntent(), NOW, 30.0) is None


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("Wo war ich letzten Sommer?", "2025-06-01", "2025-09-01"),
        ("Was habe ich im März 2024 gekauft?", "2024-03-01", "2024-04-01"),
        ("Was war im Mai?", "2026-05-01", "2026-06-01"),
        ("Was hat Tom vor zwei Wochen gesagt?", "2026-05-06", "2026-05-07"),
        ("Was tat ich im Jahr 2022?", "2022-01-01", "2023-01-01"),
        ("Was habe ich gestern gegessen?", "2026-05-19", "2026-05-20"),
        ("¿Qué hice el verano pasado?", "2025-06-01", "2025-09-01"),
        ("¿Qué compré en mayo de 2023?", "2023-05-01", "2023-06-01"),
        ("¿Dónde estuve en diciembre?", "2025-12-01", "2026-01-01"),
        ("¿Dónde estuve hace tres meses?", "2026-02-20", "2026-02-21"),
        ("¿Qué hice la semana pasada?", "2026-05-11", "2026-05-18"),
        ("¿Qué pasó en 2021?", "2021-01-01", "2022-01-01"),
    ],
)
def test_periods_in_german_and_spanish(query: str, start: str, end: str) -> None:
    """Months, seasons, years and spans are read in the other two languages as well."""
    assert time_intent_of(query, NOW).period == tuple(
        datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end)
    )


@pytest.mark.parametrize("number", range(12))
def test_every_month_has_its_names(number: int) -> None:
    """A month is the same period whatever language names it."""
    german = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
    spanish = (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    )
    expected = time_intent_of(f"in {datetime(2024, number + 1, 1, tzinfo=UTC):%B} 2024", NOW)
    assert expected.period is not None
    assert time_intent_of(f"Was war im {german.split()[number]} 2024?", NOW) == expected
    assert time_intent_of(f"¿Qué hice en {spanish.split()[number]} de 2024?", NOW) == expected


@pytest.mark.parametrize("query", ["Woran arbeite ich derzeit?", "¿Dónde vivo actualmente?"])
def test_the_present_in_german_and_spanish(query: str) -> None:
    """Their words for the present are seen."""
    assert time_intent_of(query, NOW) == TimeIntent(is_present=True)


@pytest.mark.parametrize(
    "query", ["¿Qué hago los lunes?", "Was mache ich im Garten?", "Wer ist Mai?"]
)
def test_no_time_in_german_and_spanish(query: str) -> None:
    """Habits, places and names are no periods."""
    assert time_intent_of(query, NOW) == TimeIntent()

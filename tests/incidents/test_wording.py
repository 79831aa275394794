"""The words that card and report share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.incidents.wording import (
    conclusion,
    diagnosis_headline,
    evidence_line,
    grouped,
    number,
    resource_name,
    span,
    unexplained_heading,
    unexplained_lines,
)
from shared.playbooks.diagnosis import Number, Unexplained, Verdict
from shared.queries.scope import Window
from tests.notices.diagnoses import RESOURCE, evidence, expired_tokens, finding

MIDNIGHT = datetime(2026, 11, 12, tzinfo=UTC)


def test_a_headline_names_the_severity_only_where_there_is_one() -> None:
    assert "Sev 0: Clients cannot connect to Web PubSub" == diagnosis_headline(expired_tokens(), 0)
    assert "Clients cannot connect to Web PubSub" == diagnosis_headline(expired_tokens(), None)


def test_a_conclusion_names_the_cause() -> None:
    assert "Cause: Clients present expired access tokens" == conclusion(expired_tokens())


def test_evidence_without_an_onset_says_nothing_about_since() -> None:
    cause = expired_tokens().findings[0]
    timeless = replace(cause, evidence=replace(cause.evidence, onset=None))

    assert "Measured evidence, strength 0.96 of 1" == evidence_line(timeless)


@pytest.mark.parametrize(
    ("start", "length", "written"),
    [
        pytest.param(MIDNIGHT, timedelta(minutes=30), "2026-11-12 00:00 to 00:30 UTC (30 min)", id="within a day"),
        pytest.param(MIDNIGHT, timedelta(hours=36), "2026-11-12 00:00 to 2026-11-13 12:00 UTC (36 h)", id="over midnight"),
        pytest.param(
            datetime(2026, 11, 12, 9, tzinfo=timezone(timedelta(hours=9))),
            timedelta(minutes=150),
            "2026-11-12 00:00 to 02:30 UTC (2.5 h)",
            id="given in another zone",
        ),
    ],
)  # fmt: skip
def test_a_window_is_written_in_utc_with_its_length(start: datetime, length: timedelta, written: str) -> None:
    assert written == span(Window(start, start + length))


@pytest.mark.parametrize(
    ("value", "written"),
    [(4812, "4,812"), (0.4992, "0.4992"), (123456.7, "123,457"), (True, "yes"), (None, "none"), ("lobby", "lobby"), (float("nan"), "nan")],
)  # fmt: skip
def test_numbers_are_written_for_a_person(value: Number, written: str) -> None:
    assert written == number(value)


def test_a_resource_is_named_by_name_service_and_group() -> None:
    assert "contoso-rt (Web PubSub, group rg-realtime)" == resource_name(RESOURCE)


def test_a_hypothesis_at_work_without_a_symptom_is_a_risk_and_not_ruled_out() -> None:
    answer = evidence(Verdict.REFUTED, "5 people had media only over TCP, and nobody failed.", Risk=True)
    diagnosis = replace(expired_tokens(), cause=None, findings=(finding("udp-blocked", answer, rank=1),))

    groups = grouped(diagnosis)

    assert (["udp-blocked"], ()) == ([risk.hypothesis for risk in groups.risks], groups.ruled_out)


@pytest.mark.parametrize(
    ("group", "line"),
    [
        (
            Unexplained("Message count reaches limit", 121, 40),
            "121 times by 40 callers: Message count reaches limit",
        ),
        (Unexplained("403 forbidden", 1_962), "1,962 times: 403 forbidden"),
        (Unexplained("GET /.env", 600, 1), "600 times by one caller"),
    ],
)
def test_says_what_no_hypothesis_explains_and_no_text_of_a_single_stranger(
    group: Unexplained, line: str
) -> None:
    assert [line] == unexplained_lines(replace(expired_tokens(), unexplained=(group,)), of_strangers=False)


@pytest.mark.parametrize(
    ("total", "words"),
    [
        pytest.param(1_962, "No hypothesis explains 1,962 bad events", id="counted"),
        pytest.param(None, "How many bad events no hypothesis explains is unknown", id="not answered"),
    ],
)
def test_says_how_many_bad_events_no_hypothesis_explains(total: int | None, words: str) -> None:
    groups = (Unexplained("403 forbidden", 1_962),)

    heading = unexplained_heading(replace(expired_tokens(), unexplained=groups, unexplained_total=total))

    assert heading.startswith(words)


def test_says_nothing_where_every_bad_event_is_explained() -> None:
    assert "" == unexplained_heading(expired_tokens())

"""The report of an incident that is over."""

from datetime import timedelta

import pytest

from shared.incidents.incident import Ending
from shared.incidents.lifecycle import states
from shared.incidents.report.durations import in_words
from shared.incidents.report.incident_report import write_closing_report
from tests.notices.diagnoses import START, expired_tokens
from tests.notices.milestones import PLAYBOOK, ended, opened


def test_the_closing_report_tells_times_cause_budget_and_queries() -> None:
    text = write_closing_report(
        ended(Ending.HELD),
        PLAYBOOK,
        diagnosis=expired_tokens(),
        budget_spent_ratio=0.083,
        expected=timedelta(minutes=30),
        audience="the engineer on call at once, then every 2 hours",
    )

    assert "- Root-cause bucket: code" in text
    assert "- Error budget spent: 8.3% of 30 days" in text
    assert "| Detected | 6 min after it began |" in text
    assert "- Told of severity 2: the engineer on call at once, then every 2 hours" in text
    assert "| Expected of severity 2 | resolved within 30 min: missed by 14 min |" in text
    assert 5 == text.count("\n### ") - text[text.index("## Timeline") :].count("\n### ")
    assert "### Appendix: the complete queries" in text
    assert set(expired_tokens().symptom.query.splitlines()) <= set(text.splitlines())
    assert 1 == sum(line.startswith("# ") for line in text.split("\n"))


def test_the_closing_report_without_a_cause_leaves_the_whys_to_people() -> None:
    incident = states.resolved(opened(), Ending.UNCONFIRMED, START + timedelta(days=1))

    text = write_closing_report(incident, PLAYBOOK)

    assert "No cause was found" in text
    assert 3 == text.count("for the people of the review")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=75), "1 min 15 s"),
        (timedelta(hours=2), "2 h"),
        (timedelta(days=1, minutes=3), "1 d"),
    ],
)
def test_lengths_are_said_in_two_units(length: timedelta, words: str) -> None:
    assert words == in_words(length)

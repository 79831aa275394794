"""A secret in the text of a stranger is gone from every place where that text is shown or kept."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from html import unescape

import pytest

from local.exports.redacted_rows import RowRedaction
from local.output.results import safe
from shared.alerts.fields import text as alert_text
from shared.incidents.lifecycle.timeline import short
from shared.incidents.report.diagnosis_report import write_report
from shared.notices.answers.pages import Drawing
from shared.notices.answers.signed_links import Action
from shared.notices.cards.diagnosis_card import draw_diagnosis
from shared.notices.cards.milestone_card import draw_announcement
from shared.playbooks.diagnosis import Diagnosis, Unexplained, Verdict
from shared.playbooks.encode import as_json
from shared.redaction import UserIds
from shared.redaction.logs import SafeRecord
from shared.signals.counts import BucketSum
from tests.notices.broken_lobby import OPENED_AT, incident
from tests.notices.diagnoses import evidence, expired_tokens, finding, playbook
from tests.secrets_by_kind import SECRETS

USERS = UserIds("salt")


def told(line: str) -> Diagnosis:
    """Return a diagnosis in which a line of a log stands wherever one can."""
    answer = evidence(Verdict.SUPPORTED, line, strength=0.9, Sample=line)
    night = expired_tokens()
    return replace(
        night,
        symptom=replace(night.symptom, summary=line),
        findings=(finding("token-expired", answer, rank=1), *night.findings[1:]),
        next_step=line,
        unexplained=(Unexplained(line, 40, None),),
    )


def logged(line: str) -> str:
    error = ValueError(line)
    record = SafeRecord(
        "shared", logging.ERROR, __file__, 1, "refused: %s", (line,), (ValueError, error, None)
    )
    return logging.Formatter().format(record)


def counted(line: str) -> str:
    events = BucketSum(sample=line)
    events.add(line, 40)
    return repr(events.count("lobby", "drops", OPENED_AT, OPENED_AT))


def exported(line: str) -> str:
    rows = RowRedaction(USERS, lambda _: frozenset())
    return str(rows.clean("WebPubSubConnectivity", {"Message": line})["Message"])


def places(line: str) -> Mapping[str, str]:
    """Return every place where a line of a log ends up, and what stands there then."""
    diagnosis = told(line)
    page = Drawing(replace(incident(2), signals={"refused-connects": line}), "Connections fail")
    return {
        "card": json.dumps(draw_diagnosis(diagnosis, playbook(), users=USERS)),
        "announcement": json.dumps(draw_announcement(line, line)),
        "page": unescape(page.ask(Action.RESOLVE, "1.aa.resolve", None).html),
        "report": write_report(diagnosis, playbook(), users=USERS),
        "stored diagnosis": json.dumps(as_json(diagnosis, USERS)),
        "timeline": short(line, 500),
        "alert": alert_text(line, 500),
        "count": counted(line),
        "exported row": exported(line),
        "log": logged(line),
        "terminal": safe(line),
    }


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_shown_or_kept_anywhere(kind: str) -> None:
    survivors = [
        (name, place)
        for name, (line, secret) in list(SECRETS[kind].items())[::4]
        for place, shown in places(line).items()
        if secret in shown and len(secret) > 3
    ]

    assert [] == survivors


def test_every_place_shows_what_is_no_secret() -> None:
    line = "hub lobby closed 40 connections"

    assert [] == [place for place, shown in places(line).items() if "closed 40 connections" not in shown]

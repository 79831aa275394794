"""Whatever an incident holds is read back from its row as it was."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.cloud.storage.incidents.rows import incident_of, incident_row
from shared.incidents.incident import (
    Acknowledgement,
    AlertState,
    Call,
    CardSilence,
    Declared,
    Ending,
    Entry,
    EntryKind,
    Fold,
    Incident,
    Milestone,
    Notification,
    RuleState,
    Standing,
    State,
    Undoable,
    Undone,
)
from tests import drawn
from tests.notices.broken_lobby import broken_lobby

MIDNIGHT = datetime(2026, 11, 12, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
counts = st.integers(0, 2**31 - 1)
events = st.floats(0, 1e15)
names = st.lists(texts, max_size=4).map(tuple)
FIELDS: dict[str, st.SearchStrategy[object]] = {
    "id": texts,
    "resource": texts,
    "symptom": texts,
    "number": counts,
    "state": st.sampled_from(State),
    "opened_at": moments,
    "state_since": moments,
    "onset": moments,
    "last_bad": moments,
    "severity": st.integers(1, 4),
    "signals": st.dictionaries(texts, texts, max_size=4),
    "bad": events,
    "total": events,
    "peak_ratio": st.floats(0, 1),
    "users": st.none() | counts,
    "conclusion": st.none() | texts,
    "cause": st.none() | texts,
    "first_cause_at": st.none() | moments,
    "cause_at": st.none() | moments,
    "retracted_cause": st.none() | texts,
    "retracted_cause_at": st.none() | moments,
    "notified_causes": names,
    "has_given_up": st.booleans(),
    "diagnosis_count": counts,
    "next_diagnosis_at": st.none() | moments,
    "document": st.none() | texts,
    "state_before_validation": st.none() | st.sampled_from(State),
    "contradicted_by": st.none() | st.text(max_size=20),
    "acknowledgement": st.none() | st.builds(Acknowledgement, texts, moments, st.none() | texts, counts),
    "undone": st.dictionaries(st.sampled_from(Undoable), st.builds(Undone, texts, moments)),
    "answers_due_at": st.none() | moments,
    "told_standing": st.builds(Standing, st.none() | texts, st.none() | moments, st.none() | texts),
    "silence": st.none() | st.builds(CardSilence, moments, texts),
    "alert_rules": st.dictionaries(
        texts, st.builds(RuleState, st.booleans(), st.lists(moments, max_size=6).map(tuple)), max_size=4
    ),
    "azure_alert": st.none() | texts,
    "azure_alert_state": st.none() | st.sampled_from(AlertState),
    "joined_to": st.none() | texts,
    "released_from": st.none() | texts,
    "follows": st.none() | texts,
    "ending": st.none() | st.sampled_from(Ending),
    "ended_by": st.none() | texts,
    "closed_at": st.none() | moments,
    "previous_closed_at": st.none() | moments,
    "reopened": counts,
    "reopened_at": st.none() | moments,
    "returns": st.lists(moments, max_size=3).map(tuple),
    "is_flapping": st.booleans(),
    "severity_before": st.none() | st.integers(1, 4),
    "notified_at": st.none() | moments,
    "notified_receivers": names,
    "shown_at": st.none() | moments,
    "escalations": counts,
    "unanswered": st.none() | st.builds(Call, moments, names),
    "declared": st.lists(st.builds(Declared, texts, texts, texts, texts, st.booleans()), max_size=3).map(
        tuple
    ),
    "demoted_from": st.none() | st.integers(0, 3),
    "unnotified": st.lists(st.builds(Notification, counts, st.sampled_from(Milestone)), max_size=4).map(
        tuple
    ),
    "timeline": st.lists(st.builds(Entry, moments, texts, texts, st.sampled_from(EntryKind)), max_size=4).map(
        tuple
    ),
    "fold": st.none() | st.builds(Fold, counts, moments, moments),
    "revision": counts,
    "etag": texts,
}


@drawn.examples("stored incidents", 50, 1000)
@given(st.builds(Incident, **FIELDS))
def test_every_field_is_read_back_as_it_was(incident: Incident) -> None:
    assert incident == incident_of(incident_row(incident), incident.etag)


def test_a_row_of_an_earlier_version_says_nothing_of_what_it_did_not_know() -> None:
    incident = replace(broken_lobby(), acknowledgement=Acknowledgement("ada", MIDNIGHT, "grace", 7))
    row = incident_row(incident)
    for name in ("undone", "answers_due_at", "told_standing", "shown_at"):
        row.pop(name, None)
    row["acknowledgement"] = json.dumps(json.loads(row["acknowledgement"])[:2])

    assert replace(incident, acknowledgement=Acknowledgement("ada", MIDNIGHT)) == incident_of(row, "")


def test_no_field_is_left_out_above() -> None:
    assert {field.name for field in fields(Incident)} == set(FIELDS)

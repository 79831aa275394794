"""Redact a diagnosis before it is stored, printed or sent: no secrets, and hashes in the place of users."""

import re
from collections.abc import Mapping
from dataclasses import replace

from shared.context.change import Change, Edit, RecentChanges
from shared.playbooks.diagnosis import Diagnosis, Evidence, Finding, Number
from shared.redaction import UserIds, listed_ids, redact, visible

# The rule for playbooks: a check that must name users puts their ids in a column of such a name.
# Then the column shows hashes, and so does the Summary wherever one of these ids stands in it.
_USER_COLUMN = re.compile(r"(?i)(user|caller|identity|identifier|participant)_?(id|name)?s?\d?$")


def redact_diagnosis(diagnosis: Diagnosis, users: UserIds | None = None) -> Diagnosis:
    """Return a diagnosis with every text redacted; redacting it again changes nothing."""
    users = users or UserIds()
    answers = (diagnosis.symptom, *(finding.evidence for finding in diagnosis.findings))
    ids = {user_id for evidence in answers for user_id in _user_ids(evidence.numbers)}

    def redact_finding(finding: Finding) -> Finding:
        evidence = _redact_evidence(finding.evidence, users, ids)
        return replace(finding, title=_clean(finding.title), evidence=evidence)

    return replace(
        diagnosis,
        title=_clean(diagnosis.title),
        symptom=_redact_evidence(diagnosis.symptom, users, ids),
        findings=tuple(map(redact_finding, diagnosis.findings)),
        missing=tuple(map(_clean, diagnosis.missing)),
        changes=_redact_changes(diagnosis.changes, users, ids),
        next_step=users.hide_in(_clean(diagnosis.next_step)),
        unexplained=tuple(
            replace(group, text=users.hide_in(_clean(group.text), ids)) for group in diagnosis.unexplained
        ),
    )


def _redact_evidence(evidence: Evidence, users: UserIds, ids: set[str]) -> Evidence:
    def redact_text(text: str) -> str:
        return users.hide_in(_clean(text), ids)

    def redact_number(name: str, value: Number) -> Number:
        if not isinstance(value, str):
            return value
        return users.name(_clean(value)) if _USER_COLUMN.search(name) else redact_text(value)

    return replace(
        evidence,
        summary=redact_text(evidence.summary),
        numbers={_clean(name): redact_number(name, value) for name, value in evidence.numbers.items()},
        # The query holds no row of a log, so no user ids are hidden in it: a user called `count` must not break it.
        query=_clean(evidence.query),
    )


def _redact_changes(recent: RecentChanges | None, users: UserIds, ids: set[str]) -> RecentChanges | None:
    if recent is None:
        return None

    def redact_text(text: str) -> str:
        return users.hide_in(_clean(text), ids)

    def redact_value(value: str | None) -> str | None:
        return None if value is None else redact_text(value)

    def redact_change(change: Change) -> Change:
        return replace(
            change,
            resource=_clean(change.resource),
            what=_clean(change.what),
            edits=tuple(
                Edit(redact_text(edit.path), redact_value(edit.old), redact_value(edit.new))
                for edit in change.edits
            ),
            who=users.name(_clean(change.who)) if change.who else None,
            address=users.address(_clean(change.address)) if change.address else None,
        )

    gaps = tuple(replace(gap, reason=redact_text(gap.reason)) for gap in recent.gaps)
    return replace(recent, changes=tuple(map(redact_change, recent.changes)), gaps=gaps)


def _clean(text: str) -> str:
    return redact(visible(text))


def _user_ids(numbers: Mapping[str, Number]) -> list[str]:
    columns = [
        value for name, value in numbers.items() if isinstance(value, str) and _USER_COLUMN.search(name)
    ]
    return [user_id for column in columns for user_id in listed_ids(column)]

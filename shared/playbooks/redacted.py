"""Give a diagnosis as it may be stored, printed or sent: no secrets, and users behind a hash."""

import re
from collections.abc import Mapping
from dataclasses import replace

from shared.playbooks.diagnosis import Diagnosis, Evidence, Finding, Number
from shared.redaction import UserIds, listed_ids, redact, visible

# The rule for playbooks: a check that must name users puts their ids in a column of such a name.
# Then the column shows hashes, and so does the Summary wherever one of these ids stands in it.
_USER_COLUMN = re.compile(r"(?i)(user|caller|identity|identifier|participant)_?(id|name)?s?\d?$")


def redacted(diagnosis: Diagnosis, users: UserIds | None = None) -> Diagnosis:
    """Return the diagnosis with every text redacted; doing it twice changes nothing more."""
    users = users or UserIds()
    every = (diagnosis.symptom, *(found.evidence for found in diagnosis.findings))
    known = {user_id for evidence in every for user_id in _user_ids(evidence.numbers)}

    def answered(evidence: Evidence) -> Evidence:
        return _redacted_evidence(evidence, users, known)

    def found(finding: Finding) -> Finding:
        return replace(finding, title=_clean(finding.title), evidence=answered(finding.evidence))

    return replace(
        diagnosis,
        title=_clean(diagnosis.title),
        symptom=answered(diagnosis.symptom),
        findings=tuple(map(found, diagnosis.findings)),
        missing=tuple(map(_clean, diagnosis.missing)),
        next_step=users.hide_in(_clean(diagnosis.next_step)),
    )


def _redacted_evidence(evidence: Evidence, users: UserIds, known: set[str]) -> Evidence:
    def told(text: str) -> str:
        return users.hide_in(_clean(text), known)

    def shown(name: str, value: Number) -> Number:
        if not isinstance(value, str):
            return value
        return users.name(_clean(value)) if _USER_COLUMN.search(name) else told(value)

    return replace(
        evidence,
        summary=told(evidence.summary),
        numbers={_clean(name): shown(name, value) for name, value in evidence.numbers.items()},
        # Our own words and the scope, no row of a log: a user called `count` must not break it.
        query=_clean(evidence.query),
    )


def _clean(text: str) -> str:
    return redact(visible(text))


def _user_ids(numbers: Mapping[str, Number]) -> list[str]:
    columns = [
        value for name, value in numbers.items() if isinstance(value, str) and _USER_COLUMN.search(name)
    ]
    return [user_id for column in columns for user_id in listed_ids(column)]

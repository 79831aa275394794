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

    def clean(text: str) -> str:
        return users.hide_in(redact(visible(text)), known)

    def clean_numbers(numbers: Mapping[str, Number]) -> dict[str, Number]:
        return {
            clean(name): (users.name(value) if _USER_COLUMN.search(name) else clean(value))
            if isinstance(value, str)
            else value
            for name, value in numbers.items()
        }

    def clean_evidence(evidence: Evidence) -> Evidence:
        return replace(
            evidence,
            summary=clean(evidence.summary),
            numbers=clean_numbers(evidence.numbers),
            query=clean(evidence.query),
        )

    def clean_finding(found: Finding) -> Finding:
        return replace(found, title=clean(found.title), evidence=clean_evidence(found.evidence))

    return replace(
        diagnosis,
        title=clean(diagnosis.title),
        symptom=clean_evidence(diagnosis.symptom),
        findings=tuple(map(clean_finding, diagnosis.findings)),
        missing=tuple(map(clean, diagnosis.missing)),
        next_step=clean(diagnosis.next_step),
    )


def _user_ids(numbers: Mapping[str, Number]) -> list[str]:
    columns = [
        value for name, value in numbers.items() if isinstance(value, str) and _USER_COLUMN.search(name)
    ]
    return [user_id for column in columns for user_id in listed_ids(column)]

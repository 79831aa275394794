"""Export an incident as a case: the rows around it, the expected diagnosis, and a README with its timeline."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from local.exports.fetch import plain
from local.exports.owned import owner_filter, tables_of_playbook
from local.exports.redacted_rows import RowRedaction
from shared.clock import iso
from shared.configuration.resources import WatchedResource
from shared.errors import InputError
from shared.incidents.incident import Incident
from shared.incidents.store import Documents, Incidents
from shared.playbooks.diagnosis import Diagnosis, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.playbooks.stored import decode_diagnosis
from shared.queries.logs import Failure, LogAnswer, Logs, QueryError
from shared.queries.prelude import complete
from shared.queries.schema import tables
from shared.queries.scope import Scope, Window
from shared.redaction import UserIds

AFTERWARDS = timedelta(minutes=45)  # rows of the recovery: 30 minutes within objective, and their delay
MOST_ROWS = 100_000  # of one table; the newest stay
_WITHIN = timedelta(minutes=3)
_ALWAYS = ("AzureActivity", "AppDependencies", "AppEvents", "AppExceptions", "AppRequests", "AppTraces")
_MADE_FROM = (
    "Exported from an incident that happened. Secrets are cut out, and users and addresses stand behind a hash that "
    "is the same in every table; nothing else was changed. Platform metrics are not exported."
)


@dataclass(frozen=True, slots=True)
class Archive:
    """What an incident is exported from.

    Attributes:
        logs_over: returns the logs of several workspaces as one.
        resource: returns a watched resource by its id.
    """

    incidents: Incidents
    documents: Documents
    logs_over: Callable[[Sequence[str]], Logs]
    resource: Callable[[str], WatchedResource | None]
    playbooks: Mapping[str, Playbook]


class IncidentFacts(NamedTuple):
    """An incident with its diagnosis, resource and playbook."""

    incident: Incident
    diagnosis: Diagnosis
    resource: WatchedResource
    playbook: Playbook


def export(archive: Archive, incident_id: str, out: Path, users: UserIds) -> Path:
    """Write a case folder named after the incident into `out` and return it.

    Raises:
        InputError: there is no such incident, diagnosis or watched resource, or the folder cannot be written.
        QueryError: the logs did not answer.
    """
    facts = _facts(archive, incident_id)
    logs = archive.logs_over(facts.resource.workspaces)
    answers = dict(_rows(logs, facts))
    if not any(answer.rows for answer in answers.values()):
        raise InputError(
            incident_id, "no row around it is left in its logs", "an incident within their retention"
        )
    redaction = RowRedaction(users, _dynamic)
    for table, answer in answers.items():
        redaction.learn(table, answer.rows)
    files = {
        f"tables/{table}.ndjson": _lines(redaction.clean(table, row) for row in answer.rows)
        for table, answer in answers.items()
    }
    cut = [table for table, answer in answers.items() if answer.partial or len(answer.rows) >= MOST_ROWS]
    files["incident.json"] = json.dumps(_case_fields(facts), ensure_ascii=False, indent=2) + "\n"
    files["README.md"] = _readme(facts, cut, users)
    return _write(out / incident_id, files)


def _facts(archive: Archive, incident_id: str) -> IncidentFacts:
    incident = archive.incidents.get(incident_id)
    if incident is None:
        raise InputError(
            "INCIDENT", f"there is no incident {incident_id!r}", "an id as it stands on its card"
        )
    text = archive.documents.get(incident.document) if incident.document else None
    if text is None:
        raise InputError(incident_id, "it was not diagnosed yet", "an incident with a stored diagnosis")
    resource = archive.resource(incident.resource)
    if resource is None:
        raise InputError(
            incident_id, f"{incident.resource} is not watched", "its entry in config/resources.yaml"
        )
    return IncidentFacts(incident, decode_diagnosis(text), resource, archive.playbooks[incident.symptom])


def _rows(logs: Logs, facts: IncidentFacts) -> Iterator[tuple[str, LogAnswer]]:
    """Ask for the rows of every table that the playbook reads; one that was never received is left out."""
    incident, window = facts.incident, facts.diagnosis.window
    until = max(window.end, incident.last_bad + AFTERWARDS, incident.closed_at or incident.last_bad)
    scope = Scope((facts.resource.id,), Window(window.start, until), facts.resource.apps)
    for table in sorted({*_ALWAYS, *tables_of_playbook(facts.playbook)}):
        try:
            yield table, logs.query(complete(_text(table), scope), _WITHIN)
        except QueryError as error:
            if error.failure is not Failure.MISSING_TABLE:
                raise


def _text(table: str) -> str:
    """Write the query for one table's rows, from the look-back on, for changes come before what they break."""
    return (
        f"{table}\n| where TimeGenerated >= lookbackStart and TimeGenerated < windowEnd\n| where {owner_filter(table)}\n"
        f"| extend _IngestionTime = ingestion_time()\n| top {MOST_ROWS} by TimeGenerated desc"
    )


def _dynamic(table: str) -> frozenset[str]:
    return frozenset(column for column, kind in tables()[table].items() if kind == "dynamic")


def _lines(rows: Iterator[dict[str, object]]) -> str:
    ordered = sorted(({column: plain(value) for column, value in row.items()} for row in rows), key=_moment)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ordered)


def _moment(row: Mapping[str, object]) -> str:
    return str(row.get("TimeGenerated", ""))


def _case_fields(facts: IncidentFacts) -> dict[str, object]:
    diagnosis = facts.diagnosis
    refuted = (
        finding.hypothesis for finding in diagnosis.findings if finding.evidence.verdict is Verdict.REFUTED
    )
    fields: dict[str, object] = {
        "playbook": diagnosis.playbook,
        "resource": diagnosis.resource,
        "from": iso(diagnosis.window.start),
        "to": iso(diagnosis.window.end),
        "severity": facts.incident.severity,
        "apps": list(facts.resource.apps),
        "region": facts.resource.region,
        "expect": {
            "conclusion": str(diagnosis.conclusion),
            "cause": diagnosis.cause,
            "ruled_out": sorted(refuted),
            "incidents": [facts.incident.symptom],
        },
    }
    return {key: value for key, value in fields.items() if value not in (None, [])}


def _readme(facts: IncidentFacts, cut: Sequence[str], users: UserIds) -> str:
    incident, diagnosis = facts.incident, redact_diagnosis(facts.diagnosis, users)
    parts = [
        f"# {diagnosis.title}",
        _MADE_FROM,
        diagnosis.symptom.summary,
        "## What was found",
        "\n".join(
            f"- {finding.title}: {finding.evidence.verdict}. {finding.evidence.summary}"
            for finding in diagnosis.findings
        ),
        "## What happened",
        "\n".join(f"- {iso(entry.at)} {entry.what} {entry.text}".rstrip() for entry in incident.timeline),
        "## What makes it hard",
        "Nobody has written this down yet.",
    ]
    if cut:
        parts.insert(2, f"Of {', '.join(cut)} only the newest rows could be exported.")
    return "\n\n".join(users.hide_in(part) for part in parts if part) + "\n"


def _write(folder: Path, files: Mapping[str, str]) -> Path:
    try:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            str(folder), f"it cannot be written ({error.strerror})", "a folder for cases"
        ) from error
    return folder

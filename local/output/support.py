"""Write a text for a support case: the exact messages of what went wrong, their ids and their times."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from local.exports.redacted_rows import RowRedaction
from shared.clock import iso
from shared.incidents.wording import span
from shared.playbooks.diagnosis import Diagnosis, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.queries.logs import LogAnswer
from shared.queries.run import Run
from shared.queries.schema import tables
from shared.redaction import UserIds

MOST_ROWS = 5_000  # of one table are read, the newest
_MOST_TEXTS, _MOST_EXAMPLES = 8, 3

_NOT_FINE = 'Level !in~ ("", "Informational", "Information", "Verbose")'
_REFUSED = (
    'toint(ResultSignature) >= 400 or ResultType in~ ("Failed", "Failure", "ClientError", "ServerError")'
)
_BAD_LEG = 'ResultCategory contains "Unexpected" or toint(ParticipantEndReason) between (400 .. 699)'
_BAD: Mapping[str, str] = {
    "WebPubSubConnectivity": f'{_NOT_FINE} or OperationName =~ "ConnectionAborted"',
    "WebPubSubMessaging": _NOT_FINE,
    "WebPubSubHttpRequest": "toint(StatusCode) >= 400",
    "ACSCallSummary": _BAD_LEG,
    "ACSCallSummaryUpdates": _BAD_LEG,
    "ACSCallClientOperations": 'ResultType =~ "Failed" or toint(ResultSignature) >= 400',
    "ACSCallAutomationIncomingOperations": _REFUSED,
    "ACSAuthIncomingOperations": _REFUSED,
    "ACSChatIncomingOperations": _REFUSED,
}
# What is said, and what it is said about; columns that a table lacks are left out.
_SAID = (
    *(
        "OperationName",
        "Level",
        "HttpMethod",
        "StatusCode",
        "ResultType",
        "ResultSignature",
        "ResultCategory",
    ),
    *("ParticipantEndReason", "ParticipantEndSubCode", "ResultDescription", "Message"),
)
_IDS = (
    *(
        "ConnectionId",
        "TraceId",
        "CorrelationId",
        "CallId",
        "CallConnectionId",
        "ServerCallId",
        "OperationId",
    ),
    *(
        "ParticipantId",
        "EndpointId",
        "ChatThreadId",
        "UserId",
        "CallerIpAddress",
        "SdkVersion",
        "Url",
        "URI",
        "Location",
    ),
)
_VARIABLE = re.compile(r"[0-9a-fA-F-]{8,}|\d+")


def support_text(diagnosis: Diagnosis, playbook: Playbook, run: Run, users: UserIds) -> str:
    """Return the text; it is redacted as a diagnosis is, but messages and ids are whole."""
    safe = redact_diagnosis(diagnosis, users)
    again = Run(run.logs, run.scope, run.budget, missing=run.missing, present=run.present)
    lines = [*_head(safe), "", "What the service logged (times in UTC):"]
    own = [table for table in _tables(playbook) if table not in run.missing]
    texts = {table: _query(table) for table in own}
    outcomes = again.ask_all(list(texts.values()))
    for table, text in texts.items():
        outcome = outcomes[text]
        if isinstance(outcome, LogAnswer):
            lines += _said(table, outcome.rows, users)
        else:
            lines += ["", f"{table}: not read ({outcome.failure})"]
    if run.missing:
        lines += ["", f"Never received by this workspace: {', '.join(sorted(run.missing))}"]
    return "\n".join(lines) + "\n"


def _head(diagnosis: Diagnosis) -> Iterator[str]:
    yield f"Symptom: {diagnosis.title}"
    yield f"Resource: {diagnosis.resource}"
    yield f"Window: {span(diagnosis.window)} ({iso(diagnosis.window.start)} to {iso(diagnosis.window.end)})"
    yield f"Seen: {diagnosis.symptom.summary}"
    yield f"Conclusion: {diagnosis.conclusion}"
    for finding in diagnosis.findings:
        if finding.evidence.verdict in (Verdict.SUPPORTED, Verdict.MINOR, Verdict.INCONCLUSIVE):
            onset = f" Since {iso(finding.evidence.onset)}." if finding.evidence.onset else ""
            yield f"- {finding.hypothesis} ({finding.evidence.verdict}): {finding.evidence.summary}{onset}"


def _tables(playbook: Playbook) -> Sequence[str]:
    prefix = "ACS" if playbook.service.startswith("microsoft.communication") else "WebPubSub"
    return [table for table in _BAD if table.startswith(prefix)]


def _query(table: str) -> str:
    columns = ", ".join(column for column in ("TimeGenerated", *_SAID, *_IDS) if column in tables()[table])
    return (
        f"{table}\n| where ofWindow(TimeGenerated)\n| where ofResource(_ResourceId)\n| where {_BAD[table]}\n"
        f"| top {MOST_ROWS} by TimeGenerated desc\n| project {columns}"
    )


def _said(table: str, rows: Sequence[Mapping[str, object]], users: UserIds) -> Iterator[str]:
    """Yield the most frequent messages of a table, each with its times and some of its rows."""
    redaction = RowRedaction(users, lambda _: frozenset())
    redaction.learn(table, rows)
    groups: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        said = " ".join(str(row.get(column) or "") for column in _SAID)
        groups[_VARIABLE.sub("#", said) if len(said) > 60 else said].append(redaction.clean(table, row))
    if not groups:
        return
    yield ""
    yield f"{table}: {len(rows)} rows{' (the newest)' if len(rows) >= MOST_ROWS else ''}"
    ordered = sorted(groups.values(), key=len, reverse=True)
    for group in ordered[:_MOST_TEXTS]:
        group.sort(key=_at)
        yield f"  {len(group)} times, {_at(group[0])} to {_at(group[-1])}"
        yield f"    {_named(group[0], _SAID)}"
        yield from (f"    {_at(row)}  {_named(row, _IDS)}".rstrip() for row in group[:_MOST_EXAMPLES])
    if len(ordered) > _MOST_TEXTS:
        yield f"  and {len(ordered) - _MOST_TEXTS} other texts"


def _at(row: Mapping[str, object]) -> str:
    at = row.get("TimeGenerated")
    return at.isoformat().replace("+00:00", "Z") if hasattr(at, "isoformat") else str(at)


def _named(row: Mapping[str, object], columns: Sequence[str]) -> str:
    return "  ".join(
        f"{column}={_one_line(row[column])}" for column in columns if row.get(column) not in (None, "")
    )


def _one_line(value: object) -> str:
    return " ".join(str(value).split())

"""Say a diagnosis in words: the sentences that the card and the report share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.context.history.words import top_sentence
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Finding, Number, Unexplained, Verdict
from shared.playbooks.rank import is_risk
from shared.queries.scope import Window

_MOST_RESOURCES = 10  # that one sentence names
_SERVICES = {
    "microsoft.signalrservice/webpubsub": "Web PubSub",
    "microsoft.communication/communicationservices": "Communication Services",
}
_SEEN = {
    Verdict.SUPPORTED: "",
    Verdict.MINOR: "Seldom: ",
    Verdict.REFUTED: "Not seen: ",
    Verdict.INCONCLUSIVE: "Too little to tell: ",
    Verdict.NO_DATA: "No data: ",
    Verdict.FAILED: "Could not be checked: ",
}
_CONCLUSIONS = {
    Conclusion.NOTHING_FOUND: "Cause not found: events are ample, and none of the causes this playbook knows explains them.",
    Conclusion.INCONCLUSIVE: "Cause not yet known: the evidence is thin or contradictory.",
    Conclusion.NO_DATA: "Cause not known: the tables that would tell are empty or were never received.",
    Conclusion.FAILED: "Cause not known: no check could run.",
}

_PERCENTAGES = {"ServerLoad": "Server load", "ConnectionQuotaUtilization": "Connection quota in use"}
CHURN = "Reconnect churn"
LOADS = (*_PERCENTAGES.values(), CHURN)


@dataclass(frozen=True, slots=True)
class FindingGroups:
    """The findings of a diagnosis by what they mean to a reader, each best first."""

    cause: Finding | None
    also: tuple[Finding, ...]  # supported, but not the cause
    minor: tuple[Finding, ...]  # there too, and too small to be the cause
    unsettled: tuple[Finding, ...]
    ruled_out: tuple[Finding, ...]
    unexamined: tuple[Finding, ...]  # without data, or their check failed
    risks: tuple[Finding, ...] = ()  # at work, though the symptom is absent


def grouped(diagnosis: Diagnosis) -> FindingGroups:
    """Sort the findings of a diagnosis for a reader."""
    cause = diagnosis.finding(diagnosis.cause) if diagnosis.cause else None

    def with_verdict(*verdicts: Verdict) -> tuple[Finding, ...]:
        return tuple(
            finding
            for finding in diagnosis.findings
            if finding is not cause and not is_risk(finding) and finding.evidence.verdict in verdicts
        )

    return FindingGroups(
        cause=cause,
        also=with_verdict(Verdict.SUPPORTED),
        minor=with_verdict(Verdict.MINOR),
        unsettled=with_verdict(Verdict.INCONCLUSIVE),
        ruled_out=with_verdict(Verdict.REFUTED),
        unexamined=with_verdict(Verdict.NO_DATA, Verdict.FAILED),
        risks=tuple(filter(is_risk, diagnosis.findings)),
    )


def diagnosis_headline(diagnosis: Diagnosis, severity: int | None) -> str:
    """Say in one line what is wrong and how urgent it is."""
    urgency = "" if severity is None else f"Sev {severity}: "
    return f"{urgency}{_SEEN[diagnosis.symptom.verdict]}{diagnosis.title}"


def seen(verdict: Verdict) -> str:
    """Return what stands before a symptom whose check did not simply find it: "Not seen: "."""
    return _SEEN[verdict]


def conclusion(diagnosis: Diagnosis) -> str:
    """Say what the whole playbook found, in one line."""
    if diagnosis.cause:
        return f"Cause: {diagnosis.finding(diagnosis.cause).title}"
    return _CONCLUSIONS.get(diagnosis.conclusion, "Cause not yet known.")


def evidence_line(finding: Finding) -> str:
    """Say how far a finding's evidence can be trusted, and since when it holds."""
    onset = f", since {moment(finding.evidence.onset)}" if finding.evidence.onset else ""
    return f"{finding.kind.value.capitalize()} evidence, strength {finding.evidence.strength:.2f} of 1{onset}"


def follows_from(finding: Finding, diagnosis: Diagnosis) -> str | None:
    """Name what a finding is a consequence of, or None."""
    if finding.consequence_of is None:
        return None
    playbook, _, hypothesis = finding.consequence_of.rpartition("/")
    titles = (
        {other.hypothesis: other.title for other in diagnosis.findings}
        if playbook in {"", diagnosis.playbook}
        else {}
    )
    return titles.get(hypothesis, finding.consequence_of)


def unexplained_heading(diagnosis: Diagnosis) -> str:
    """Say how many bad events no hypothesis explains; "" where there are none."""
    if diagnosis.unexplained_total is None:
        return "How many bad events no hypothesis explains is unknown, for the query was not answered whole"
    total = diagnosis.unexplained_total
    return f"No hypothesis explains {total:,} bad events" if diagnosis.unexplained else ""


def unexplained_lines(diagnosis: Diagnosis, *, of_strangers: bool = True) -> list[str]:
    """Say which bad events no hypothesis explains, most frequent first.

    `of_strangers` says whether the text of a single caller stands there: whoever sent it chose it.
    """
    return [_unexplained_line(group, of_strangers=of_strangers) for group in diagnosis.unexplained]


def _unexplained_line(group: Unexplained, *, of_strangers: bool) -> str:
    if group.callers is None:
        return f"{group.events:,} times: {group.text}"
    if group.callers == 1:
        return f"{group.events:,} times by one caller{f': {group.text}' if of_strangers else ''}"
    return f"{group.events:,} times by {group.callers:,} callers: {group.text}"


def hole_lines(diagnosis: Diagnosis) -> list[str]:
    """Say which tables leave out a part of the window."""
    return [f"{coverage.table} holds {coverage.note}" for coverage in diagnosis.coverage if coverage.note]


def change_lines(diagnosis: Diagnosis, most: int = 3) -> list[str]:
    """Say which changes to ask about first, that there is none, and what could not be read."""
    recent = diagnosis.changes
    if recent is None:
        return []
    titles = {finding.hypothesis: finding.title for finding in diagnosis.findings}
    telling = recent.pointed_out(diagnosis.cause)[:most]
    lines = [
        f"Changed before (a correlation): {top_sentence(change, recent, diagnosis.cause, titles)}"
        for change in telling
    ]
    if recent.bears_nothing and not recent.gaps:
        lines.append("Changed before: nothing that bears on this symptom in 24 hours.")
    if others := len(recent.changes) + recent.left_out - len(telling):
        lines.append(less_likely(others))
    return lines + [f"Changes not read in full: {gap.sentence}." for gap in recent.gaps]


def less_likely(changes: int) -> str:
    """Say how many changes are not pointed out."""
    return f"Changes less likely to matter, which the report lists: {changes}."


def load_of(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """Say how much a resource had to bear, as far as its metrics told."""
    load = diagnosis.load
    loads = [
        (title, f"at most {number(float(load[metric]))} %")
        for metric, title in _PERCENTAGES.items()
        if metric in load
    ]
    if "ReconnectChurn" in load:
        churn = number(round(float(load["ReconnectChurn"]), 2))
        loads.append((CHURN, f"{churn} opened for each connection open at the peak"))
    return loads


def resource_name(resource: str) -> str:
    """Name a resource for a person: its name, its service and its group."""
    parts = resource.strip("/").split("/")
    if len(parts) < 8:
        return resource
    kind = f"{parts[5]}/{parts[6]}".lower()
    return f"{parts[7]} ({service_name(kind)}, group {parts[3]})"


def service_name(kind: str) -> str:
    """Name a service by its ARM type in lower case."""
    return _SERVICES.get(kind, kind)


def resource_names(resources: Sequence[str]) -> str:
    """Name the first resources, and say how many more there are."""
    names = ", ".join(resource_name(resource) for resource in resources[:_MOST_RESOURCES])
    more = f" and {len(resources) - _MOST_RESOURCES} more" if len(resources) > _MOST_RESOURCES else ""
    return f"{names}{more}"


def moment(when: datetime) -> str:
    """Write a moment for a person, in UTC, to the minute."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span(window: Window) -> str:
    """Write a window for a person; the date is not said twice."""
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    minutes = (end - start) // timedelta(minutes=1)
    length = f"{minutes} min" if minutes < 120 else f"{minutes / 60:.3g} h"
    return f"{start:%Y-%m-%d %H:%M} to {until} UTC ({length})"


def number(value: Number) -> str:
    """Write a number of a check for a person."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return value

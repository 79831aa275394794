"""Say what to look at next after a diagnosis, and with which command."""

from datetime import timedelta

from shared.playbooks.diagnosis import Conclusion, Diagnosis, Verdict
from shared.playbooks.next_command import diagnose_command, fetch_command
from shared.queries.categories import named
from shared.queries.scope import Window

_QUARTER = timedelta(minutes=15)  # time zones differ by whole quarters of an hour ...
_FARTHEST_ZONE = timedelta(hours=14)  # ... and from UTC by so much at most
_TICK = timedelta(microseconds=1)


def next_step(diagnosis: Diagnosis) -> str:
    """Return the next step of a diagnosis whose conclusion is known, in one or a few sentences."""
    if diagnosis.conclusion is Conclusion.SUPPORTED:
        return f"Carry out the first step for {diagnosis.cause} and verify it before the next."
    if diagnosis.conclusion is Conclusion.NOTHING_FOUND:
        return _after_nothing(diagnosis)
    if diagnosis.conclusion is Conclusion.NO_DATA:
        return elsewhere(diagnosis) or _after_no_data(diagnosis)
    if diagnosis.conclusion is Conclusion.FAILED:
        return f"Mend the access to the evidence first: {_first_summary(diagnosis, Verdict.FAILED)}"
    return _after_thin(diagnosis)


def deciding_command(diagnosis: Diagnosis, *, logs: str | None = None) -> str:
    """Return the command that brings what would decide, "" where none does; `logs` is the folder that was read."""
    if diagnosis.conclusion not in (Conclusion.INCONCLUSIVE, Conclusion.NO_DATA):
        return ""
    resource, asked, playbook = diagnosis.resource, diagnosis.window, diagnosis.playbook
    if diagnosis.conclusion is Conclusion.NO_DATA:
        shift = _shift_of(diagnosis)
        if shift:
            shifted = Window(asked.start - shift, asked.end - shift)
            return diagnose_command(resource, shifted, playbook=playbook, logs=logs)
        return "" if _is_of_strangers(diagnosis) else fetch_command(resource, asked)
    if _uncollected(diagnosis) or _uncovered(diagnosis):
        return fetch_command(resource, asked)
    if _unanswered(diagnosis) or diagnosis.unexplained_total is None:
        return diagnose_command(resource, asked, playbook=playbook, logs=logs)
    return ""


def _is_of_strangers(diagnosis: Diagnosis) -> bool:
    """Tell whether all rows belong to other resources, so that the resource id is wrong rather than the rows missing."""
    return _rows_of(diagnosis) is None and any(one.held for one in diagnosis.coverage)


def elsewhere(diagnosis: Diagnosis) -> str:
    """Say that the rows lie at another time, or belong to other resources; "" where there are none."""
    rows = _rows_of(diagnosis)
    if rows is None:
        strangers = sum(one.held for one in diagnosis.coverage)
        wrong = f"The {strangers:,} rows of these tables belong to other resources: check the resource id."
        return wrong if _is_of_strangers(diagnosis) else ""
    asked = diagnosis.window
    if rows.start < asked.start and asked.end < rows.end:
        return "The tables hold rows before and after this window and none in it: nobody came, or the logs have a gap."
    zone = " Is the window given in local time? Write the zone with it." if _shift_of(diagnosis) else ""
    days = {moment.date() for span in (rows, asked) for moment in (span.start, span.end - _TICK)}
    form = "%H:%M" if len(days) == 1 else "%Y-%m-%d %H:%M"
    held, wanted = (f"{span.start:{form}} to {span.end:{form}}" for span in (rows, asked))
    return f"The tables hold {held} UTC, you asked for {wanted} UTC.{zone}"


def _rows_of(diagnosis: Diagnosis) -> Window | None:
    """Return the time from the first to the last row of the resource; None where there is none."""
    spans = [(one.oldest, one.newest) for one in diagnosis.coverage if one.oldest and one.newest]
    if not spans:
        return None
    return Window(min(oldest for oldest, _ in spans), max(newest for _, newest in spans) + _TICK)


def _shift_of(diagnosis: Diagnosis) -> timedelta | None:
    """Return how much too late the window is, if the rows would lie in it were it given in another time zone."""
    rows, asked = _rows_of(diagnosis), diagnosis.window
    if rows is None:
        return None
    shift = round((asked.start - rows.start) / _QUARTER) * _QUARTER
    fits = asked.start - shift - _QUARTER <= rows.start and rows.end <= asked.end - shift + _QUARTER
    return shift if fits and timedelta(0) < abs(shift) <= _FARTHEST_ZONE else None


def _after_nothing(diagnosis: Diagnosis) -> str:
    if diagnosis.symptom.verdict is Verdict.REFUTED:
        return f"The symptom is not in this window: {diagnosis.symptom.summary}"
    return "The symptom is there and no known cause explains it: read the unclassified rows by hand."


def _after_no_data(diagnosis: Diagnosis) -> str:
    tables = ", ".join(diagnosis.missing) or "the service's tables"
    return f"No evidence in this window: check that a diagnostic setting sends the logs behind {tables} to this workspace."


def _after_thin(diagnosis: Diagnosis) -> str:
    sentences = [
        _unanswered(diagnosis),
        _uncollected(diagnosis),
        _uncovered(diagnosis),
        _unexplained(diagnosis),
    ]
    return " ".join(filter(None, sentences)) or _undecided(diagnosis)


def _unanswered(diagnosis: Diagnosis) -> str:
    failed = _hypotheses_with(diagnosis, Verdict.FAILED)
    return f"Some checks did not answer ({failed}): run the diagnosis again." if failed else ""


def _uncollected(diagnosis: Diagnosis) -> str:
    """Name the tables without rows that would decide, and what they would decide."""
    findings = [finding for finding in diagnosis.findings if finding.evidence.verdict is Verdict.NO_DATA]
    lacking = {table for finding in findings for table in finding.evidence.lacking}
    if diagnosis.symptom.verdict is Verdict.NO_DATA:
        lacking |= set(diagnosis.symptom.lacking)
    if not lacking:
        names = ", ".join(finding.hypothesis for finding in findings)
        is_there = diagnosis.symptom.verdict is Verdict.SUPPORTED
        return f"Not examined: {names}." if names and is_there else ""
    tables = ", ".join(map(named, sorted(lacking)))
    decided = ", ".join(finding.hypothesis for finding in findings if finding.evidence.lacking)
    would = f" They would decide {decided}." if decided else ""
    return f"Collect or export the rows of {tables}: there are none of this resource.{would}"


def _uncovered(diagnosis: Diagnosis) -> str:
    holes = [f"{one.table} holds {one.note}" for one in diagnosis.coverage if one.note]
    return (
        f"The window is not covered: {'; '.join(holes)}. Look again when more rows have arrived, or export again."
        if holes
        else ""
    )


def _unexplained(diagnosis: Diagnosis) -> str:
    total = diagnosis.unexplained_total
    if total is None:
        return "How many bad events no hypothesis explains is unknown, for the query was not answered: run the diagnosis again."
    if not diagnosis.unexplained:
        return ""
    most = diagnosis.unexplained[0]
    return f"No hypothesis explains {total:,} bad events, most often ({most.events:,} of them): {most.text}"


def _undecided(diagnosis: Diagnosis) -> str:
    names = _hypotheses_with(diagnosis, Verdict.INCONCLUSIVE) or _hypotheses_with(diagnosis, Verdict.MINOR)
    return f"The evidence is too thin or contradictory for {names or 'the hypotheses'}: look again when more rows have arrived, or widen the window."


def _hypotheses_with(diagnosis: Diagnosis, verdict: Verdict) -> str:
    return ", ".join(
        finding.hypothesis for finding in diagnosis.findings if finding.evidence.verdict is verdict
    )


def _first_summary(diagnosis: Diagnosis, verdict: Verdict) -> str:
    answers = [diagnosis.symptom, *(finding.evidence for finding in diagnosis.findings)]
    return next(evidence.summary for evidence in answers if evidence.verdict is verdict)

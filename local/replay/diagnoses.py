"""Diagnose a case's own window again and again as its rows are ingested, without running the watch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.arm import arm_from, has_arm
from local.azure.session import context_of, logs_of, metrics_of
from local.azure.small_azure import small_azure
from local.exports import read_folder
from local.replay.case import Case
from local.replay.live import metrics_from
from local.workspace.arrival import with_arrival
from local.workspace.database import Workspace
from shared.playbooks.diagnosis import Diagnosis, Verdict
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from shared.playbooks.rank import DIRECT
from shared.playbooks.run import diagnose
from shared.queries.run import Run

# Resource logs arrive after 3 to 10 minutes (azure-monitor-docs, logs/data-ingestion-time.md) ...
DELAYS = (timedelta(0), timedelta(minutes=3), timedelta(minutes=10), timedelta(minutes=20))
# ... and ACS call tables after 40 to 60 (azure-docs, communication-services call-summary-updates-log-schema.md).
LATE_DELAYS = (*DELAYS, timedelta(minutes=60), timedelta(minutes=120))
_LATE_TABLES = "ACSCall"


@dataclass(frozen=True, slots=True)
class TimedDiagnosis:
    """One diagnosis of a case, at the time at which it was made."""

    at: datetime
    diagnosis: Diagnosis


def diagnoses_of(case: Case, playbooks: Mapping[str, Playbook] | None = None) -> Iterator[TimedDiagnosis]:
    """Yield diagnoses of a case until a direct cause is found, every row has arrived or the last delay has passed.

    Raises:
        InputError: the case names no known playbook, or its tables cannot be read.
    """
    playbook = case.known_playbook(playbooks)
    workspace, metrics = Workspace(), metrics_from(case, case.scope.window.start)
    workspace.load(with_arrival(read_folder(case.folder).tables))
    late = any(table.startswith(_LATE_TABLES) for table in playbook.tables)
    with small_azure(workspace, metrics=metrics, arm=arm_from(case.folder)) as azure:
        logs, measured = logs_of(azure), metrics_of(azure)
        sources = context_of(azure) if has_arm(case.folder) else None
        for delay in LATE_DELAYS if late else DELAYS:
            workspace.visible_until = metrics.visible_until = azure.arm.store.visible_until = (
                case.scope.window.end + delay
            )
            run = Run(logs, case.scope, metrics=measured, region=case.region)
            diagnosis = diagnose(playbook, run, playbooks or load_library(), sources)
            look = TimedDiagnosis(case.scope.window.end + delay, diagnosis)
            yield look
            if _is_settled(look.diagnosis) or not (workspace.is_hiding() or metrics.is_hiding()):
                return


def _is_settled(diagnosis: Diagnosis) -> bool:
    """Tell whether rows that arrive later cannot change the diagnosis.

    A cause that is only correlated may give way to a direct one, and what is inconclusive may still be ruled out.
    """
    undecided = any(finding.evidence.verdict is Verdict.INCONCLUSIVE for finding in diagnosis.findings)
    return diagnosis.cause is not None and diagnosis.finding(diagnosis.cause).kind in DIRECT and not undecided


def differences(case: Case, diagnosis: Diagnosis) -> list[str]:
    """Return one sentence for each difference between a diagnosis and what its case expects."""
    wrong = []
    if diagnosis.conclusion != case.conclusion:
        wrong.append(f"conclusion {diagnosis.conclusion}, expected {case.conclusion}")
    if diagnosis.cause != case.cause:
        wrong.append(f"cause {diagnosis.cause}, expected {case.cause}")
    wrong += [
        f"{name} is {diagnosis.finding(name).evidence.verdict}, expected ruled out"
        for name in case.ruled_out
        if diagnosis.finding(name).evidence.verdict is not Verdict.REFUTED
    ]
    wrong += [f"{name} is supported, which the case does not name" for name in case.unnamed(diagnosis)]
    return wrong

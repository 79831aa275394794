"""Look at everything that a working watch needs, one thing after the other; what cannot be read ends nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from local.doctor import logs, roles, telling, versions
from local.doctor.app import WatchingApp, find_app
from local.doctor.azure import WITHIN, AskedAzure
from local.doctor.remark import Light, Remark, unread
from shared.configuration.receivers import Routing
from shared.configuration.resources import WatchedResource
from shared.context.configuration import SETTINGS, SETTINGS_VERSION
from shared.context.discovery import most_used_workspace
from shared.context.live import Gap
from shared.context.ports import Absence, SourceUnavailableError
from shared.context.review.judge import Review
from shared.context.review.rule import Urgency
from shared.incidents.wording import resource_name

_NO_APP = Gap(Absence.NOT_FOUND, "the app is not named; give its name with --app")
_NO_WORKSPACE = Gap(Absence.NOT_FOUND, "which workspace the app asks is not known")


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: resources, what the team configured, and who reviews."""

    resources: Sequence[WatchedResource]
    routing: Routing
    review: Callable[[str, str], Review]
    knows_workspaces: bool = True  # False where nobody told which workspace the app asks


def examine(
    azure: AskedAzure, app_name: str, patient_of: Callable[[WatchingApp | None], Patient], now: datetime
) -> list[Remark]:
    """Return every remark, area by area."""
    app = find_app(azure, app_name) if app_name else _NO_APP
    known = None if isinstance(app, Gap) else app
    patient = patient_of(known)
    first = patient.resources[0].id
    remarks = [versions.clock_remark(azure, first, now), *versions.version_remarks(known)]
    for resource in patient.resources:
        remarks += review_remarks(patient.review(resource.id, resource.environment))
        configured = resource.workspace if patient.knows_workspaces else ""
        remarks += logs.log_remarks(azure, resource.id, configured, known, now)
    if isinstance(app, Gap):
        parts = (roles.AREA, telling.RECEIVERS, telling.GROUP, telling.BEATS)
        return [*remarks, *(unread(part, "what the app is", app) for part in parts)]
    return [*remarks, *_of_app(azure, app, patient, now)]


def review_remarks(review: Review) -> Iterator[Remark]:
    """Return the findings of a review; one that is urgent keeps the watch from working."""
    name = resource_name(review.resource)
    for unjudged in review.unjudged:
        yield unread("review", f"{name}: {', '.join(unjudged.rules)}", unjudged.gap)
    for fault in review.faults:
        light = Light.RED if fault.urgency is Urgency.URGENT else Light.ADVICE
        yield Remark(
            "review", light, f"{name}: {fault.title}. {fault.text.rstrip('.')}", fault.mend, fault.caution
        )
    if not review.faults and not review.unjudged:
        yield Remark("review", Light.GREEN, f"{name}: nothing found")


def _of_app(azure: AskedAzure, app: WatchingApp, patient: Patient, now: datetime) -> Iterator[Remark]:
    if app.state and app.state.lower() != "running":
        yield Remark(
            "app", Light.RED, f"{app.name} is {app.state.lower()}", f"az functionapp start {app.target}"
        )
    elif app.state:
        yield Remark("app", Light.GREEN, f"{app.name} is running")
    else:
        yield Remark("app", Light.UNREAD, f"the state of {app.name} is not told")
    ids = [resource.id for resource in patient.resources]
    yield from roles.role_remarks(azure, app, ids, _workspace_ids(azure, ids))
    yield from telling.receiver_remarks(azure, app, patient.routing)
    groups = telling.members(azure, app, "actionGroups")
    yield from telling.group_remarks(groups, app)
    rules = telling.members(azure, app, "scheduledQueryRules")
    yield from telling.heartbeat_remarks(rules, groups, app)
    if patient.knows_workspaces:
        for workspace in dict.fromkeys(resource.app_workspace for resource in patient.resources):
            yield from logs.beat_remarks(azure, workspace, app, now)
    else:
        yield unread(telling.BEATS, "the logs of the app", _NO_WORKSPACE)


def _workspace_ids(azure: AskedAzure, resources: Sequence[str]) -> list[str]:
    """Return the ids of the workspaces that logs go to; what cannot be read is said of the workspaces themselves."""
    workspaces = []
    for resource in resources:
        try:
            settings = azure.sources.resources.children(f"{resource}{SETTINGS}", SETTINGS_VERSION, WITHIN)
        except SourceUnavailableError:
            continue
        workspaces.append(most_used_workspace(settings))
    return [each for each in dict.fromkeys(workspaces) if each]

"""Give the alert in Azure that an incident began with the state of that incident: the one write to Azure there is."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.alerts.alert import Alert
from shared.alerts.inbox import Announcer
from shared.alerts.meaning import AlertContext, meaning_of
from shared.context.ports import Absence, SourceUnavailableError
from shared.incidents.incident import AlertState, Incident
from shared.incidents.lifecycle.azure_alert import alert_settled
from shared.incidents.lifecycle.sentences import how_it_ended
from shared.incidents.lifecycle.timeline import short
from shared.incidents.ports import Casework
from shared.incidents.store import stored_diagnosis
from shared.incidents.wording import conclusion, moment
from shared.isolation import Isolation
from shared.redaction import UserIds

GIVEN_UP_AFTER = timedelta(days=1)  # since the end of an incident
MOST = 20  # incidents of one run; the next one takes the others
_WITHIN = timedelta(seconds=10)  # for one alert
_WORKSPACE = "/providers/microsoft.operationalinsights/workspaces/"
_MOST_LETTERS = 1_000  # of a comment
_OF_ALL = frozenset({Absence.THROTTLED, Absence.OUT_OF_TIME, Absence.UNREACHABLE})  # not of one alert alone
_PASSING = _OF_ALL | {Absence.BROKEN}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AzureAlert:
    """An alert as Azure keeps it: its state, and what it says, as if it had been delivered."""

    state: AlertState
    alert: Alert


class AzureAlerts(Protocol):
    """The alerts that Azure keeps. Changing their state is the only write of the product to Azure."""

    def current(self, alert: str, within: timedelta) -> AzureAlert:
        """Return an alert, by its ARM id, as it is now.

        Raises:
            SourceUnavailableError: it did not answer; `Absence.NOT_FOUND` where Azure keeps it no more.
        """
        ...

    def change_state(self, alert: str, state: AlertState, comment: str, within: timedelta) -> None:
        """Give an alert a state; to give it the same one again changes nothing but its history.

        Raises:
            SourceUnavailableError: it was not changed, or that is not known.
        """
        ...


@dataclass(frozen=True, slots=True)
class StateDesk:
    """Dependencies of `set_states`."""

    azure: AzureAlerts
    casework: Casework
    announcer: Announcer
    users: UserIds
    titles: Mapping[str, str]  # of playbooks, by symptom
    context: AlertContext


def set_states(desk: StateDesk, now: datetime) -> tuple[Incident, ...]:
    """Set the states that are due; return the incidents whose alerts are settled.

    Safe to repeat, beside any other instance. Where Azure does not answer, the next run makes up for it.
    """
    changed: list[Incident] = []
    isolation = Isolation("set_alert_states", desk.casework.troubles)
    for incident in desk.casework.incidents.with_stale_alert()[:MOST]:
        try:
            # Where another instance was first, the next run looks at it as it then is.
            with isolation.item(incident.id, passing=SourceUnavailableError):
                text = _set_state(desk, incident, now)
                changed.append(_saved(desk, incident, text, now))
        except SourceUnavailableError as error:
            _log.warning("the alert of %s is not settled yet: %s", incident.id, error.sentence)
            if error.absence in _OF_ALL:
                break  # the same would be said of every other
    isolation.end()
    return tuple(changed)


def _saved(desk: StateDesk, incident: Incident, text: str, now: datetime) -> Incident:
    state = incident.due_alert_state
    return desk.casework.incidents.save(alert_settled(incident, state, text, now)) if state else incident


def _set_state(desk: StateDesk, incident: Incident, now: datetime) -> str:
    """Set the state of one alert; return what the timeline says of it, nothing where it is not worth a line.

    Raises:
        SourceUnavailableError: it is worth another attempt.
    """
    alert, state = incident.azure_alert or "", incident.due_alert_state
    if state is None or (incident.closed_at is not None and now - incident.closed_at > GIVEN_UP_AFTER):
        return ""
    try:
        current = desk.azure.current(alert, _WITHIN)
        # Whoever has the key of our endpoint names an alert; that must not reach those of others.
        if not _is_about(desk, current.alert, incident):
            return f"not set to {state}: Azure says that it is about another resource"
        # Whoever closed it meanwhile is right, and a repeat leaves no second comment.
        if current.state in {state, AlertState.CLOSED}:
            return f"it is {current.state} already"
        desk.azure.change_state(alert, state, _comment(desk, incident), _WITHIN)
    except SourceUnavailableError as error:
        if error.absence in _PASSING:
            raise
        if error.absence is Absence.FORBIDDEN:
            _say_what_is_missing(desk, error, now)
        return f"not set to {state}: {error.sentence}"
    return f"set to {state}"


def _is_about(desk: StateDesk, alert: Alert, incident: Incident) -> bool:
    """Tell whether an alert is on the resource of an incident, or on a workspace and names that resource."""
    if incident.resource in alert.targets:
        return True
    resource = meaning_of(alert, desk.context).resource
    is_on_workspace = any(_WORKSPACE in target for target in alert.targets)
    return is_on_workspace and resource is not None and resource.id == incident.resource


def _say_what_is_missing(desk: StateDesk, error: SourceUnavailableError, now: datetime) -> None:
    """Tell people once; the same key again is the same notice."""
    text = (
        f"{error.sentence[0].upper()}{error.sentence[1:]}.\n\n"
        "Incidents go on as before; only their alerts in Azure keep the state New. Give the app's identity the action "
        "Microsoft.AlertsManagement/alerts/changestate/action, or set SET_ALERT_STATES to false."
    )
    desk.announcer.announce("alert states: forbidden", "Alerts in Azure cannot be acknowledged", text, now)


def _comment(desk: StateDesk, incident: Incident) -> str:
    """Return what the alert's history says in Azure: what was found, and how it ended."""
    title = desk.titles.get(incident.symptom, incident.symptom)
    parts = [f"Linekeeper, severity {incident.severity}: {title}.", _finding(desk, incident)]
    if incident.closed_at is not None:
        parts.append(f"Resolved {how_it_ended(incident)} at {moment(incident.closed_at)}.")
    parts.append(f"Incident {incident.id}.")
    return short(desk.users.hide_in(" ".join(part for part in parts if part)), _MOST_LETTERS)


def _finding(desk: StateDesk, incident: Incident) -> str:
    diagnosis = stored_diagnosis(desk.casework.documents, incident)
    if diagnosis is None:
        return ""
    sentence = f"{conclusion(diagnosis).rstrip('.')}."
    if diagnosis.cause is None:
        return sentence
    return f"{sentence} {diagnosis.finding(diagnosis.cause).evidence.summary}"

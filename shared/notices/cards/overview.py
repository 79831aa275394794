"""Say what is known of an incident in few lines: how bad, who is hit, how long it lasted, when it should be over."""

from datetime import UTC, timedelta

from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Ending, Incident
from shared.incidents.recent.words import headline_of, percent
from shared.incidents.report.durations import durations, in_words
from shared.incidents.wording import number
from shared.notices.cards.elements import full_name_of, name_of
from shared.playbooks.playbook import Headline

_DAY = timedelta(days=1)
Facts = list[tuple[str, str]]


def incident_headline(incident: Incident, headline: Headline) -> str:
    """Say in one line how urgent it is, where, and what users notice."""
    noticed = headline_of(headline, incident.share, past=not incident.is_open)
    line = f"Sev {incident.severity} · {name_of(incident.resource)}: {noticed}"
    if incident.is_open:
        return line
    return f"{line} · {'unconfirmed' if incident.ending is Ending.UNCONFIRMED else 'resolved'}"


def impact(incident: Incident, headline: Headline) -> str:
    """Say who and how many are hit; what was not counted is left out."""
    people = f"{number(incident.users)} user{'s' if incident.users != 1 else ''}" if incident.users else ""
    counted = ""
    if incident.share is not None:
        share = percent(incident.share)
        counted = (
            f"{number(incident.bad)} of {number(incident.total)} {headline.events} {headline.bad} ({share})"
        )
    elif incident.bad > 0:
        counted = f"{number(incident.bad)} {headline.events} {headline.bad}, of how many is not counted"
    return "; ".join(part for part in (people, counted) if part) or "not counted yet"


def closed_facts(incident: Incident, headline: Headline) -> Facts:
    """Return the facts about an incident that is over."""
    return [
        ("Lasted", _stretch(incident)),
        ("Hit", impact(incident, headline)),
        *durations(incident).rows(),
        ("Resource", full_name_of(incident.resource)),
    ]


def expectation(incident: Incident, rules: SeverityRules | None) -> str:
    """Say when an incident should be over, and who is notified how often, as its severity asks; empty where unknown."""
    if rules is None or not incident.is_open:
        return ""
    within, audience = rules.resolution.get(incident.severity), rules.audience(incident.severity)
    parts = [f"expected to be resolved within {_span(within)}"] if within else []
    parts += [f"told: {audience}"] if audience else []
    return f"Sev {incident.severity}: {'; '.join(parts)}." if parts else ""


def _stretch(incident: Incident) -> str:
    lasted = in_words(incident.last_bad - incident.onset)
    return f"{incident.onset.astimezone(UTC):%Y-%m-%d %H:%M} to {_until(incident)} UTC ({lasted})"


def _until(incident: Incident) -> str:
    """Write the end of the last bad 5 minutes; a date is not said twice."""
    start, end = incident.onset.astimezone(UTC), incident.last_bad.astimezone(UTC)
    return f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"


def _span(length: timedelta) -> str:
    """Write a length as teams write it: from two days on in days, else in hours."""
    return in_words(length) if length < 2 * _DAY else f"{length / _DAY:g} days"

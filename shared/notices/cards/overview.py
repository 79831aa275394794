"""Say what is known of an incident: how bad, since when, who is hit, and when it should be over."""

from datetime import UTC, timedelta

from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Ending, Incident
from shared.incidents.report.durations import durations, in_words
from shared.incidents.wording import moment, number
from shared.notices.cards.elements import full_name_of, name_of

_DAY = timedelta(days=1)
Facts = list[tuple[str, str]]


def incident_headline(incident: Incident, title: str) -> str:
    """Say in one line what is wrong, where and how bad it is."""
    line = f"Sev {incident.severity}: {title} · {name_of(incident.resource)}"
    if not incident.is_open:
        return f"{line} · {'unconfirmed' if incident.ending is Ending.UNCONFIRMED else 'resolved'}"
    share = f" · {incident.bad / incident.total:.0%} bad" if incident.total > 0 else ""
    return line + share


def impact(incident: Incident) -> str:
    """Say who and how many are hit; people or connections where they were counted."""
    people = f"{number(incident.users)} users or connections" if incident.users is not None else ""
    if incident.total > 0:
        events = f"{number(incident.bad)} of {number(incident.total)} ({incident.bad / incident.total:.1%}) events bad"
    elif incident.bad > 0:
        events = f"{number(incident.bad)} bad events (how many there were in all is not counted)"
    else:
        events = "" if people else "not counted yet"
    return "; ".join(part for part in (people, events) if part)


def open_facts(incident: Incident) -> Facts:
    """Return the facts about an incident that is open."""
    facts = [
        ("Hit", impact(incident)),
        ("Since", f"{moment(incident.onset)}, last bad {_until(incident)}"),
    ]
    if incident.total > 0:
        facts.append(("Worst", f"{incident.peak_ratio:.1%} bad in 5 minutes"))
    return [*facts, ("Resource", full_name_of(incident.resource))]


def closed_facts(incident: Incident) -> Facts:
    """Return the facts about an incident that is over."""
    return [
        ("Lasted", _stretch(incident)),
        ("Hit", impact(incident)),
        *durations(incident).rows(),
        ("Resource", full_name_of(incident.resource)),
    ]


def expectation(incident: Incident, rules: SeverityRules | None) -> str:
    """Say when an incident should be over, and who is notified how often, as its severity asks; empty where unknown."""
    if rules is None or not incident.is_open:
        return ""
    within, rhythm = rules.resolution.get(incident.severity), rules.told.get(incident.severity)
    parts = [f"expected to be resolved within {_span(within)}"] if within else []
    parts += [f"told: {rhythm}"] if rhythm else []
    return f"Sev {incident.severity}: {'; '.join(parts)}." if parts else ""


def _stretch(incident: Incident) -> str:
    lasted = in_words(incident.last_bad - incident.onset)
    return f"{incident.onset.astimezone(UTC):%Y-%m-%d %H:%M} to {_until(incident)} UTC ({lasted})"


def _until(incident: Incident) -> str:
    """Write the end of the last bad bucket; a date is not said twice."""
    start, end = incident.onset.astimezone(UTC), incident.last_bad.astimezone(UTC)
    return f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"


def _span(length: timedelta) -> str:
    """Write a length as teams write it: from two days on in days, else in hours."""
    return in_words(length) if length < 2 * _DAY else f"{length / _DAY:g} days"

"""Review the configuration of a resource as it is now."""

from datetime import datetime, timedelta
from functools import partial

from shared.context.configuration import (
    SETTINGS,
    SETTINGS_VERSION,
    WITHIN,
    gap_of,
    live_configuration,
    redacted,
)
from shared.context.live import Documents
from shared.context.ports import ContextSources, SourceUnavailableError
from shared.context.review.facts import Surroundings, facts_of
from shared.context.review.judge import Review, judge_configuration
from shared.context.review.rule import load_rules

_ALERTS = "/providers/Microsoft.Insights/activityLogAlerts"
_ALERTS_VERSION = "2020-10-01"


def review_resource(sources: ContextSources, resource: str, around: Surroundings, now: datetime) -> Review:
    """Read a resource and judge it by every rule; what cannot be read ends nothing."""
    live = live_configuration(sources, resource, now)
    return judge_configuration(resource, load_rules(), facts_of(live, around))


def subscription_part(
    sources: ContextSources, resource: str, collection: str, version: str, within: timedelta
) -> Documents:
    """Return the members of a collection of the subscription of a resource."""
    scope = "/".join(resource.split("/")[:3])
    try:
        members = sources.resources.children(f"{scope}{collection}", version, within)
    except SourceUnavailableError as error:
        return gap_of(error)
    return tuple(redacted(dict(member)) for member in members)


def surroundings_of(
    sources: ContextSources, resource: str, environment: str, within: timedelta = WITHIN
) -> Surroundings:
    """Read what of the subscription the rules look at."""
    read = partial(subscription_part, sources, resource)
    return Surroundings(
        environment=environment,
        alerts=read(_ALERTS, _ALERTS_VERSION, within),
        subscription_settings=read(SETTINGS, SETTINGS_VERSION, within),
    )

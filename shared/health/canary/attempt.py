"""Make one try of a hub's line and keep it, so that the watch counts it."""

import json
import logging
from collections.abc import Callable
from datetime import datetime

from shared.clock import iso
from shared.health.canary.line import Line
from shared.health.canary.steps import tried
from shared.signals.signal import bucket_of
from shared.signals.tries import REACH, LineTries, LineTry

_log = logging.getLogger(__name__)


def try_hub(
    resource: str,
    hub: str,
    address_of: Callable[[str], str],
    line_to: Callable[[str], Line],
    *,
    tries: LineTries,
    now: datetime,
) -> LineTry:
    """Try the line of a hub, keep what happened, and log it.

    Raises:
        LinekeeperError: storage does not answer.
    """
    steps = tried(address_of, line_to)
    line_try = LineTry(
        resource=resource,
        hub=hub,
        at=now,
        took=steps.took,
        failed_step=steps.failed_step,
        failure=steps.failure,
        failing_since=_failing_since(tries, resource, hub, now) if steps.failed_step else None,
    )
    # Before it is kept: the log tells of it where storage does not answer.
    facts = {"at": iso(now), "resource": resource, "hub": hub, "ms": dict(steps.took)}
    if line_try.failed_step:
        facts |= {"failed": line_try.failed_step, "why": line_try.failure}
    _log.log(logging.WARNING if line_try.failed_step else logging.INFO, "line tried %s", json.dumps(facts))
    tries.keep(line_try)
    return line_try


def _failing_since(tries: LineTries, resource: str, hub: str, now: datetime) -> datetime:
    """Return when the failed tries in a row began of which this is the last; tries long ago say nothing of it."""
    former = [
        line_try
        for line_try in tries.since(bucket_of(now - REACH))
        if (line_try.resource, line_try.hub) == (resource, hub) and line_try.at < now
    ]
    return (former[-1].failing_since if former else None) or now

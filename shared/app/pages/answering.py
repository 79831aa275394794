"""Answer whoever comes by a link on a card."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.runtime import Runtime, current
from shared.errors import LinekeeperError
from shared.redaction import redact

if TYPE_CHECKING:
    from datetime import datetime

    from shared.health.readiness import Probe
    from shared.incidents.incident import Incident
    from shared.notices.answers.history import IncidentHistories
    from shared.notices.answers.pages import HtmlPage
    from shared.notices.answers.respond import AnswerPorts, Responder

_log = logging.getLogger(__name__)


def respond_once(
    method: str, token: str, body: bytes, headers: Mapping[str, str], runtime: Runtime | None = None
) -> "HtmlPage":
    """Answer a request with a page, whatever is wrong on our side."""
    from shared.cloud.storage.unavailable import storage_answers
    from shared.isolation import DATA_ERRORS
    from shared.notices.answers.pages import busy_page, unusable_page
    from shared.notices.answers.request import LinkRequest

    try:
        with storage_answers():
            return responder(runtime or current()).receive(LinkRequest(method, token, body, headers))
    except LinekeeperError as error:
        _log.warning("A link on a card could not be answered: %s", redact(error.message))
        return busy_page()
    except DATA_ERRORS:
        _log.exception("A link on a card could not be answered")
        return unusable_page()


def responder(runtime: Runtime) -> "Responder":
    """Return what answers people."""
    from shared.notices.answers.respond import Responder

    return Responder(
        ring=runtime.key_ring,
        ports=partial(ports, runtime),
        clock=runtime.clock,
        address=runtime.settings.links_address,
        is_authenticated=runtime.settings.website_auth_enabled,
    )


def ports(runtime: Runtime) -> "AnswerPorts":
    """Return the dependencies of answers; they read of the configuration what they need."""
    from shared.notices.answers.respond import AnswerPorts

    return AnswerPorts(
        incidents=stores.incidents(runtime.fast_storage),
        playbooks=runtime.playbooks(),
        users=runtime.users,
        documents=lambda: stores.documents(runtime.storage),
        silences=lambda: stores.silences(runtime.storage, runtime.configuration().silences),
        declarations=lambda: bundles.declarations(runtime, runtime.configuration()),
        histories=partial(incident_histories, runtime),
        close=partial(_closed, runtime),
    )


def incident_histories(runtime: Runtime) -> "IncidentHistories":
    """Return where the history of incidents is read."""
    from shared.notices.answers.history import IncidentHistories

    storage = runtime.fast_storage
    return IncidentHistories(
        stores.counts(storage),
        runtime.configuration().objectives,
        stores.normals(storage),
        stores.declared_events(storage),
        runtime.users,
    )


def _closed(runtime: Runtime, incident: "Incident", now: "datetime") -> "Incident":
    from shared.incidents.closing import close

    configuration = runtime.configuration()
    casework = bundles.casework(runtime, configuration)
    quick = replace(casework, incidents=stores.incidents(runtime.fast_storage))
    policy = bundles.policy(runtime, configuration)
    return close(quick, policy, stores.counts(runtime.storage), incident, now)


def probes(runtime: Runtime) -> "list[Probe]":
    """Return what must hold so that links lead to us."""
    from shared.health.readiness import Probe

    probes = [Probe("settings: PUBLIC_URL", runtime.settings.check_public_url)]
    if runtime.settings.links_address:
        probes.append(Probe("keys of links", partial(_check_keys, runtime)))
    return probes


def _check_keys(runtime: Runtime) -> None:
    from shared.cloud.storage.unavailable import storage_answers

    with storage_answers():
        runtime.key_ring.check()

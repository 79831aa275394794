"""Say which tables belong to a service or a playbook, and which rows of a table belong to a resource."""

from collections.abc import Iterable

from shared.playbooks.playbook import Check, Engine, Playbook
from shared.queries.prelude import tables_of
from shared.queries.schema import tables
from shared.signals.signal import WEB_PUBSUB

_OF_SERVICE = ("WebPubSub", "ACS", "SignalR")


def owner_filter(table: str) -> str:
    """Write the condition in KQL under which a row of a table belongs to the scope."""
    if table == "AzureActivity":
        return (
            "parentResource(iff(isempty(_ResourceId), ResourceId, _ResourceId)) in (resourceIds) "
            'or CategoryValue in~ ("ServiceHealth", "ResourceHealth")'
        )
    return f"{'ofResource' if table.startswith(_OF_SERVICE) else 'ofApps'}(_ResourceId)"


def tables_of_playbook(playbook: Playbook) -> frozenset[str]:
    """Return the tables that any check of a playbook reads."""
    checks = [playbook.symptom_check, *(hypothesis.check for hypothesis in playbook.hypotheses)]
    all_checks: list[Check] = [*checks, *(check.fallback for check in checks if check.fallback)]
    return frozenset().union(*(tables_of(check.text) for check in all_checks if check.engine is Engine.LOGS))


def tables_of_service(service: str, playbooks: Iterable[Playbook]) -> list[str]:
    """Return the tables that a service writes, and those that the playbooks for it read."""
    prefix = "WebPubSub" if service == WEB_PUBSUB else "ACS"
    own = {name for name in tables() if name.startswith(prefix)}
    return sorted(own.union(*(tables_of_playbook(page) for page in playbooks if page.service == service)))

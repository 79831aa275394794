"""The probes a playbook may name: what only live configuration, metrics or Resource Graph can tell."""

from collections.abc import Mapping

from shared.playbooks.diagnosis import Evidence, Verdict

# What each probe needs. A probe whose source is not connected answers `no-data` and names it.
SOURCES: Mapping[str, str] = {
    "web-pubsub-configuration": "the live configuration of the resource and its hubs (Azure Resource Manager)",
    "web-pubsub-metrics": "the platform metrics of the resource (ConnectionCloseCount, ClientRequestStatus, ConnectionQuotaUtilization)",
}


def run_probe(name: str) -> Evidence:
    """Answer a registered probe.

    Raises:
        KeyError: no probe of this name is registered.
    """
    return Evidence(Verdict.NO_DATA, 0.0, f"Not examined: it needs {SOURCES[name]}, which is not connected.")

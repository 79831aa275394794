"""Which resource and symptom an alert means, and what its rule lacks."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.alerts.alert import Alert
from shared.alerts.meaning import AlertContext, FitReason, meaning_of
from shared.alerts.parse import alert_of
from shared.configuration.alerts import NamedRule
from shared.configuration.resources import WatchedResource, usable_resources
from shared.playbooks.loading.load import load_library
from tests.alerts.sample import LOBBY, NAMES, body, fired

CALLS = LOBBY.replace(
    "microsoft.signalrservice/webpubsub/lobby-prod", "microsoft.communication/communicationservices/calls"
)
FAILURES, DROPS = "web-pubsub-connection-failures", "web-pubsub-connection-drops"
KNOWN = AlertContext(
    resources=(WatchedResource(LOBBY, "w", "w", "w"), WatchedResource(CALLS, "w", "w", "w")),
    services={name: one.service for name, one in load_library().items()},
    rules=(NamedRule("lobby-refused-*", FAILURES), NamedRule("*-health", DROPS)),
)
MEANT = {
    "activity-administrative": (FitReason.NO_SYMPTOM, LOBBY, ""),
    "budget": (FitReason.NO_RESOURCE, None, ""),
    "log-simple": (FitReason.FITS, LOBBY, FAILURES),
    "log-v1-metric-measurement": (FitReason.NO_RESOURCE, None, ""),
    "log-v1-number-of-results": (FitReason.NO_RESOURCE, None, ""),
    "log-v2": (FitReason.FITS, LOBBY, FAILURES),
    "metric-availability": (FitReason.FITS, LOBBY, FAILURES),
    "metric-dynamic": (FitReason.FITS, LOBBY, DROPS),
    "metric-static": (FitReason.FITS, LOBBY, FAILURES),
    "metric-static-resolved": (FitReason.FITS, LOBBY, DROPS),
    "prometheus": (FitReason.NO_RESOURCE, None, ""),
    "resource-health": (FitReason.FITS, LOBBY, DROPS),
    "service-health": (FitReason.NO_RESOURCE, None, ""),
    "service-health-maintenance": (FitReason.NO_RESOURCE, None, ""),
    "smart-detection": (FitReason.NO_RESOURCE, None, ""),
}


def alert(name: str = "metric-static", custom: object = None, **essentials: Any) -> Alert:
    payload = fired(name)
    payload["data"]["customProperties"] = custom
    payload["data"]["essentials"] |= essentials
    return alert_of(body(payload))


def test_every_sample_has_its_meaning() -> None:
    assert sorted(MEANT) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_finds_the_resource_and_the_symptom_of(name: str) -> None:
    meaning = meaning_of(alert_of(body(fired(name))), KNOWN)

    assert MEANT[name] == (meaning.reason, meaning.resource.id if meaning.resource else None, meaning.symptom)
    assert (meaning.reason is FitReason.FITS) == (meaning.advice == "")


def test_the_custom_property_names_the_resource_before_the_dimension_and_the_target() -> None:
    custom = {"LinekeeperResource": CALLS.upper(), "linekeeperSymptom": "acs-call-connection-failures"}
    meaning = meaning_of(alert("log-v2", custom), KNOWN)

    assert (FitReason.FITS, CALLS) == (meaning.reason, meaning.resource and meaning.resource.id)


def test_the_dimension_comes_before_the_target() -> None:
    meaning = meaning_of(alert("log-v2", alertTargetIDs=[CALLS]), KNOWN)

    assert LOBBY == (meaning.resource and meaning.resource.id)


def test_a_replica_means_its_parent_and_the_first_watched_target_counts() -> None:
    meaning = meaning_of(alert(alertTargetIDs=["/subscriptions/5f", f"{LOBBY.upper()}/REPLICAS/EAST"]), KNOWN)

    assert LOBBY == (meaning.resource and meaning.resource.id)


def test_a_property_that_names_no_watched_resource_is_not_passed_over() -> None:
    meaning = meaning_of(alert(custom={"linekeeperResource": "lobby"}), KNOWN)

    assert FitReason.NOT_WATCHED is meaning.reason
    assert meaning.advice.startswith("Correct linekeeperResource in the rule's custom properties (lobby)")


def two_criteria(*metrics: str) -> Alert:
    payload = fired("metric-static")
    clauses = payload["data"]["alertContext"]["condition"]["allOf"]
    payload["data"]["alertContext"]["condition"]["allOf"] = [
        {**clauses[0], "metricName": metric, "dimensions": []} for metric in metrics
    ]
    return alert_of(body(payload))


@pytest.mark.parametrize(
    "metrics",
    [
        ("ServerLoad", "ConnectionCloseCount"),
        ("ConnectionCloseCount", "ServerLoad"),
        ("ServerLoad", "TotalConnectionCount", "connectionclosecount"),
    ],
)
def test_each_of_several_criteria_is_looked_at(metrics: tuple[str, ...]) -> None:
    assert DROPS == meaning_of(two_criteria(*metrics), KNOWN).symptom


@pytest.mark.parametrize("name", ["log-v2", "log-simple"])
def test_each_criterion_and_row_may_name_the_resource(name: str) -> None:
    payload = fired(name)
    condition = payload["data"]["alertContext"]["condition"]
    text = json.dumps(condition["allOf"])
    stranger = LOBBY.replace("lobby-prod", "strangers")
    condition["allOf"] = [*json.loads(text.replace(LOBBY, stranger)), *json.loads(text)]
    payload["data"]["essentials"]["alertTargetIDs"] = []
    meaning = meaning_of(alert_of(body(payload)), KNOWN)

    assert LOBBY == (meaning.resource and meaning.resource.id)


def test_a_dimension_may_name_the_symptom() -> None:
    payload = fired("log-v2")
    payload["data"]["essentials"]["alertRule"] = "nightly"
    clause = payload["data"]["alertContext"]["condition"]["allOf"][0]
    clause["dimensions"] = [*clause["dimensions"], {"name": "LinekeeperSymptom", "value": DROPS}]

    assert DROPS == meaning_of(alert_of(body(payload)), KNOWN).symptom


@pytest.mark.parametrize(
    ("custom", "targets"),
    [
        (None, ["/subscriptions/5f", LOBBY.upper().replace("LOBBY-PROD", "NEW") + "/REPLICAS/EAST"]),
        (None, [LOBBY.replace("lobby-prod", "new")]),
        ({"linekeeperResource": LOBBY.replace("lobby-prod", "NEW")}, [LOBBY]),
    ],
)
def test_the_line_that_would_have_it_watched_is_said(
    custom: object, targets: list[str], tmp_path: Path
) -> None:
    meaning = meaning_of(alert(custom=custom, alertTargetIDs=targets), KNOWN)
    advice, _, line = meaning.advice.rpartition("\n\n")

    assert "add this line under `resources:` of config/resources.yaml" in advice
    (tmp_path / "resources.yaml").write_text(f"resources:\n  {line}\n", encoding="utf-8")
    (resource,), problems = usable_resources(tmp_path, "3d5e6f70-0002-4000-8000-00000000b002")
    assert (LOBBY.replace("lobby-prod", "new"), 0) == (resource.id, len(problems))


@pytest.mark.parametrize(
    "target",
    [
        LOBBY.replace("microsoft.signalrservice/webpubsub", "microsoft.storage/storageaccounts"),
        LOBBY.replace("lobby-prod", "new: [x]"),
        LOBBY.replace("lobby-prod", "new # not this"),
    ],
)
def test_no_line_is_said_for_what_cannot_be_watched(target: str) -> None:
    assert "add this line" not in meaning_of(alert(alertTargetIDs=[target]), KNOWN).advice


def test_a_symptom_of_another_service_is_refused_with_those_that_may_stand_there() -> None:
    meaning = meaning_of(alert(custom={"linekeeperSymptom": "acs-call-connection-failures"}), KNOWN)

    assert FitReason.UNKNOWN_SYMPTOM is meaning.reason
    assert f"one of {DROPS}, {FAILURES}, web-pubsub-event-handler-errors" in meaning.advice


def test_the_name_of_the_rule_comes_before_its_metric() -> None:
    meaning = meaning_of(alert(alertRule="Lobby-Health"), KNOWN)

    assert DROPS == meaning.symptom


def test_what_the_rule_lacks_is_said() -> None:
    nameless = meaning_of(alert("log-v2", alertRule="nightly"), KNOWN)
    homeless = meaning_of(alert(alertTargetIDs=None), KNOWN)

    assert "linekeeperSymptom" in nameless.advice
    assert "name the rule 'nightly' in config/alerts.yaml" in nameless.advice
    assert "linekeeperResource" in homeless.advice

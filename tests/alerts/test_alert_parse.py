"""Every variant is read, fired and resolved; and nothing that is sent raises anything but an InputError."""

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.alert import Variant
from shared.alerts.parse import alert_of, glance_at
from shared.errors import InputError
from tests.alerts.sample import LOBBY, NAMES, body, fired, resolved, sample

FIRED_AT = datetime(2026, 3, 2, 12, 5, 12, 851000, UTC)
WORKSPACE = LOBBY.replace(
    "microsoft.signalrservice/webpubsub/lobby-prod", "microsoft.operationalinsights/workspaces/rt-logs"
)
READ = {
    "activity-administrative": (
        Variant.ACTIVITY,
        4,
        "Microsoft.SignalRService/webPubSub/regenerateKey/action Succeeded",
    ),
    "budget": (Variant.OTHER, None, "Your spend for budget rt-monthly is now EUR 51.20"),
    "log-simple": (
        Variant.LOG_SIMPLE,
        3,
        (
            "A row matched the rule: TimeGenerated: 2026-03-02T12:04:58Z, Level: Error, "
            "Message: token of [alice](https://evil.example) refused"
        ),
    ),
    "log-v1-metric-measurement": (
        Variant.LOG_V1,
        4,
        "The search had 2 results, the rule asks for Greater Than 0",
    ),
    "log-v1-number-of-results": (
        Variant.LOG_V1,
        4,
        "The search had 1 results, the rule asks for Greater Than 0",
    ),
    "log-v2": (
        Variant.LOG_V2,
        2,
        "the result (Count) was 233, the rule asks for GreaterThan 20 over PT1H",
    ),
    "metric-availability": (
        Variant.METRIC_AVAILABILITY,
        1,
        "FailedLocation (Sum) was 5, the rule asks for GreaterThan 2 over PT5M",
    ),
    "metric-dynamic": (
        Variant.METRIC_DYNAMIC,
        2,
        "ConnectionCloseCount (Average) was 78.09, the rule asks for GreaterThan 0.3 over PT15M",
    ),
    "metric-static": (
        Variant.METRIC_STATIC,
        2,
        "ClientRequestStatus (Total) was 412, the rule asks for GreaterThan 50 (Status: 401) over PT5M",
    ),
    "metric-static-resolved": (
        Variant.METRIC_STATIC,
        3,
        (
            "ConnectionCloseCount (Average) was 7.727, the rule asks for GreaterThan 25 "
            "(ConnectionCloseCategory: ServiceReload) over PT5M"
        ),
    ),
    "prometheus": (Variant.OTHER, 3, "Clients of the lobby cannot get in"),
    "resource-health": (
        Variant.RESOURCE_HEALTH,
        4,
        "Connections are refused: from Available to Unavailable (PlatformInitiated)",
    ),
    "service-health": (
        Variant.SERVICE_HEALTH,
        4,
        "Incident: Web PubSub clients may be disconnected (Azure Web PubSub, West Europe), Active",
    ),
    "service-health-maintenance": (
        Variant.SERVICE_HEALTH,
        4,
        "Maintenance: Web PubSub maintenance pending (Azure Web PubSub, West Europe), Planned",
    ),
    "smart-detection": (
        Variant.OTHER,
        4,
        "Dependency Latency Degradation notifies you of an unusual increase in response",
    ),
}


def test_every_sample_has_its_expectation() -> None:
    assert sorted(READ) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_says_the_variant_the_severity_and_the_numbers_of(name: str) -> None:
    alert = alert_of(body(fired(name)))

    assert READ[name] == (alert.variant, alert.severity, alert.text)
    assert alert.fired


@pytest.mark.parametrize("name", NAMES)
def test_fired_and_resolved_are_two_deliveries_of_one_occurrence_of(name: str) -> None:
    first, second = alert_of(body(fired(name))), alert_of(body(resolved(name)))

    assert (first.id, True, False) == (second.id, first.fired, second.fired)
    assert first.key != second.key


def test_another_firing_of_the_same_rule_is_another_occurrence() -> None:
    later = fired("metric-static")
    later["data"]["essentials"]["firedDateTime"] = "2026-03-02T13:05:12.851Z"

    assert alert_of(body(later)).id != alert_of(body(fired("metric-static"))).id


def test_two_alerts_under_one_origin_are_two_deliveries() -> None:
    other = fired("log-v2")
    other["data"]["essentials"]["alertId"] += "f"

    assert alert_of(body(other)).key != alert_of(body(fired("log-v2"))).key


def test_reads_the_time_of_seven_digits_and_the_ids_in_lower_case() -> None:
    alert = alert_of(body(sample("metric-static-resolved")))

    assert datetime(2026, 3, 2, 12, 5, 24, 371321, UTC) == alert.fired_at
    assert datetime(2026, 3, 2, 12, 40, 16, 224631, UTC) == alert.resolved_at
    assert (LOBBY,) == alert.targets


def test_reads_the_dimension_that_names_the_resource_and_the_custom_properties() -> None:
    log = alert_of(body(fired("log-v2")))

    assert (FIRED_AT, (WORKSPACE,)) == (log.fired_at, log.targets)
    assert LOBBY == log.dimensions["_ResourceId"]
    assert {"team": "realtime", "runbook": "lobby-closed"} == log.properties


def test_a_simple_log_alert_names_the_resource_of_its_row() -> None:
    assert LOBBY == alert_of(body(fired("log-simple"))).dimensions["_ResourceId"]


def test_the_link_leads_to_the_filtered_results_or_to_the_resource() -> None:
    assert str(alert_of(body(fired("log-v2"))).link).endswith("&filtered")
    assert f"https://portal.azure.com/#@/resource{LOBBY}" == alert_of(body(fired("metric-static"))).link


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "http://evil.example", "https://a b", 7, None, ["https://a"]]
)
def test_no_other_link_is_shown(address: object) -> None:
    payload = fired("log-v2")
    clause = payload["data"]["alertContext"]["condition"]["allOf"][0]
    clause["linkToFilteredSearchResultsUI"] = clause["linkToSearchResultsUI"] = address

    assert f"https://portal.azure.com/#@/resource{WORKSPACE}" == alert_of(body(payload)).link


def test_nobody_is_named_by_an_activity_log_alert() -> None:
    alert = str(alert_of(body(fired("activity-administrative"))))

    assert "ada" not in alert.lower()


@pytest.mark.parametrize(
    ("spelling", "variant"),
    [
        ("ResourceHealth", Variant.RESOURCE_HEALTH),
        ("Resource Health", Variant.RESOURCE_HEALTH),
        ("Service Health", Variant.SERVICE_HEALTH),
        ("Activity Log - Security", Variant.ACTIVITY),
        ("ActivityLog - Policy", Variant.ACTIVITY),
        ("What Comes Next", Variant.OTHER),
    ],
)
def test_both_spellings_of_a_service_are_one(spelling: str, variant: Variant) -> None:
    payload = fired("resource-health")
    payload["data"]["essentials"]["monitoringService"] = spelling

    assert variant is alert_of(body(payload)).variant


def test_a_secret_in_an_alert_is_not_kept() -> None:
    payload = fired("metric-static")
    payload["data"]["essentials"]["alertRule"] = (
        "lobby AccountKey=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE9PQ== failed"
    )

    assert "Zm9vYmFy" not in str(alert_of(body(payload)))


def without(path: str) -> dict[str, Any]:
    payload = fired("metric-static")
    *parents, last = path.split(".")
    place = payload
    for parent in parents:
        place = place[parent]
    del place[last]
    return payload


@pytest.mark.parametrize(
    ("given", "where"),
    [
        pytest.param(b"", "alert", id="nothing"),
        pytest.param(b"\xff\xfe{}", "alert", id="no UTF-8"),
        pytest.param(b"{" * 100_000, "alert", id="a nest"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "alert", id="a nest that ends"),
        pytest.param(b"[]", "alert: schemaId", id="a list"),
        pytest.param(
            b'{"schemaId": "AzureMonitorMetricAlert", "data": {}}', "alert: schemaId", id="the old schema"
        ),
        pytest.param(body(without("schemaId")), "alert: schemaId", id="no schema"),
        pytest.param(body(without("data.essentials")), "alert: schemaId", id="no essentials"),
        pytest.param(
            body(without("data.essentials.firedDateTime")), "alert: essentials.firedDateTime", id="no time"
        ),
        pytest.param(
            body(without("data.essentials.monitorCondition")),
            "alert: essentials.monitorCondition",
            id="no condition",
        ),
    ],
)
def test_says_what_is_wrong_with(given: bytes, where: str) -> None:
    with pytest.raises(InputError) as refused:
        alert_of(given)

    assert where == refused.value.where


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01", "soon", "", 7, None, "1" * 99],
)
def test_refuses_a_time_that_no_alert_can_have(moment: object) -> None:
    payload = fired("metric-static")
    payload["data"]["essentials"]["firedDateTime"] = moment

    with pytest.raises(InputError, match="firedDateTime"):
        alert_of(body(payload))


def test_an_alert_needs_one_of_its_ids() -> None:
    payload = without("data.essentials.alertId")
    assert alert_of(body(payload)).id

    del payload["data"]["essentials"]["originAlertId"]
    with pytest.raises(InputError, match=r"essentials\.alertId: it is missing"):
        alert_of(body(payload))


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([LOBBY, "Sev2", "\ud800"])
)
ANYTHING = st.recursive(
    LEAVES,
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=8), one, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_any_json_is_an_alert_or_refused(value: object) -> None:
    with contextlib.suppress(InputError):
        alert_of(json.dumps(value).encode())


@given(st.sampled_from(NAMES), st.data())
def test_any_value_anywhere_in_a_sample_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """Wrong types deep inside must cost no more than the field that they stand in."""
    given_ = sample(name)
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = given_
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.integers(0, 4)) == 0:
                place[key] = data.draw(ANYTHING)
                break
            place = place[key]

    with contextlib.suppress(InputError):
        alert = alert_of(json.dumps(given_).encode())
        alert.key.encode()
        alert.text.encode()
        assert len(alert.text) <= 300


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(given_: bytes) -> None:
    with pytest.raises(InputError):
        alert_of(given_)


ODD: tuple[object, ...] = (
    None, "", " ", 5, 5.0, True, [], {}, "\u200b", "lobby", " Fired ", "RESOLVED", "fi\u200bred", "x" * 600,
    "2026-03-02T12:05:00Z", "AccountKey=" + "q7" * 43 + "==", "AzureMonitorCommonAlertSchema ", "\u0000", "a  b",
)  # fmt: skip
FIELDS = (
    "firedDateTime",
    "monitorCondition",
    "alertId",
    "originAlertId",
    "alertRule",
    "alertTargetIDs",
    "severity",
)


def outcome(read: Callable[[bytes], object], given: bytes) -> str:
    try:
        read(given)
    except InputError as error:
        return error.message
    return "taken"


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("field", FIELDS)
def test_what_is_seen_at_the_door_is_refused_as_the_whole_alert_is(field: str, value: object) -> None:
    payload = fired("metric-static")
    payload["data"]["essentials"][field] = value
    alone = fired("metric-static")
    alone["data"]["essentials"] = {"alertId": "x", field: value}
    for sent in (payload, alone, {**payload, "schemaId": value}):
        content = body(sent)

        assert outcome(alert_of, content) == outcome(glance_at, content)


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\xff", b"[" * 99_999, b"[]", b"null", b"5", b'{"data": []}']
)
def test_what_is_no_object_is_refused_at_the_door_too(content: bytes) -> None:
    assert "taken" != outcome(alert_of, content) == outcome(glance_at, content)


@pytest.mark.parametrize("name", NAMES)
def test_each_delivery_has_a_key_of_its_own_at_the_door(name: str) -> None:
    keys = [glance_at(body(given)).key for given in (fired(name), fired(name), resolved(name))]

    assert keys[0] == keys[1] != keys[2]
    assert glance_at(body(fired(name)), "once more").key != keys[0]
    assert all(re.fullmatch(r"[0-9a-f]{24}\.[0-9a-f]{8}\.(fired|resolved)", key) for key in keys)

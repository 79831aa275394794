"""Every rule over TLS: a configuration that trips it, and one that does not."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace as replace_struct

from local.azure.small_azure import SmallAzure, small_azure
from local.workspace.database import Workspace
from shared.app.runtime import Runtime
from shared.context.ports import ContextSources
from shared.context.review.judge import Fault, Review
from shared.context.review.review import review_resource, surroundings_of
from shared.context.review.rule import FOLDER, ReviewRule, Urgency, load_rules
from shared.settings import Settings
from tests.context.review.reviewed import LOBBY, SCOPE, WORKSPACE, documents_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED_FOR = {
    "no-diagnostic-setting",
    "diagnostic-category-missing",
    "single-unit",
    "keys-on-with-no-need",
    "wildcard-network-rule",
    "handler-without-abuse-protection",
    "handler-key-in-clear",
    "keepalive-beyond-a-proxy",
    "no-replica",
    "no-service-health-alert",
    "no-activity-log",
}

Changes = Mapping[str, Any]


@pytest.fixture(scope="module")
def azure() -> Iterator[SmallAzure]:
    with small_azure(Workspace()) as running:
        yield running


@pytest.fixture
def sources(azure: SmallAzure, monkeypatch: pytest.MonkeyPatch) -> ContextSources:
    for name, value in azure.environment.items():
        monkeypatch.setenv(name, value)
    azure.arm.store.forbidden.clear()
    return Runtime(Settings.from_environment()).context


@pytest.fixture
def reviewed(azure: SmallAzure, sources: ContextSources) -> Callable[[Changes], Review]:
    def of(changes: Changes) -> Review:
        azure.arm.store.remove(SCOPE)
        for document in documents_of(changes):
            azure.arm.store.put(document)
        around = surroundings_of(sources, LOBBY, changes.get("environment", "production"))
        around = replace(around, dependencies=changes.get("dependencies", ()))
        return review_resource(sources, LOBBY, around, NOON)

    return of


def faults(review: Review, rule: str) -> list[Fault]:
    return [fault for fault in review.faults if fault.rule == rule]


def without_example(rules: tuple[ReviewRule, ...]) -> list[str]:
    return [rule.id for rule in rules if not rule.trips or not rule.passes]


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.id)
def test_a_rule_trips_on_its_fault_and_on_nothing_else(
    reviewed: Callable[[Changes], Review], rule: ReviewRule
) -> None:
    assert [] == without_example((rule,))
    assert faults(reviewed(rule.trips), rule.id)

    passed = reviewed(rule.passes)

    assert [] == faults(passed, rule.id)
    assert () == passed.unjudged


def test_a_rule_without_both_configurations_is_seen() -> None:
    rule = load_rules()[0]

    assert [rule.id] == without_example((replace_struct(rule, trips={}),))
    assert [rule.id] == without_example((replace_struct(rule, passes={}),))


def test_nobody_finds_fault_with_the_flawless_line(reviewed: Callable[[Changes], Review]) -> None:
    assert ((), ()) == (reviewed({}).faults, reviewed({}).unjudged)


def test_the_rules_that_were_promised_are_there_and_named_as_their_files() -> None:
    assert ASKED_FOR <= {rule.id for rule in load_rules()}
    assert {file.stem for file in FOLDER.glob("*.yaml")} == {rule.id for rule in load_rules()}


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.id)
def test_what_mends_a_fault_is_one_command_of_az_without_a_place_left(
    reviewed: Callable[[Changes], Review], rule: ReviewRule
) -> None:
    (fault, *_) = faults(reviewed(rule.trips), rule.id)

    assert "az" == shlex.split(fault.mend)[0]
    assert "unknown" not in f"{fault.mend} {fault.text}"
    assert [] == re.findall(r"\{[a-z_]+\.[a-z_.]+\}", f"{fault.mend} {fault.text}")


def test_only_units_of_production_count(reviewed: Callable[[Changes], Review]) -> None:
    one = {
        "resource": {"sku": {"name": "Standard_S1", "tier": "Standard", "capacity": 1}},
        "environment": "staging",
    }

    assert [] == faults(reviewed(one), "single-unit")


def test_a_category_that_the_resource_itself_does_not_log_is_switched_on_there(
    reviewed: Callable[[Changes], Review],
) -> None:
    logging = [{"name": "MessagingLogs", "enabled": "false"}, {"name": "ConnectivityLogs", "enabled": "true"}]
    review = reviewed({"resource": {"properties": {"resourceLogConfiguration": {"categories": logging}}}})

    (fault,) = review.faults

    assert "diagnostic-category-off" == fault.rule
    assert fault.text.startswith("lobby itself does not log MessagingLogs")
    on = [{"name": "MessagingLogs", "enabled": "true"}, {"name": "ConnectivityLogs", "enabled": "true"}]
    body = json.loads(shlex.split(fault.mend)[-1])
    assert {"properties": {"resourceLogConfiguration": {"categories": on}}} == body


@pytest.mark.parametrize(
    ("logs", "wanted"),
    [
        pytest.param(
            [{"category": "ConnectivityLogs", "enabled": True}, {"category": "MessagingLogs", "enabled": False}],
            [{"category": name, "enabled": True} for name in ("ConnectivityLogs", "HttpRequestLogs", "MessagingLogs")],
            id="categories",
        ),
        pytest.param(
            [{"categoryGroup": "audit", "enabled": True}],
            [{"categoryGroup": "allLogs", "enabled": True}],
            id="a group, which bears no category beside it",
        ),
    ],
)  # fmt: skip
def test_a_missing_category_goes_into_the_setting_that_there_is(
    reviewed: Callable[[Changes], Review], logs: list[object], wanted: list[object]
) -> None:
    review = reviewed(
        {"diagnostic_settings": [{"name": "to-logs", "properties": {"workspaceId": WORKSPACE, "logs": logs}}]}
    )

    (fault,) = review.faults

    words = shlex.split(fault.mend)
    assert ["az", "monitor", "diagnostic-settings", "update", "--name", "to-logs"] == words[:6]
    assert wanted == json.loads(words[-1])


def test_wide_ip_rules_are_removed_by_one_command_that_begins_with_the_last(
    reviewed: Callable[[Changes], Review],
) -> None:
    values = ("0.0.0.0/0", "::/0", "203.0.113.0/24", "Internet")
    ip_rules = [{"value": value, "action": "Allow"} for value in values]
    review = reviewed(
        {"resource": {"properties": {"networkACLs": {"defaultAction": "Deny", "ipRules": ip_rules}}}}
    )

    (fault,) = faults(review, "wildcard-network-rule")

    assert "0.0.0.0/0, ::/0, Internet" == fault.target
    path = "properties.networkACLs.ipRules"
    assert (
        f"--remove {path} 3 --remove {path} 1 --remove {path} 0" == fault.mend[fault.mend.index("--remove") :]
    )


@pytest.mark.parametrize(
    ("allow", "rules"),
    [(["ClientConnection", "RESTAPI"], ["open-beside-private-endpoint"]), (["RESTAPI"], [])],
)
def test_an_endpoint_that_denies_all_but_clients_is_open_beside_a_private_one(
    reviewed: Callable[[Changes], Review], allow: list[str], rules: list[str]
) -> None:
    acls = {"defaultAction": "Deny", "publicNetwork": {"allow": allow}}

    review = reviewed(
        {"resource": {"properties": {"networkACLs": acls}}, "private_endpoints": [{"name": "lobby-pe"}]}
    )

    assert rules == [fault.rule for fault in review.faults]


def test_a_stricter_proxy_than_usual_counts(sources: ContextSources, azure: SmallAzure) -> None:
    azure.arm.store.remove(SCOPE)
    for document in documents_of({}):
        azure.arm.store.put(document)
    around = replace(surroundings_of(sources, LOBBY, "production"), idle_limit=20)

    review = review_resource(sources, LOBBY, around, NOON)

    assert [("keepalive-beyond-a-proxy", "chat")] == [(fault.rule, fault.target) for fault in review.faults]


def test_faults_stand_least_to_most_urgent(reviewed: Callable[[Changes], Review]) -> None:
    review = reviewed({"replicas": [], "diagnostic_settings": [], "alerts": []})

    assert [Urgency.ADVICE, Urgency.SOON, Urgency.URGENT] == [fault.urgency for fault in review.faults]
    assert review.is_urgent


def test_a_role_that_is_missing_is_said_once_and_the_rest_is_judged(
    reviewed: Callable[[Changes], Review], azure: SmallAzure
) -> None:
    azure.arm.store.forbidden |= {"activitylogalerts/read", "webpubsub/hubs/read"}
    review = reviewed({"diagnostic_settings": []})

    assert ["no-diagnostic-setting"] == [fault.rule for fault in review.faults]
    assert {"Reader"} == {gap.gap.role for gap in review.unjudged}
    assert ("no-service-health-alert",) in [gap.rules for gap in review.unjudged]
    by_hubs = next(gap.rules for gap in review.unjudged if "handler-key-in-clear" in gap.rules)
    # The keys are off, so nothing of the hubs can matter to this one.
    assert "keys-on-with-no-need" not in by_hubs


def test_a_handlers_key_is_never_repeated(reviewed: Callable[[Changes], Review]) -> None:
    rule = next(rule for rule in load_rules() if rule.id == "handler-key-in-clear")

    (fault,) = faults(reviewed(rule.trips), rule.id)

    assert "bm90LWEtcmVhbC1rZXk" not in repr(fault)

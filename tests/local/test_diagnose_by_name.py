"""`diagnose NAME` and `review NAME` against the stand-ins over TLS: from a name to the cause, and to what would hurt next."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.__main__ import main
from local.arm import arm_from
from local.azure.small_azure import SmallAzure, small_azure
from local.exports import read_folder
from local.replay.case import find_case
from local.workspace.database import Workspace
from shared.clock import iso
from tests.context.review.reviewed import documents_of

CASE = find_case("keys-switched-off-by-policy")
LINE = CASE.scope.resources[0]
NAME = LINE.rpartition("/")[2]
SCOPE = "/".join(LINE.split("/")[:3])
LOGS = f"{SCOPE}/resourceGroups/ops/providers/Microsoft.OperationalInsights/workspaces/logs"
SETTING = f"{LINE}/providers/Microsoft.Insights/diagnosticSettings/to-logs"
WINDOW = ["--from", iso(CASE.scope.window.start), "--to", iso(CASE.scope.window.end)]


@dataclass
class Subscription:
    azure: SmallAzure
    out: pytest.CaptureFixture[str]

    def diagnose(self, *arguments: str, playbook: str = CASE.playbook) -> dict[str, Any]:
        assert 0 == main(["diagnose", *arguments, *WINDOW, "--json", "--playbook", playbook])
        document = json.loads(self.out.readouterr().out)
        assert isinstance(document, dict)
        return document

    def complaint(self, *arguments: str) -> str:
        assert 2 == main(arguments)
        return self.out.readouterr().err

    def add(self, resource: str, **columns: Any) -> None:
        """Let Resource Graph know a resource."""
        row = {
            "id": resource,
            "name": resource.rpartition("/")[2],
            "type": "microsoft.signalrservice/webpubsub",
            "subscriptionId": resource.split("/")[2],
            "location": "westeurope",
            **columns,
        }
        self.azure.arm.store.rows.setdefault("resources", []).append(row)


@pytest.fixture
def subscription(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Subscription]:
    workspace = Workspace()
    workspace.load(read_folder(CASE.folder / "tables").tables)
    with small_azure(workspace, arm=arm_from(CASE.folder)) as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        running = Subscription(azure, capsys)
        running.add(LINE.upper().replace("/SUBSCRIPTIONS/", "/subscriptions/"), name=NAME)
        logs = [{"categoryGroup": "allLogs", "enabled": True}]
        azure.arm.store.put(
            {"id": SETTING, "name": "to-logs", "properties": {"workspaceId": LOGS, "logs": logs}}
        )
        azure.arm.store.put({"id": LOGS, "name": "logs", "properties": {"customerId": azure.environment["LOGS_WORKSPACE"]}})  # fmt: skip
        yield running


def test_a_name_leads_to_the_cause(subscription: Subscription) -> None:
    document = subscription.diagnose(NAME, playbook="auto")

    assert ("supported", CASE.cause) == (document["conclusion"], document["cause"])
    assert LINE == document["resource"]
    # What the logs leave open here, the live configuration decides.
    assert "access keys are switched off" in json.dumps(document)


def test_case_does_not_count_and_a_window_may_end_now(subscription: Subscription) -> None:
    assert 0 == main(["diagnose", NAME.upper(), "--last", "1h", "--json", "--playbook", CASE.playbook])

    assert "no-data" == json.loads(subscription.out.readouterr().out)["conclusion"]


def test_an_id_finds_its_workspace_by_itself(subscription: Subscription) -> None:
    assert CASE.cause == subscription.diagnose("--resource", LINE)["cause"]
    assert CASE.cause == subscription.diagnose(LINE)["cause"]


def test_a_workspace_that_is_named_has_the_live_configuration_too(subscription: Subscription) -> None:
    workspace = subscription.azure.environment["LOGS_WORKSPACE"]

    document = subscription.diagnose("--workspace", workspace, "--resource", LINE)

    assert "access keys are switched off" in json.dumps(document)


def test_several_of_one_name_are_listed(subscription: Subscription) -> None:
    other = LINE.replace("/resourcegroups/", "/resourcegroups/other-")
    subscription.add(other)

    said = subscription.complaint("diagnose", NAME, *WINDOW)

    assert [True, True] == [resource in said for resource in (LINE, other)]
    assert f"2 resources are named '{NAME}'; expected one of the ids above" in said


def test_a_name_that_nobody_has_says_what_was_asked_and_which_role_is_needed(
    subscription: Subscription,
) -> None:
    said = subscription.complaint("diagnose", "atlantis", *WINDOW)

    assert "named 'atlantis' in any subscription that this login can read; Resource Graph was asked" in said
    assert "the role Reader" in said


def test_a_login_that_may_not_ask_is_told_the_role(subscription: Subscription) -> None:
    subscription.azure.arm.store.forbidden.add("microsoft.resourcegraph/resources/read")

    assert "the role Reader would mend it" in subscription.complaint("diagnose", NAME, *WINDOW)


def test_without_a_diagnostic_setting_the_workspace_must_be_named(subscription: Subscription) -> None:
    subscription.azure.arm.store.remove(SETTING)

    said = subscription.complaint("diagnose", NAME, *WINDOW)

    assert f"no diagnostic setting of {NAME} sends logs to a workspace" in said


def test_a_workspace_that_may_not_be_read_is_told_with_its_role(subscription: Subscription) -> None:
    subscription.azure.arm.store.forbidden.add("microsoft.operationalinsights/workspaces/read")

    said = subscription.complaint("diagnose", NAME, *WINDOW)

    assert f"--workspace: the workspace of {NAME} cannot be found" in said
    assert "the role Reader would mend it" in said


def test_a_resource_that_is_a_consequence_of_nothing_named_is_refused(subscription: Subscription) -> None:
    assert "NAME: the resource is missing" in subscription.complaint("diagnose", *WINDOW)
    assert "one of the two" in subscription.complaint("diagnose", NAME, "--resource", LINE, *WINDOW)
    assert "beside --logs" in subscription.complaint("diagnose", NAME, "--logs", "night", *WINDOW)


def test_a_review_by_name_ends_with_the_most_urgent(subscription: Subscription) -> None:
    subscription.azure.arm.store.remove(SETTING)

    assert 1 == main(["review", NAME])

    lines = subscription.out.readouterr().out.splitlines()
    headings = [
        line.partition(":")[0] for line in lines if line.partition(":")[0] in {"advice", "soon", "urgent"}
    ]
    assert sorted(headings, key=["advice", "soon", "urgent"].index) == headings
    assert any(line.startswith("  az monitor diagnostic-settings create") and LINE in line for line in lines)


def test_a_review_as_json_says_what_it_could_not_judge(subscription: Subscription) -> None:
    subscription.azure.arm.store.forbidden.add("activitylogalerts/read")

    main(["review", NAME, "--json"])

    (review,) = json.loads(subscription.out.readouterr().out)["reviews"]
    assert [{"rules": ["no-service-health-alert"], "role": "Reader"}] == [
        {"rules": each["rules"], "role": each["role"]} for each in review["no_data"]
    ]


def test_a_review_without_anything_urgent_is_done(subscription: Subscription) -> None:
    for document in documents_of({"replicas": []}):
        subscription.azure.arm.store.put(document)
    lobby = documents_of({})[0]["id"]

    assert 0 == main(["review", lobby, "--environment", "staging"])
    assert ": nothing found" in subscription.out.readouterr().out


def test_a_resource_that_cannot_be_read_is_no_all_clear(subscription: Subscription) -> None:
    subscription.azure.arm.store.forbidden.add("/read")

    assert 3 == main(["review", LINE])
    said = subscription.out.readouterr().out
    assert "nothing could be judged" in said
    assert "the role Reader would mend it" in said


def test_a_resource_of_another_type_cannot_be_reviewed(subscription: Subscription) -> None:
    said = subscription.complaint(
        "review", f"{SCOPE}/resourceGroups/rt/providers/Microsoft.Storage/storageAccounts/store"
    )

    assert "microsoft.storage/storageaccounts cannot be reviewed" in said
    assert "microsoft.signalrservice/webpubsub or microsoft.communication/communicationservices" in said

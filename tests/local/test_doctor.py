"""`doctor` against the stand-ins over TLS: a lobby that is watched well, and what is said when a part of it is missing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import watched_lobby as lobby

from local.__main__ import main
from local.arm import ArmStore
from local.azure.small_azure import SmallAzure, small_azure
from local.commands import doctor
from local.doctor.needs import CLIENT_TOKENS, STORING, WATCHING
from local.workspace.database import Workspace
from shared.clock import SystemClock
from tests.context.review.reviewed import LOBBY, SCOPE

TRACES = ("watch completed {}", "tracking completed {}")


@dataclass
class Clinic:
    azure: SmallAzure
    out: pytest.CaptureFixture[str]

    @property
    def store(self) -> ArmStore:
        return self.azure.arm.store

    def put(self, *documents: dict[str, Any]) -> None:
        for document in documents:
            self.store.put(document)

    def remarks(self, *arguments: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
        """Return the status and what is not in order, by area."""
        status = main(["doctor", "lobby", "--app", lobby.APP, "--json", *arguments])
        printed = self.out.readouterr()
        assert not printed.err
        remarks = json.loads(printed.out)["remarks"]
        areas: dict[str, list[dict[str, str]]] = {}
        for remark in remarks:
            if remark["light"] in ("missing", "not read"):
                areas.setdefault(remark["area"], []).append(remark)
        return status, areas


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Clinic]:
    workspace = Workspace()
    now = SystemClock().now()
    recent = now - timedelta(minutes=3)
    workspace.load(
        {
            "WebPubSubConnectivity": [{"TimeGenerated": recent, "_ResourceId": LOBBY, "OperationName": "ConnectionStarted"}],
            "AzureActivity": [{"TimeGenerated": recent, "OperationNameValue": "x"}],
            "AppTraces": [{"TimeGenerated": recent, "Message": text} for text in TRACES],
        }
    )  # fmt: skip
    with small_azure(workspace) as azure:
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        visit = Clinic(azure, capsys)
        visit.put(*lobby.documents(azure.environment["LOGS_WORKSPACE"]))
        yield visit


def test_a_lobby_that_is_watched_well_lacks_nothing(clinic: Clinic) -> None:
    assert (0, {}) == clinic.remarks()


def test_what_is_missing_is_red_with_its_command(clinic: Clinic) -> None:
    for place in (
        lobby.assignment(WATCHING)["id"],
        lobby.assignment(CLIENT_TOKENS)["id"],
        lobby.ALERTS,
        f"{lobby.RULE}track",
    ):
        clinic.store.remove(place)
    clinic.put(lobby.secret("AccessToKeyVaultDenied"), lobby.site(state="Stopped"))

    status, areas = clinic.remarks()

    assert 1 == status
    assert {"roles", "receivers", "action group", "heartbeat", "app"} == set(areas)
    assert all(remark["mend"] for remarks in areas.values() for remark in remarks)
    watching, tokens = areas["roles"]
    assert "lacks Microsoft.Insights/metrics/read" in watching["text"]
    assert f"--assignee-object-id {lobby.PRINCIPAL}" in watching["mend"]
    assert watching["mend"].endswith(f"--role 'Monitoring Reader' --scope {SCOPE}")
    assert "`azd provision`" in watching["before"]
    assert "`azd provision`" in areas["receivers"][0]["before"]
    assert "generateToken/action" in tokens["text"]
    assert "az role definition create" in tokens["mend"]
    assert (
        f"https://{lobby.HOST}/api/alerts?$(az functionapp function keys list"
        in areas["action group"][0]["mend"]
    )
    assert ["tracking completed" in areas["heartbeat"][0]["text"]] == [True]


def test_what_may_not_be_read_is_said_and_is_not_green(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What this machine asks says nothing of an app whose settings may not be read.
    monkeypatch.setenv("LOGS_WORKSPACE", "11111111-2222-3333-4444-555555555555")
    clinic.store.forbidden |= {
        "sites/config/list",
        "roleassignments/read",
        "actiongroups/read",
        "scheduledqueryrules/read",
        "activitylogalerts/read",
    }

    status, areas = clinic.remarks()

    assert 3 == status
    assert {"roles", "receivers", "action group", "heartbeat", "review"} == set(areas)
    assert {"not read"} == {remark["light"] for remarks in areas.values() for remark in remarks}
    assert "the role Website Contributor would mend it" in areas["receivers"][0]["text"]
    assert any("the logs of the app" in remark["text"] for remark in areas["heartbeat"])


def test_roles_of_a_group_count_and_those_of_a_neighbour_do_not(clinic: Clinic) -> None:
    team, stranger = "7e000000-0000-4000-8000-00000000000a", "7e000000-0000-4000-8000-00000000000b"
    for need in (WATCHING, STORING[1]):
        clinic.store.remove(lobby.assignment(need)["id"])
    clinic.put(lobby.assignment(WATCHING, team), lobby.assignment(STORING[1], stranger))
    clinic.store.groups[lobby.PRINCIPAL] = (team,)

    _, areas = clinic.remarks()

    (queues,) = areas["roles"]
    assert "stlobby: the app lacks" in queues["text"]
    assert "queueServices/queues" in queues["text"]


def test_a_role_below_the_place_or_with_a_condition_allows_nothing(clinic: Clinic) -> None:
    clinic.store.remove(lobby.assignment(WATCHING)["id"])
    clinic.put(
        lobby.assignment(WATCHING, scope=f"{lobby.GROUP}"),
        lobby.assignment(STORING[0], condition="@Resource[name] StringEquals 'x'", conditionVersion="2.0"),
    )

    _, areas = clinic.remarks()

    assert [True, True] == [
        "metrics/read" in areas["roles"][0]["text"],
        "1 of its role assignments have a condition" in areas["roles"][1]["text"],
    ]


def test_findings_of_the_review_are_among_the_remarks(clinic: Clinic) -> None:
    clinic.store.remove(f"{LOBBY}/providers/Microsoft.Insights/diagnosticSettings/0")

    status, areas = clinic.remarks()

    assert 1 == status
    assert any("az monitor diagnostic-settings create" in remark["mend"] for remark in areas["review"])
    assert "no diagnostic setting names a workspace" in areas["workspace"][0]["text"]


def test_a_workspace_that_the_app_does_not_ask_is_red(clinic: Clinic) -> None:
    clinic.put(lobby.settings("11111111-2222-4333-8444-555555555555"))

    status, areas = clinic.remarks()

    assert 1 == status
    assert "the app asks 11111111-2222-4333-8444-555555555555" in areas["workspace"][0]["text"]
    assert f"LOGS_WORKSPACE={clinic.azure.environment['LOGS_WORKSPACE']}" in areas["workspace"][0]["mend"]


def test_an_app_that_nobody_named_or_that_is_not_there_is_not_green(clinic: Clinic) -> None:
    clinic.store.remove(lobby.SITE)

    status, areas = clinic.remarks()

    assert 3 == status
    assert f"there is no function app named '{lobby.APP}'" in areas["roles"][0]["text"]
    assert 3 == main(["doctor", "lobby"])
    assert "give its name with --app" in clinic.out.readouterr().out


def test_no_key_is_printed_and_text_fits_a_narrow_terminal(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    clinic.put(lobby.action_group(webhookReceivers=[lobby.webhook(useCommonAlertSchema=False)]))

    assert 1 == main(["doctor", LOBBY, "--app", lobby.APP])

    printed = clinic.out.readouterr().out
    assert lobby.FUNCTION_KEY not in printed
    assert "another form than the common alert schema" in " ".join(printed.split())
    commands = [line for line in printed.splitlines() if len(line) > 72]
    assert all(line.startswith(" " * 12 + "az ") for line in commands)
    assert "1 missing" in printed.splitlines()[-1]
    assert doctor.APP_VARIABLE not in printed

"""What the doctor says of single answers of Azure."""

from datetime import UTC, datetime
from typing import Any

import pytest
import watched_lobby as lobby

from local.doctor import telling, versions
from local.doctor.app import WatchingApp, _app
from local.doctor.remark import Light, Remark
from shared.configuration.receivers import Receiver, ReceiverKind, Routing

APP = WatchingApp(lobby.SITE, lobby.APP, lobby.HOST, "Running", "python 3.11", lobby.PRINCIPAL, {})


def lights(remarks: Any) -> list[Light]:
    return [remark.light for remark in remarks]


@pytest.mark.parametrize(
    ("group", "says"),
    [
        pytest.param(lobby.action_group(enabled=False), "is switched off", id="off"),
        pytest.param(
            lobby.action_group(webhookReceivers=[lobby.webhook(useCommonAlertSchema=False)]),
            "another form than the common alert schema",
            id="the older schema",
        ),
        pytest.param(
            lobby.action_group(webhookReceivers=[lobby.webhook(serviceUri=f"https://{lobby.HOST}/api/alert?code=k")]),
            "to /api/alert, and not to /api/alerts",
            id="a wrong path",
        ),
        pytest.param(
            lobby.action_group(webhookReceivers=[lobby.webhook(serviceUri=f"https://{lobby.HOST}/api/alerts")]),
            "without the key of the function and without a token",
            id="no key",
        ),
        pytest.param(
            lobby.action_group(webhookReceivers=[lobby.webhook(serviceUri="https://other.azurewebsites.net/api/alerts?code=k")]),
            f"no action group has a webhook for {lobby.HOST}",
            id="another app",
        ),
    ],
)  # fmt: skip
def test_an_action_group_that_does_not_reach_the_app_is_red(group: dict[str, Any], says: str) -> None:
    (remark,) = telling.group_remarks([group, lobby.people()], APP)

    assert Light.RED is remark.light
    assert says in remark.text
    assert remark.mend.startswith("az monitor action-group create")


def test_one_good_action_group_is_enough_and_a_token_is_as_good_as_a_key() -> None:
    token = lobby.webhook(serviceUri=f"https://{lobby.HOST.upper()}/api/alerts", useAadAuth=True)
    broken = lobby.action_group(f"{lobby.ALERTS}-old", enabled=False)

    assert [Light.GREEN] == lights(
        telling.group_remarks([broken, lobby.action_group(webhookReceivers=[token])], APP)
    )


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        pytest.param(lobby.rule("watch", "watch completed", enabled=False), "is switched off", id="off"),
        pytest.param(
            lobby.rule("watch", "watch completed", to=lobby.ALERTS), "tells nobody but the app", id="told to the app"
        ),
        pytest.param(
            lobby.rule("watch", "watch completed", operator="GreaterThan"), "fewer than 1", id="fires when all is well"
        ),
        pytest.param(lobby.rule("watch", "watch completed", threshold=0), "fewer than 1", id="never fires"),
        pytest.param(lobby.rule("watch", "watch begun"), "no rule notices", id="another text"),
    ],
)  # fmt: skip
def test_a_heartbeat_rule_that_would_not_tell_is_red(rule: dict[str, Any], says: str) -> None:
    groups = [lobby.action_group(), lobby.people()]
    rules = [rule, lobby.rule("track", "tracking completed")]

    watch, track = telling.heartbeat_remarks(rules, groups, APP)

    assert (Light.RED, Light.GREEN) == (watch.light, track.light)
    assert says in watch.text
    assert '"watch completed"' in watch.mend


def test_the_people_of_a_group_that_is_off_are_not_told() -> None:
    groups = [lobby.people(enabled=False)]

    assert [Light.RED, Light.RED] == lights(
        telling.heartbeat_remarks([lobby.rule("watch", "watch completed")], groups, APP)
    )


@pytest.mark.parametrize(
    ("value", "light"),
    [
        pytest.param("", Light.RED, id="empty"),
        pytest.param("http://example.com", Light.RED, id="not https"),
        pytest.param("https://prod-1.westeurope.logic.azure.com/workflows/x", Light.GREEN, id="an address"),
    ],
)
def test_a_receiver_needs_an_address_which_is_not_shown(value: str, light: Light) -> None:
    app = WatchingApp(lobby.SITE, lobby.APP, lobby.HOST, "", "", "", {"TEAMS_WEBHOOK_URL": value})

    (remark,) = telling.receiver_remarks(None, app, Routing())  # type: ignore[arg-type]  # nobody is asked

    assert light is remark.light
    assert "example" not in remark.text + remark.mend


@pytest.mark.parametrize(
    ("settings", "lights_shown", "wanted"),
    [
        pytest.param({}, [Light.RED, Light.RED], "PAGER_KEY=$WEBHOOK_KEY", id="both missing"),
        pytest.param(
            {"PAGER_URL": "https://pager.example/h", "PAGER_KEY": "hush"},
            [Light.GREEN, Light.RED],
            "PAGER_KEY=$WEBHOOK_KEY",
            id="no key",
        ),
        pytest.param(
            {"PAGER_URL": "http://pager.example/h", "PAGER_KEY": "whsec_aHVzaA=="},
            [Light.RED, Light.GREEN],
            "PAGER_URL=$WEBHOOK_ADDRESS",
            id="not https",
        ),
    ],
)
def test_a_webhook_needs_an_address_and_a_key_which_are_not_shown(
    settings: dict[str, str], lights_shown: list[Light], wanted: str
) -> None:
    pager = Receiver("pager", "PAGER_URL", kind=ReceiverKind.WEBHOOK, key_setting="PAGER_KEY")
    app = WatchingApp(lobby.SITE, lobby.APP, lobby.HOST, "", "", "", settings)

    remarks = list(telling.receiver_remarks(None, app, Routing((pager,))))  # type: ignore[arg-type]  # nobody is asked

    text = " ".join(remark.text + remark.mend for remark in remarks)
    assert lights_shown == [remark.light for remark in remarks]
    assert wanted in text
    assert not any(value in text for value in settings.values())


@pytest.mark.parametrize(
    ("runtime", "light"),
    [
        pytest.param("python 3.11", Light.GREEN, id="ours"),
        pytest.param("python 3.13", Light.GREEN, id="a later one"),
        pytest.param("python 3.9", Light.RED, id="an older one"),
        pytest.param("node 22", Light.RED, id="another language"),
        pytest.param("", Light.UNREAD, id="not told"),
    ],
)
def test_the_runtime_of_the_app_must_run_the_code(runtime: str, light: Light) -> None:
    app = WatchingApp(lobby.SITE, lobby.APP, lobby.HOST, "", runtime, "", {})

    *_, remark = versions.version_remarks(app)

    assert light is remark.light


def test_the_identity_is_the_one_that_the_settings_name() -> None:
    two = {
        "a": {"principalId": "p-a", "clientId": "c-a"},
        "b": {"principalId": "p-b", "clientId": "c-b"},
    }
    document = {"name": "x", "identity": {"principalId": "own", "userAssignedIdentities": two}}

    def principal(settings: dict[str, str]) -> str:
        return _app(lobby.SITE, document, settings).principal

    assert ["p-b", "", "own"] == [
        principal({"AZURE_CLIENT_ID": "C-B"}),
        principal({"AZURE_CLIENT_ID": "gone"}),
        principal({}),
    ]


def test_a_clock_that_is_off_is_red() -> None:
    class Late:
        def time(self, _place: str, _version: str) -> datetime:
            return datetime(2026, 11, 20, 3, 0, tzinfo=UTC)

    def remark(minute: int, second: int) -> Remark:
        return versions.clock_remark(Late(), "/x", datetime(2026, 11, 20, 3, minute, second, tzinfo=UTC))  # type: ignore[arg-type]

    assert [Light.GREEN, Light.RED] == [remark(0, 40).light, remark(2, 0).light]
    assert "120 s ahead of Azure" in remark(2, 0).text

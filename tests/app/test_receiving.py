"""An incident reaches a channel of Teams and a webhook of a team's own, each as its kind reads it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.machine.certificates import certificate
from local.replay.stage import StageClock
from local.teams import Channel, teams
from local.teams.behaviour import GONE, in_turn
from local.webhook import WebhookReceiver, webhook_receiver
from shared.app import notifying, tracking
from shared.app.runtime import Runtime
from shared.app.stores import incidents, outbox
from shared.errors import LinekeeperError
from shared.notices.notice import Fate, lane_key
from shared.settings import Settings
from tests.notices.broken_lobby import OPENED_AT, incident

RECEIVERS = """
receivers:
- {name: on-call, webhook: ON_CALL_URL}
- {name: pager, kind: webhook, webhook: PAGER_URL, key: PAGER_KEY, fallback: on-call}
routes:
- {match: {severity: [1]}, to: [on-call, pager]}
- {to: [pager]}
announcements: [pager]
"""


@pytest.fixture
def clock() -> StageClock:
    return StageClock(OPENED_AT)


@pytest.fixture
def channel(clock: StageClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    with teams(clock=clock) as served:
        monkeypatch.setenv("ON_CALL_URL", served.url)
        yield served


@pytest.fixture
def pager(clock: StageClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    with webhook_receiver(clock=clock) as served:
        monkeypatch.setenv("PAGER_URL", served.url)
        monkeypatch.setenv("PAGER_KEY", served.key)
        yield served


@pytest.fixture
def runtime(storage_environment: dict[str, str], tmp_path: Path, clock: StageClock) -> Runtime:
    (tmp_path / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
    return Runtime(Settings.from_environment({**storage_environment, "CONFIG_FOLDER": str(tmp_path)}), clock)


def test_an_incident_is_a_card_in_the_channel_and_signed_json_at_the_webhook(
    runtime: Runtime, channel: Channel, pager: WebhookReceiver
) -> None:
    opened = incidents(runtime.storage).create(incident(1, next_diagnosis_at=None), None)
    tracking.track_once(runtime)

    (payload,) = pager.told.values()
    assert (opened.id, "opened", 1) == (
        payload["incident"]["id"],
        payload["milestone"],
        payload["incident"]["severity"],
    )
    (card,) = channel.cards
    assert payload["incident"]["signals"]["refused-connects"].startswith("143 of 2,010 (7.1%) bad")
    assert "143 of 2,010 attempts were refused (7.1 %)" in json.dumps(card)


def test_what_a_webhook_refuses_for_good_is_a_card_at_its_fallback(
    runtime: Runtime, channel: Channel, pager: WebhookReceiver
) -> None:
    pager.plan = in_turn(GONE)
    opened = incidents(runtime.storage).create(incident(2, next_diagnosis_at=None), None)
    tracking.track_once(runtime)
    for key in (opened.id, f"receiver pager refuses {OPENED_AT:%Y-%m-%d %H}"):
        notifying.deliver_once(json.dumps({"stream": lane_key(key, "on-call")}), runtime)

    assert [Fate.DEAD] == [notice.fate for notice in outbox(runtime.storage).of(lane_key(opened.id, "pager"))]
    shown = [json.dumps(card) for card in channel.cards]
    assert any(
        "For the receiver pager, which refused it: the receiver answered 404" in card for card in shown
    )
    assert any("The receiver pager refuses our cards" in card for card in shown)


def test_an_announcement_reaches_a_webhook(runtime: Runtime, pager: WebhookReceiver) -> None:
    configuration = runtime.configuration()
    with notifying.delivered_at_once(runtime, configuration) as asked:
        notifier = notifying.notifier(runtime, configuration, asked)
        notifier.announce("blind/lobby", "Blind on lobby", "No rows since 02:10 UTC.", OPENED_AT)

    (payload,) = pager.told.values()
    assert ("announcement", "Blind on lobby", None) == (
        payload["type"],
        payload["title"],
        payload["incident"],
    )


def test_a_notice_that_cannot_be_written_as_json_is_given_up_and_ends_no_other(
    runtime: Runtime, pager: WebhookReceiver
) -> None:
    lanes = [lane_key(f"blind/{line}", "pager") for line in ("lobby", "signage")]
    notifier = notifying.notifier(runtime, runtime.configuration())
    for line in ("lobby", "signage"):
        notifier.announce(f"blind/{line}", f"Blind on {line}", "No rows since 02:10 UTC.", OPENED_AT)
    (notice,) = outbox(runtime.storage).of(lanes[0])
    garbled = json.dumps({"attachments": [{"content": {"body": [{"type": "FactSet", "facts": 5}]}}]})
    runtime.storage.container("documents").upload_blob(notice.document, garbled.encode(), overwrite=True)

    for lane in lanes:
        notifying.deliver_once(json.dumps({"stream": lane}), runtime)

    fates = [notice.fate for lane in lanes for notice in outbox(runtime.storage).of(lane)]
    assert ([Fate.DEAD, Fate.DELIVERED], ["Blind on signage"]) == (
        fates,
        [payload["title"] for payload in pager.told.values()],
    )


@pytest.mark.usefixtures("pager")
@pytest.mark.parametrize(
    ("setting", "value", "wrong"),
    [
        ("PAGER_URL", "", "PAGER_URL is missing"),
        ("PAGER_URL", "http://pager.example", "expected an https address"),
        ("PAGER_KEY", "", "PAGER_KEY is missing"),
        ("PAGER_KEY", "hush", "does not hold a signing key"),
    ],
)
def test_readiness_names_what_is_wrong_with_a_setting_of_a_webhook(
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    value: str,
    wrong: str,
) -> None:
    checks = {probe.name: probe.check for probe in notifying.probes(runtime)}
    checks[f"settings: {setting}"]()
    monkeypatch.setenv(setting, value)

    with pytest.raises(LinekeeperError, match=wrong):
        checks[f"settings: {setting}"]()

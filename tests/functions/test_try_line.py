"""The timer that tries the line: what it keeps, and that an outage is an incident within two minutes without traffic."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from local.machine.certificates import certificate
from local.pubsub.service import PubSubService
from local.replay.stage import StageClock
from shared.app import readiness, stores, trying
from shared.app.runtime import Runtime
from shared.cloud.storage.account import Storage
from shared.configuration.severity import default_severity
from shared.errors import InputError, LinekeeperError
from shared.events.pushed import PushedAsk
from shared.incidents.incident import State
from shared.incidents.recent.pushed import look_at_pushed
from shared.settings import Settings
from tests.incidents.fake_rooms import FAILURES, LOBBY, NOON, House, at

OTHER = LOBBY.replace("/lobby", "/board")
RESOURCES = f"resources: [{{id: {LOBBY}, workspace: 3d5e6f70-0002-4000-8000-00000000b002}}]\n"
KEY_LOST = "handshake of hub canary fails since 2026-03-02 12:10:{second} UTC: 401 Unauthorized; "


@dataclass
class Floor:
    """An app that tries the line of a service."""

    service: PubSubService
    folder: Path
    environment: dict[str, str]
    clock: StageClock = field(default_factory=lambda: StageClock(NOON))
    house: House = field(default_factory=House)

    def runtime(self) -> Runtime:
        return Runtime(Settings.from_environment(self.environment), self.clock)

    def problems(self) -> dict[str, str]:
        checks = readiness.report(self.runtime()).checks
        return {check.name: check.problem for check in checks if "CANARY" in check.name and check.problem}


@pytest.fixture
def floor(
    storage: Storage, storage_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Floor]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate()))
    (tmp_path / "resources.yaml").write_text(RESOURCES, encoding="utf-8")
    with PubSubService(certificate()) as service:
        environment = {
            **storage_environment,
            "CONFIG_FOLDER": str(tmp_path),
            "WEB_PUBSUB_CONNECTION": service.connection_string(),
            "CANARY_HUB": "canary",
            "REVIEW_SCHEDULE": "0 0 6 * * *",
            "DISCOVER_SCHEDULE": "0 0 6 1 1 *",
            "CANARY_SCHEDULE": "15,45 * * * * *",
            "SERVICE_HEALTH_SCHEDULE": "45 * * * * *",
        }
        floor = Floor(service, tmp_path, environment)
        floor.house.tries = stores.tries(storage)
        yield floor


def play(floor: Floor, runtime: Runtime, since: float, until: float, *, stop: float | None = None) -> None:
    """Let minutes pass: a try at each 15th and 45th second, a watch and a tracking at each full minute.

    At `stop` the primary key is regenerated, with which the app goes on signing.
    """
    for second in range(round(since * 60), round(until * 60)):
        floor.clock.moment = at(second / 60)
        if stop is not None and second == round(stop * 60):
            floor.service.keys.regenerate("primary")
        if second % 60 in (15, 45):
            trying.try_line_once(runtime)
        if second % 60 == 0:
            floor.house.watch(floor.clock.now())
            floor.house.track(floor.clock.now())


@pytest.mark.parametrize("second", [16, 44, 46, 59], ids=lambda second: f"it dies in second {second}")
def test_a_line_that_dies_is_an_incident_within_two_minutes_without_any_traffic(
    floor: Floor, second: int
) -> None:
    runtime = floor.runtime()
    died = 9 + second / 60
    play(floor, runtime, 8, died + 2.1, stop=died)

    incident = floor.house.only()
    assert (FAILURES, LOBBY, 2) == (incident.symptom, incident.resource, incident.severity)
    assert incident.opened_at - at(died) <= timedelta(minutes=2)
    assert ["opened"] == floor.house.notifier.states()
    assert ["canary"] == list(incident.signals)


@pytest.mark.parametrize("second", [16, 44, 46], ids=lambda second: f"it dies in second {second}")
def test_a_line_that_dies_is_judged_at_once_and_waits_for_no_watch(floor: Floor, second: int) -> None:
    runtime = floor.runtime()
    died = 9 + second / 60
    for tried in (8.25, 8.75, 9.25, 9.75, 10.25, 10.75)[: 5 + (died > 9.75)]:
        floor.clock.moment = at(tried)
        if tried > died > tried - 0.5:
            floor.service.keys.regenerate("primary")
        trying.try_line_once(runtime)

    house, (message,) = floor.house, runtime.storage.queue("pushed").receive_messages()
    now, ask = floor.clock.now(), PushedAsk.of(message.content)
    (incident,) = look_at_pushed(house.sources(), house.policy(), house.casework(), ask, now)
    assert (FAILURES, LOBBY, ["canary"]) == (incident.symptom, incident.resource, list(incident.signals))
    assert incident.opened_at - at(died) <= timedelta(minutes=1)


def test_the_card_names_the_step_its_words_and_since_when_and_a_line_that_is_back_is_seen_to_hold(
    floor: Floor,
) -> None:
    runtime = floor.runtime()
    play(floor, runtime, 8, 13, stop=10)
    (incident,) = floor.house.incidents.kept.values()
    assert incident.signals["canary"].startswith(KEY_LOST.format(second="15"))

    # The line is back: the app signs with the key that is good.
    floor.environment["WEB_PUBSUB_CONNECTION"] = floor.service.connection_string()
    play(floor, floor.runtime(), 13, 50)

    ended = floor.house.only()
    assert (State.RESOLVED, "held") == (ended.state, ended.ending)
    assert at(45) <= (ended.closed_at or NOON)
    assert "resolved" == floor.house.notifier.states()[-1]


def test_a_single_try_that_fails_opens_nothing(floor: Floor) -> None:
    runtime = floor.runtime()
    play(floor, runtime, 8, 10)
    floor.clock.moment = at(10.25)
    good, floor.environment["WEB_PUBSUB_CONNECTION"] = (
        floor.environment["WEB_PUBSUB_CONNECTION"],
        "Endpoint=https://127.0.0.1:9;AccessKey=bm90IGEga2V5IG9mIHRoZSBzZXJ2aWNlIGF0IGFsbA==;",
    )
    assert "TCP" == trying.try_line_once(floor.runtime())[0].failed_step
    floor.environment["WEB_PUBSUB_CONNECTION"] = good
    play(floor, runtime, 10.5, 14)

    assert {} == floor.house.incidents.kept


def test_what_was_tried_is_kept_and_logged_with_the_time_of_each_step(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        (line_try,) = trying.try_line_once(floor.runtime())

    assert [line_try] == list(floor.house.tries.since(NOON))
    (line,) = [record.message for record in caplog.records if record.message.startswith("line tried ")]
    facts = json.loads(line.removeprefix("line tried "))
    assert ("canary", LOBBY, 10) == (facts["hub"], facts["resource"], len(facts["ms"]))
    assert not [record.message for record in caplog.records if "eyJ" in record.message]


def test_nothing_is_tried_where_no_hub_is_named(floor: Floor) -> None:
    floor.environment["CANARY_HUB"] = ""
    floor.environment["AzureWebJobsStorage"] = "no storage is asked"

    assert () == trying.try_line_once(floor.runtime())
    assert {} == floor.problems()


def test_several_hubs_are_tried_each_with_its_own_failure(floor: Floor) -> None:
    floor.environment["CANARY_HUB"] = "canary 1obby"

    good, bad = trying.try_line_once(floor.runtime())

    assert ("canary", "") == (good.hub, good.failed_step)
    assert ("1obby", "handshake", "400 Bad Request") == (bad.hub, bad.failed_step, bad.failure)


def test_a_hub_of_the_token_policies_is_of_the_resource_that_stands_there(floor: Floor) -> None:
    (floor.folder / "resources.yaml").write_text(
        RESOURCES.replace("[{", f"[{{id: {OTHER}, workspace: 3d5e6f70-0002-4000-8000-00000000b002}}, {{"),
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="2 Web PubSub resources are watched"):
        trying.try_line_once(floor.runtime())
    assert ["hub canary of CANARY_HUB"] == list(floor.problems())

    rules = "web_pubsub: [{resource: board, hubs: [{hub: Canary, policies: [{callers: {user: nobody}}]}]}]\n"
    (floor.folder / "tokens.yaml").write_text(rules, encoding="utf-8")
    (line_try,) = trying.try_line_once(floor.runtime())

    assert (OTHER, "") == (line_try.resource, line_try.failed_step)
    assert {} == floor.problems()


def test_a_resource_that_is_not_watched_is_no_signal(floor: Floor) -> None:
    rules = "web_pubsub: [{resource: board, hubs: [{hub: canary, policies: [{callers: {user: nobody}}]}]}]\n"
    (floor.folder / "tokens.yaml").write_text(rules, encoding="utf-8")

    with pytest.raises(InputError, match="does not name"):
        trying.try_line_once(floor.runtime())


def test_a_try_that_cannot_be_kept_is_a_failure_of_the_function(floor: Floor) -> None:
    floor.environment["AzureWebJobsStorage"] = (
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=YQ==;TableEndpoint=https://127.0.0.1:9"
    )

    with pytest.raises(LinekeeperError, match="storage does not answer"):
        trying.try_line_once(floor.runtime())


def test_a_schedule_that_the_host_refuses_stands_in_readiness(floor: Floor) -> None:
    floor.environment["CANARY_SCHEDULE"] = "every minute"

    assert ["settings: CANARY_SCHEDULE"] == list(floor.problems())


def test_the_default_severity_knows_the_canary() -> None:
    assert ("canary",) in [rule.kinds for rule in default_severity().rules]

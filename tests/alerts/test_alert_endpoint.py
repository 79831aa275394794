"""From a request to an incident and its card, through the app's own functions and Azurite."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette

from local.__main__ import main
from local.azure.entra import Entra
from local.host import Host, functions_of_the_app
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.app.runtime import hosted
from shared.app.stores import dead_letters, incidents
from shared.cloud.entra.gate import CALLER, ROLE
from shared.cloud.storage.account import Storage
from tests.alerts.sample import LOBBY, NAMES, body, fired, resolved

RULES = """
rules:
  - {rule: "lobby-refused-*", symptom: web-pubsub-connection-failures}
  - {rule: "lobby-health", symptom: web-pubsub-connection-drops}
"""
WORKSPACE = "1a2b3c4d-0003-4000-8000-00000000c003"
NOW = datetime(2026, 3, 2, 12, 7, tzinfo=UTC)
MINE = [one for one in functions_of_the_app() if one.name.endswith(("_alert", "_alerts"))]


class StillClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class App:
    storage: Storage
    host: Host

    def post(self, given: bytes, **headers: str) -> tuple[int, dict[str, str]]:
        headers = {"x-functions-key": self.host.key, **headers}
        response = self.host.request("POST", "/api/alerts", headers=headers, body=given)
        return response.status_code, json.loads(response.get_body() or b"{}")

    def handle(self) -> None:
        self.host.drain()

    def notices(self) -> list[str]:
        blobs = self.storage.container("documents").list_blobs("notices/")
        return sorted(blob.name for blob in blobs)


@pytest.fixture
def app(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    (tmp_path / "resources.yaml").write_text(f"resources:\n  - {LOBBY}\n", encoding="utf-8")
    (tmp_path / "alerts.yaml").write_text(RULES, encoding="utf-8")
    for name, value in {
        "CONFIG_FOLDER": str(tmp_path),
        "LOGS_WORKSPACE": WORKSPACE,
        "IDENTITY_ENDPOINT": "https://127.0.0.1:9/msi/token",
        "IDENTITY_HEADER": "nobody",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ALERT_AUDIENCE", raising=False)
    with hosted(StillClock()):
        yield App(storage, Host(MINE, storage=storage))


def test_every_sample_fired_and_resolved_ends_as_incidents_and_cards(app: App) -> None:
    for name in NAMES:
        for variant_of in (fired, resolved):
            for _ in range(1 + (name in {"log-v2", "budget"})):  # Azure may send anything twice
                assert 202 == app.post(body(variant_of(name)))[0]
    app.handle()

    open_incidents = incidents(app.storage).open_ones()
    assert ["web-pubsub-connection-drops", "web-pubsub-connection-failures"] == sorted(
        incident.symptom for incident in open_incidents
    )
    assert {LOBBY} == {incident.resource for incident in open_incidents}
    unfit_cards, incident_cards = 2 * 8, 2
    raised = sum(
        entry.what == "told: severity raised" for incident in open_incidents for entry in incident.timeline
    )
    assert unfit_cards + incident_cards + raised == len(app.notices())


def test_what_is_no_alert_is_told_why(app: App) -> None:
    status, answer = app.post(b'{"hello": "lobby"}')

    assert 400 == status
    assert answer["said"].startswith("alert: schemaId: it is 'missing'")


def test_without_the_key_nothing_enters(app: App) -> None:
    assert 401 == app.host.request("POST", "/api/alerts", body=body(fired("log-v2"))).status_code


def test_a_setting_that_is_missing_is_503_and_not_500(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage", "no connection string")

    assert 503 == app.post(body(fired("log-v2")))[0]


def test_a_token_is_required_where_an_audience_is_set(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, listener = certificate(), free_port()
    entra = Entra("contoso", address_of(listener))
    monkeypatch.setenv("ALERT_AUDIENCE", "api://linekeeper 2222")
    monkeypatch.setenv("ALERT_TENANT", "contoso")
    monkeypatch.setenv("ENTRA_ENDPOINT", "https://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    good = entra.token(NOW, aud="api://linekeeper", azp=CALLER, roles=[ROLE])
    bad = entra.token(NOW, aud="api://linekeeper", azp=CALLER, roles=["Reader"])
    payload = body(fired("log-v2"))

    assert 503 == app.post(payload, authorization=f"Bearer {good}")[0]
    monkeypatch.setenv("ENTRA_ENDPOINT", address_of(listener))
    with https_server(Starlette(routes=entra.routes()), listener, trusted):
        assert 202 == app.post(payload, authorization=f"Bearer {good}")[0]
        assert 401 == app.post(payload)[0]
        status, answer = app.post(payload, authorization=f"Bearer {bad}")

    assert (401, True) == (status, "no role" in answer["said"])


def test_a_message_that_names_no_alert_becomes_a_dead_letter(app: App) -> None:
    app.storage.queue("alerts").send_message('{"alert": "gone"}')
    app.handle()

    assert ['{"alert": "gone"}'] == [letter.text for letter in dead_letters(app.storage).read("alerts")]


@pytest.mark.parametrize(("severity", "queue"), [("Sev3", "alerts"), ("Sev0", "urgent-alerts")])
def test_a_dead_letter_of_an_alert_is_handed_back(
    app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], severity: str, queue: str
) -> None:
    payload = fired("metric-static")
    payload["data"]["essentials"]["severity"] = severity
    _, answer = app.post(body(payload))
    given_up = next(iter(app.storage.queue(queue).receive_messages()))
    app.storage.queue(queue).delete_message(given_up)
    app.storage.queue(f"{queue}-poison").send_message(given_up.content)
    app.handle()
    (letter,) = dead_letters(app.storage).read(queue)
    assert {"alert": answer["alert"]} == json.loads(letter.text)

    assert 0 == main(["redeliver"])
    assert "1 dead letters of alerts." in capsys.readouterr().out
    app.handle()

    assert [] == dead_letters(app.storage).read(queue)
    assert 1 == len(incidents(app.storage).open_ones())


def test_a_dead_letter_that_names_no_alert_is_kept(app: App) -> None:
    app.storage.queue("alerts").send_message("lobby")
    app.handle()

    assert 1 == main(["redeliver"])
    assert ["lobby"] == [letter.text for letter in dead_letters(app.storage).read("alerts")]

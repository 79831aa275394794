"""`smoke` and `drill` against the local host over HTTP: what it loaded, what it is sent, and what is said when it fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import azure.functions as func
import pytest
from starlette.applications import Starlette

from local.__main__ import main
from local.deploy.running_app import app_at
from local.deploy.smoke import smoke
from local.host import Function, Host, functions_of
from local.host.host import KEY, MASTER_KEY
from local.host.served import route_of
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from shared.errors import InputError
from tests.incidents.fake_rooms import NOON

NAMES = ("receive_alert", "report_readiness")


@dataclass
class Deployed:
    """A small app behind the real host, and what it took."""

    status: int = 202
    ready: int = 200
    alerts: list[dict[str, object]] = field(default_factory=list)

    def functions(self) -> tuple[Function, ...]:
        app = func.FunctionApp()

        @app.route(route="alerts", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
        def receive_alert(req: func.HttpRequest) -> func.HttpResponse:
            self.alerts.append(json.loads(req.get_body()))
            return func.HttpResponse("{}", status_code=self.status)

        @app.route(route="health/ready", auth_level=func.AuthLevel.ANONYMOUS)
        def report_readiness(req: func.HttpRequest) -> func.HttpResponse:
            checks = [
                {"name": "storage", "ok": False, "problem": "403"},
                {"name": "playbooks", "ok": True, "problem": ""},
            ]
            known = {"checks": checks} if req.headers.get("x-health-key") == "k" else {}
            return func.HttpResponse(json.dumps({"status": "down", **known}), status_code=self.ready)

        return functions_of(app)


@contextmanager
def served(
    functions: tuple[Function, ...], monkeypatch: pytest.MonkeyPatch, settings: dict[str, str] | None = None
) -> Iterator[str]:
    listener, trusted = free_port(), certificate()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    with https_server(
        Starlette(routes=[route_of(Host(functions, settings=settings or {}))]), listener, trusted
    ):
        yield address_of(listener)


def said(
    address: str, *, key: str = MASTER_KEY, health_key: str = "", names: tuple[str, ...] = NAMES
) -> dict[str, tuple[bool, str]]:
    results = smoke(app_at(address, key), names, health_key, NOON)
    return {result.text.partition(":")[0]: (result.works, result.text) for result in results}


def test_an_app_that_works_is_well_and_its_alert_is_a_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = Deployed()
    with served(deployed.functions(), monkeypatch) as address:
        results = said(address)

    assert {"functions", "host", "readiness", "drill"} == {
        part for part, (works, _) in results.items() if works
    }
    assert "functions: all 2 are loaded" == results["functions"][1]
    assert "extension bundle 4." in results["host"][1]
    (alert,) = deployed.alerts
    assert '"linekeeper-drill": "1 of 1"' in json.dumps(alert)


def test_an_app_that_loaded_nothing_is_told_though_its_host_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with served((), monkeypatch) as address:
        results = said(address)

    assert (
        False,
        "functions: the app loaded none; its logs say why the worker could not import it",
    ) == results["functions"]
    assert results["host"][0]
    assert "there is no function receive_alert" in results["drill"][1]


def test_missing_and_foreign_functions_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(Deployed().functions(), monkeypatch) as address:
        missing = said(address, names=(*NAMES, "watch_connectivity"))
        foreign = said(address, names=NAMES[:1])

    assert "functions: missing watch_connectivity" == missing["functions"][1]
    assert "functions: not ours report_readiness: another version is deployed" == foreign["functions"][1]


@pytest.mark.parametrize(
    ("resting", "result"),
    [
        pytest.param(
            "try_line",
            (
                True,
                "functions: all 2 are loaded; disabled, as the template does where there is nothing to do: try_line",
            ),
            id="the canary without a hub",
        ),
        pytest.param("receive_alert", (False, "functions: disabled receive_alert"), id="the route of alerts"),
    ],
)
def test_only_what_the_template_disables_may_rest(
    resting: str, result: tuple[bool, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = func.FunctionApp()
    for name in ("receive_alert", "try_line"):
        app.function_name(name)(app.route(route=name)(lambda req: func.HttpResponse("{}")))
    settings = {f"AzureWebJobs.{resting}.Disabled": "true"}
    with served(functions_of(app), monkeypatch, settings) as address:
        results = said(address, names=("receive_alert", "try_line"))

    assert result == results["functions"]


def test_the_key_of_a_function_does_not_open_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(Deployed().functions(), monkeypatch) as address:
        results = said(address, key=KEY)

    assert not results["functions"][0]
    assert "must be the master key" in results["functions"][1]
    assert results["drill"][0]  # which needs no more than the key of the function


def test_what_is_not_ready_and_what_is_refused_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = Deployed(status=409, ready=503)
    with served(deployed.functions(), monkeypatch) as address:
        without, named = said(address), said(address, health_key="k")

    assert "readiness: 503; with HEALTH_KEY set it names what is wrong" == without["readiness"][1]
    assert "readiness: 503: storage: 403" == named["readiness"][1]
    assert "nobody hears of drills" in named["drill"][1]


def test_a_timer_that_cannot_be_set_up_is_an_error_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    app = func.FunctionApp()

    @app.timer_trigger(schedule="%WATCH_SCHEDULE%", arg_name="timer")
    def watch(timer: func.TimerRequest) -> None: ...

    with served(functions_of(app), monkeypatch) as address:
        works, text = said(address, names=("watch",))["host"]

    assert not works
    assert "The 'watch' function is in error" in text


def test_the_command_prints_each_part_and_fails_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APP_KEY", MASTER_KEY)
    with served(Deployed().functions(), monkeypatch) as address:
        assert 1 == main(["smoke", address])

    printed = capsys.readouterr().out
    assert "failed  functions: missing" in printed
    assert "ok      drill: accepted" in printed
    assert MASTER_KEY not in printed


def test_a_drill_replays_the_steps_of_a_case(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APP_KEY", KEY)
    deployed = Deployed()
    with served(deployed.functions(), monkeypatch) as address:
        assert 0 == main(["drill", "night-shift-too-few-connects", "--app", address, "--pause", "0"])

    sent = [json.dumps(alert) for alert in deployed.alerts]
    assert [f"{number} of 3" in text for number, text in enumerate(sent, start=1)] == [True, True, True]
    assert "3 of 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    "address",
    [
        "http://func-lobby.azurewebsites.net",
        "ftp://127.0.0.1",
        "http://localhost.evil.example",
        "http://127.0.0.1:7071@evil.example",
    ],
)
def test_a_key_is_not_sent_in_clear(address: str) -> None:
    with pytest.raises(InputError, match="without TLS"):
        app_at(address, "secret")


def test_a_name_is_a_function_app_of_azure_and_a_prefix_is_taken_off() -> None:
    assert ["https://func-lobby.azurewebsites.net", "http://127.0.0.1:7071"] == [
        app_at("func-lobby", "").address,
        app_at("http://127.0.0.1:7071/api/", "").address,
    ]

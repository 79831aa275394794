"""The templates and the code agree: settings, functions, routes, metrics and heartbeats."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deployed import addresses, literals_in, objects_of, settings_of, template
from mended import ROOT, TEMPLATES, changed

from infra.checks.read import read_template
from local.deploy.smoke import MAY_REST
from local.host import functions_of_the_app
from local.metrics.catalogue import metrics_of
from local.workspace.database import Workspace
from local.workspace.kql import run
from shared.configuration.receivers import DEFAULT_SETTING
from shared.health.heartbeat import HEARTBEAT, TRACK_HEARTBEAT
from shared.signals.metrics.families import RELOAD, VANISHED, WANTED_CLOSES, classify_status

# App Service sets these itself, and storage is reached by its addresses with an identity.
NOT_OURS_TO_SET = {
    "WEBSITE_HOSTNAME",
    "WEBSITE_AUTH_ENABLED",
    "AzureWebJobsStorage",
    "AzureWebJobsStorage__accountName",
}
OF_THE_HOST = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AzureWebJobs.set_alert_states.Disabled",
    "AzureWebJobs.try_line.Disabled",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__credential",
    "PYTHON_THREADPOOL_THREAD_COUNT",
}
FUNCTIONS = {function.name: function for function in functions_of_the_app()}


def read_settings() -> set[str]:
    """Return the settings that the code reads."""
    source = (ROOT / "shared" / "settings.py").read_text(encoding="utf-8")
    return {*re.findall(r'\.get\("([A-Za-z_]+)"', source), DEFAULT_SETTING}


def schedules() -> set[str]:
    """Return the settings that triggers name."""
    texts = [str(value) for function in FUNCTIONS.values() for value in function.trigger.values()]
    return {name for text in texts for name in re.findall(r"%(\w+)%", text)}


def missing_settings(folder: Path) -> set[str]:
    app = read_template(folder / "modules" / "app.bicep", folder)
    return (read_settings() | schedules()) - NOT_OURS_TO_SET - set(settings_of(app))


def test_every_setting_that_the_code_reads_is_set_and_no_other() -> None:
    assert set() == missing_settings(TEMPLATES)
    assert set(settings_of(template("modules/app.bicep"))) - read_settings() - schedules() == OF_THE_HOST


def test_a_setting_that_is_missing_is_named(tmp_path: Path) -> None:
    copy = changed(tmp_path, "modules/app.bicep", "    TRACK_SCHEDULE: '30 * * * * *'\n", "")

    assert {"TRACK_SCHEDULE"} == missing_settings(copy)


def test_settings_are_those_that_the_code_expects() -> None:
    """A schedule is that of the example; what is read from the vault is written to it."""
    settings = settings_of(template("modules/app.bicep"))
    example = (ROOT / "local.settings.json.example").read_text(encoding="utf-8")
    secrets = {match[1] for value in settings.values() if (match := re.search(r"secrets/([\w-]+)\)", value))}
    kept = {text for one in template("modules/vault.bicep").resources() for text in literals_in(one)}

    assert [] == [name for name in schedules() if f'"{name}": "{settings[name][1:-1]}"' not in example]
    assert {"health-key", "teams-webhook-url", "user-id-salt"} <= secrets
    assert secrets <= kept


def test_what_is_disabled_is_a_function() -> None:
    names = re.findall(r"AzureWebJobs\.(\w+)\.Disabled", " ".join(settings_of(template("modules/app.bicep"))))

    assert MAY_REST == set(names)
    assert [] == [name for name in names if name not in FUNCTIONS]


def unknown_functions(folder: Path) -> set[str]:
    """Name the functions of the app that a template refers to and the code does not have."""
    connect = read_template(folder / "connect.bicep", folder)
    names = {
        text
        for one in connect.resources()
        if one.type_name == "Microsoft.Web/sites/functions"
        for text in literals_in(one)
    }
    assert names
    return {name for name in names if name not in FUNCTIONS and name != "functions"}


def unknown_routes(folder: Path) -> list[str]:
    routes = {
        f"/api/{function.text('route')}" for function in FUNCTIONS.values() if function.kind == "httpTrigger"
    }
    return [path for path in addresses(read_template(folder / "connect.bicep", folder)) if path not in routes]


def test_every_function_and_route_that_azure_is_pointed_at_exists() -> None:
    assert {"/api/alerts", "/api/pubsub/{hub}/{event}"} == set(addresses(template("connect.bicep")))
    assert (set(), []) == (unknown_functions(TEMPLATES), unknown_routes(TEMPLATES))


def test_a_function_and_a_route_that_do_not_exist_are_named(tmp_path: Path) -> None:
    copy = changed(tmp_path, "connect.bicep", "name: 'receive_alert'", "name: 'take_alert'")
    text = (copy / "connect.bicep").read_text(encoding="utf-8").replace("/api/alerts?", "/api/alarms?")
    (copy / "connect.bicep").write_text(text, encoding="utf-8")

    assert ({"take_alert"}, ["/api/alarms"]) == (unknown_functions(copy), unknown_routes(copy))


def test_a_key_is_sent_where_the_function_wants_one_and_nowhere_else() -> None:
    text = (TEMPLATES / "connect.bicep").read_text(encoding="utf-8")
    levels = {
        f"/api/{one.text('route')}": one.text("authLevel").upper()
        for one in FUNCTIONS.values()
        if one.kind == "httpTrigger"
    }
    with_key = set(re.findall(r"defaultHostName\}(/api/[^'?]*)\?code=\$\{app::receiveAlert\.listKeys", text))

    assert with_key == {path for path in addresses(template("connect.bicep")) if levels[path] == "FUNCTION"}
    assert "ANONYMOUS" == levels["/api/pubsub/{hub}/{event}"]
    assert "receive_alert" == next(one.name for one in FUNCTIONS.values() if one.text("route") == "alerts")


def test_what_the_hub_sends_the_function_takes() -> None:
    trigger = FUNCTIONS["receive_pubsub_event"].trigger

    assert {"OPTIONS", "POST"} <= {str(method).upper() for method in trigger["methods"]}
    assert "POST" in {str(method).upper() for method in FUNCTIONS["receive_alert"].trigger["methods"]}


@pytest.mark.parametrize(
    "rule", [*objects_of(template("modules/alert-rules.bicep"), "metricRules")], ids=lambda rule: rule["name"]
)
def test_every_rule_is_on_a_metric_that_exists(rule: dict[str, str]) -> None:
    metric = metrics_of("microsoft.signalrservice/webpubsub")[rule["metric"].lower()]
    dimensions = re.findall(r"name: '(\w+)'", rule["dimensions"])

    assert metric.name == rule["metric"]
    assert rule["aggregation"].lower() in metric.aggregations
    assert set(dimensions) <= set(metric.dimensions)


def test_the_rules_leave_out_what_the_watch_finds_harmless() -> None:
    rules = {rule["name"]: rule for rule in objects_of(template("modules/alert-rules.bicep"), "metricRules")}
    values = {
        name: re.findall(r"'([^']+)'", rule["dimensions"].partition("values:")[2])
        for name, rule in rules.items()
    }

    assert {*WANTED_CLOSES, VANISHED, RELOAD} == {value.lower() for value in values["closes"]}
    assert values["handshakes"]
    assert [] == [status for status in values["handshakes"] if classify_status(status).is_bad]


BEATS = {beat["name"]: beat["query"] for beat in objects_of(template("modules/heartbeat.bicep"), "beats")}


def test_each_heartbeat_has_a_rule_that_looks_for_its_line() -> None:
    assert {"watch", "track"} == set(BEATS)
    assert f'startswith "{HEARTBEAT}"' in BEATS["watch"]
    assert f'startswith "{TRACK_HEARTBEAT}"' in BEATS["track"]


@pytest.mark.parametrize(("name", "line"), [("watch", HEARTBEAT), ("track", TRACK_HEARTBEAT)])
def test_a_missing_heartbeat_is_one_row_with_zero(name: str, line: str) -> None:
    def beats(*messages: str) -> list[list[object]]:
        workspace = Workspace()
        moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
        rows = [{"TimeGenerated": moment, "Message": message} for message in ("something else", *messages)]
        workspace.load({"AppTraces": rows})
        return [list(row) for row in run(workspace, BEATS[name]).rows()]

    assert [[0]] == beats()
    assert [[2]] == beats(f'{line} {{"at": ""}}', f'{line} {{"at": ""}}')


def test_the_app_is_started_with_the_settings_of_the_template() -> None:
    """Each value that the template leaves empty must do: an empty text is not a missing setting."""
    settings = settings_of(template("modules/app.bicep"))
    plain = {name: value[1:-1] for name, value in settings.items() if re.fullmatch(r"'[^'$@]*'", value)}
    code = "from shared.settings import Settings; s = Settings.from_environment(); print(s.config_folder.name, s.acs_connection)"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **plain},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "config None" == answer.stdout.strip()

"""What Azure Functions indexes. `get_functions()` works once per process, so one fixture asks it for all tests."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from local.host import functions_of_the_app

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def indexed() -> dict[str, Any]:
    return {function.name: function for function in functions_of_the_app()}


def test_the_app_has_exactly_these_functions(indexed: dict[str, Any]) -> None:
    expected = (
        "collect_poison_alerts collect_poison_notices collect_poison_pushed collect_poison_urgent_alerts collect_poison_work deliver_notice diagnose_incident "
        "discover_resources find_missed_alerts handle_alert handle_urgent_alert judge_pushed "
        "issue_acs_token negotiate receive_alert receive_pubsub_event refresh refresh_acs_token report_board report_health report_readiness "
        "respond_to_incident review_configuration revoke_acs_tokens send_due_notices set_alert_states track_incidents try_line "
        "watch_connectivity watch_service_health"
    )

    assert set(expected.split()) == set(indexed)


def test_no_two_functions_answer_one_route_and_method(indexed: dict[str, Any]) -> None:
    triggers = [one.trigger for one in indexed.values() if one.kind == "httpTrigger"]
    answered = [(trigger["route"], method) for trigger in triggers for method in trigger["methods"]]

    assert len(answered) == len(set(answered))


def test_tells_anyone_that_it_is_alive(indexed: dict[str, Any]) -> None:
    request = func.HttpRequest(method="GET", url="/api/health/live", body=b"")

    response = indexed["report_health"].code(request)

    assert (200, b'{"status": "up"}') == (response.status_code, response.get_body())


def test_every_module_of_functions_is_named_as_its_function(indexed: dict[str, Any]) -> None:
    modules = {file.stem for file in (ROOT / "functions").glob("*.py")} - {"__init__"}

    assert modules == set(indexed)


def test_importing_the_app_loads_no_azure_client() -> None:
    heavy = "'azure.identity', 'azure.mgmt', 'azure.core', 'azure.monitor.query', 'requests', 'markdown_it', 'jinja2', 'yaml'"
    code = f"import sys, function_app; print([name for name in ({heavy}) if name in sys.modules])"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOGS_")}

    answered = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert answered.stdout.strip() == "[]"


def test_a_management_sdk_is_loaded_by_its_first_query_only() -> None:
    """It costs 0.2 s and 18 MB, and most calls of the app ask Resource Graph nothing."""
    code = "import sys; from shared.app.runtime import Runtime; from shared.settings import Settings; "
    code += "Runtime(Settings.from_environment({})).context; print('azure.mgmt' in sys.modules)"

    answered = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert answered.stdout.strip() == "False"


def test_no_module_of_the_app_loads_a_management_sdk_when_it_is_imported() -> None:
    """Whatever a function needs first, it pays for none of them."""
    code = "import importlib, pkgutil, sys, function_app, shared; "
    code += (
        "[importlib.import_module(one.name) for one in pkgutil.walk_packages(shared.__path__, 'shared.')]; "
    )
    code += "print([name for name in sys.modules if name.startswith('azure.mgmt')])"

    answered = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert answered.stdout.strip() == "[]"


def test_the_sdks_log_no_request_that_went_well() -> None:
    """They were 92 % of what the timers of a quiet day log. The host filters by function, so host.json could not say it."""
    code = "import logging, function_app; level = lambda name: logging.getLogger(name).getEffectiveLevel(); "
    code += "logging.getLogger().setLevel(logging.INFO); "
    code += "print(level('azure.core.pipeline.policies'), level('azure.identity._internal'), level('azure.functions'))"

    answered = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "30 30 20" == answered.stdout.strip()


def test_an_alert_waits_for_no_idle_queue_for_longer_than_seconds() -> None:
    """Azure's default is a minute, and from an alert to its card are two queues."""
    queues = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["extensions"]["queues"]

    assert "00:00:02" == queues["maxPollingInterval"]


def test_sampling_drops_no_heartbeat_no_failure_and_no_request() -> None:
    """A heartbeat is a trace: one that was sampled away would be taken for a watch that failed."""
    told = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["logging"]
    sampling = told["applicationInsights"]["samplingSettings"]

    assert {"Exception", "Request", "Trace"} == set(sampling["excludedTypes"].split(";"))
    assert "Information" == told["logLevel"]["default"]  # the level of the heartbeat

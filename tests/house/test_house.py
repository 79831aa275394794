"""The laws that a reader of the code relies on."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from local.case import all_cases
from shared.playbooks.loading.load import load_library
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
PRODUCT = [ROOT / "function_app.py", *(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]
SOURCE = [*PRODUCT, *(ROOT / "local").rglob("*.py")]

HYPOTHESES = {
    "web-pubsub-connection-failures": "token-expired audience-mismatch access-key-rotated local-auth-disabled "
    "network-acl-blocks hub-or-endpoint-wrong token-too-long connection-quota-reached upstream-rejects-connect "
    "abuse-protection-failing resource-changed platform-incident",
    "web-pubsub-connection-drops": "service-reload ping-timeout event-handler-missing event-handler-failing slow-client "
    "connection-quota-reached fixed-lifetime mass-close resource-changed platform-incident",
    "web-pubsub-event-handler-errors": "upstream-not-found upstream-unauthorized upstream-failing upstream-slow "
    "abuse-protection-failing handler-not-registered",
    "acs-call-connection-failures": "udp-blocked relay-unreachable ice-failed token-invalid voip-scope-missing "
    "signalling-lost callee-unreachable platform-incident",
    "acs-chat-message-delivery": "token-expired participant-removed thread-deleted realtime-channel-blocked "
    "not-listening send-throttled",
    "acs-transcription-websocket-drops": "server-keepalive-timeout receive-starved tts-correlated proxy-idle-timeout "
    "stream-interrupted-by-service server-restart stream-url-invalid",
}


# A host outlives its functions: this is the one place that catches, and logs, whatever comes.
OUTERMOST = ROOT / "local" / "host" / "call.py"


def parsed(files: list[Path]) -> Iterator[tuple[Path, ast.Module]]:
    return ((file, ast.parse(file.read_text(encoding="utf-8"))) for file in files)


def test_the_six_playbooks_have_the_hypotheses_that_were_promised() -> None:
    found = {name: {one.id for one in playbook.hypotheses} for name, playbook in load_library().items()}

    assert {name: set(ids.split()) for name, ids in HYPOTHESES.items()} == found


def test_every_hypothesis_says_what_its_check_cannot_see() -> None:
    silent = [
        f"{playbook.id}/{one.id}"
        for playbook in load_library().values()
        for one in playbook.hypotheses
        if not one.limits
    ]

    assert silent == []


def test_every_step_of_a_mitigation_can_be_verified() -> None:
    blind = [
        f"{playbook.id}/{one.id}: {step[:60]}"
        for playbook in load_library().values()
        for one in playbook.hypotheses
        for step in one.steps
        if "verify" not in step.lower()
    ]

    assert blind == []


def test_every_playbook_has_three_cases_and_there_are_at_least_24() -> None:
    counts = dict.fromkeys(HYPOTHESES, 0)
    for case in all_cases():
        counts[case.playbook] += 1

    assert min(counts.values()) >= 3
    assert sum(counts.values()) >= 24


def test_every_case_says_where_its_shapes_come_from() -> None:
    assert [case.name for case in all_cases() if not (case.folder / "README.md").is_file()] == []


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = [
        str(file.relative_to(ROOT))
        for file, tree in parsed(PRODUCT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and ast.unparse(node.value).split(".")[-1] in {"datetime", "date"}
        and file.name != "clock.py"
    ]

    assert asking == []


def test_only_settings_read_the_environment() -> None:
    reading = [
        str(file.relative_to(ROOT))
        for file in PRODUCT
        if re.search(r"\bos\.(environ|getenv)\b", file.read_text(encoding="utf-8"))
        and file.name != "settings.py"
    ]

    assert reading == []


def test_only_the_cloud_knows_azures_clients() -> None:
    knowing = {
        str(file.relative_to(ROOT).parent)
        for file, tree in parsed(PRODUCT)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and re.match(r"azure\.(?!functions)|requests", node.module or "")
    }

    assert knowing == {"shared/cloud"}


def test_no_handler_catches_everything() -> None:
    greedy = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file, tree in parsed(SOURCE)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and file != OUTERMOST
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    ]

    assert greedy == []


def test_rooms_and_functions_stay_small() -> None:
    modules = [str(file) for file in SOURCE if len(file.read_text(encoding="utf-8").splitlines()) > 400]
    functions = [
        f"{file}:{node.lineno}"
        for file, tree in parsed(SOURCE)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > 60
    ]

    assert (modules, functions) == ([], [])


def test_no_room_has_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "helpers", "common", "manager", "base", "misc"}

    assert [str(file) for file in SOURCE if {file.stem, file.parent.name} & empty_words] == []


def test_every_module_opens_with_the_one_thing_it_is_for() -> None:
    assert [str(file) for file, tree in parsed(SOURCE) if not ast.get_docstring(tree)] == []


@pytest.mark.parametrize("place", ["local.settings.json.example", "docs/operations.md"])
def test_every_setting_is_in_the_example_and_documented(place: str) -> None:
    source = (ROOT / "shared" / "settings.py").read_text(encoding="utf-8")
    names = re.findall(r'given\.get\("([A-Za-z_]+)"', source)
    text = (ROOT / place).read_text(encoding="utf-8")

    assert len(fields(Settings)) == len(names)
    assert [name for name in names if name not in text] == []


def test_no_file_names_a_package_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    hosts = re.compile("|".join(["registry" + r"\.npmjs", "pypi" + r"\.org", "files\\.python" + "hosted"]))
    files = (ROOT / name for name in tracked if name)

    assert [
        str(file) for file in files if file.is_file() and hosts.search(file.read_text("utf-8", "replace"))
    ] == []


def test_what_ships_is_pinned() -> None:
    required = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()

    assert [
        line
        for line in required
        if line and not line.startswith("#") and not re.match(r"[\w.\[\]-]+==\S+$", line)
    ] == []


def test_what_is_deployed_holds_no_stand_in() -> None:
    ignored = (ROOT / ".funcignore").read_text(encoding="utf-8").split()

    assert {"local", "tests", "bench", "docs", ".venv", "node_modules"} <= set(ignored)


def test_the_hosts_file_is_json_that_prefixes_routes() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert host["extensions"]["http"]["routePrefix"] == "api"

"""The programs of docs/clients.md, run as they stand there with Microsoft's published clients."""

import importlib.util
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from page_stage import PROGRAMS, Line, line_for_programs, programs_of_the_page, talking, wait_until

from local.machine.node import node_command

EVERY_CLIENT = pytest.mark.parametrize("kind", PROGRAMS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    assert ["negotiated.mjs", "talk.mjs", "talk.py", "talk_aio.py"] == programs_of_the_page(folder)
    return folder


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with line_for_programs(tmp_path) as line:
        yield line


def group_of(line: Line) -> WebPubSubServiceClient:
    return WebPubSubServiceClient.from_connection_string(line.service.connection_string(), "lobby")


@EVERY_CLIENT
def test_a_client_talks_and_after_the_service_closed_it_asks_once_and_hears_its_group_again(
    kind: str, folder: Path, line: Line
) -> None:
    with talking(kind, folder, line) as talk:
        talk.hear("connected as alice")
        talk.hear("joined agents")
        talk.say("hello")
        talk.hear("agents: hello")
        assert 1 == len(line.asked)

        line.change_the_key()  # who takes the former token again is refused
        line.service.close_all(reason="recovery is refused")
        talk.hear("disconnected")
        talk.hear("connected as alice")
        service = group_of(line)
        wait_until(lambda: service.group_exists("agents"))
        service.send_to_group("agents", "still there?", content_type="text/plain")
        talk.hear("agents: still there?")
        talk.say("yes")
        talk.hear("agents: yes")

        assert [200, 200] == [asked.status for asked in line.asked]
        assert 0 == talk.end()


@EVERY_CLIENT
def test_a_line_that_the_network_cut_is_recovered_without_another_address(
    kind: str, folder: Path, line: Line
) -> None:
    with talking(kind, folder, line) as talk:
        talk.hear("joined agents")
        line.service.cut(line.service.connections()[0])
        group_of(line).send_to_group("agents", "missed", content_type="text/plain")
        talk.hear("agents: missed")

        assert (1, False) == (len(line.asked), "disconnected" in talk.lines)


@EVERY_CLIENT
def test_a_client_connects_when_it_is_its_turn_and_asks_again_no_sooner_than_it_was_told(
    kind: str, folder: Path, line: Line
) -> None:
    line.refusals = [(503, {"said": "later", "retryAfterMs": 800})]
    line.connect_after_ms = 1200
    with talking(kind, folder, line) as talk:
        talk.hear("no address: 503")
        talk.hear("connected as alice")

    refused, given = line.asked
    assert given.at - refused.at >= 0.8
    assert line.connects[0] - given.answered >= 1.15


@EVERY_CLIENT
def test_a_client_whose_connect_fails_comes_back_by_another_address(
    kind: str, folder: Path, line: Line
) -> None:
    """The first connect is no business of the official clients: they give up."""
    line.service.keys.enabled = False
    with talking(kind, folder, line) as talk:
        wait_until(lambda: len(line.asked) >= 2)
        line.service.keys.enabled = True
        talk.hear("connected as alice")

    assert any(text.startswith("not connected: ") and "401" in text for text in talk.lines)


def module_of(folder: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def javascript_pauses(folder: Path, failures: list[int]) -> list[float]:
    code = f"const {{pause}} = await import('./negotiated.mjs'); console.log(JSON.stringify({failures}.map((n) => pause(n, 0.5))))"
    command = [*node_command(), "--input-type=module", "-e", code]
    output = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return [milliseconds / 1000 for milliseconds in json.loads(output)]


def test_pauses_double_up_to_a_minute_and_are_a_random_part_of_that(folder: Path) -> None:
    failures = [0, 1, 2, 3, 7, 2000]

    expected = [0, 0.5, 1, 2, 30, 30]
    assert expected == javascript_pauses(folder, failures)
    for name in ("talk", "talk_aio"):
        pause = module_of(folder, name).pause
        assert expected[:-1] == [pause(number, 0.5) for number in failures[:-1]]
        assert (0.0, 60.0) == (pause(30, 0.0), pause(30, 1.0))

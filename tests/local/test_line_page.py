"""The page of the line, driven in Chromium: Microsoft's client, our negotiate, and buttons that break the line."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.applications import Starlette

from local.host import Host, functions_of_the_app
from local.host.served import route_of
from local.line.line import TriedLine
from local.line.page import PATH, line_routes
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.machine.node import node_command
from local.machine.places import ROOT
from local.pubsub.service import PubSubService
from local.teams.browser import browser_environment, unpacked_chromium
from shared.app.runtime import hosted
from shared.clock import SystemClock

UNREACHABLE = "https://127.0.0.1:9"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in {
        "CONFIG_FOLDER": str(tmp_path),
        "WEB_PUBSUB_CONNECTION": "",
        "WEB_PUBSUB_SIGNING_KEY": "primary",
        "AzureWebJobsStorage": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=YQ==;"
        f"TableEndpoint={UNREACHABLE};QueueEndpoint={UNREACHABLE};BlobEndpoint={UNREACHABLE}",
    }.items():
        monkeypatch.setenv(name, value)
    host = Host([function for function in functions_of_the_app() if function.name == "negotiate"])
    listener = free_port()
    with PubSubService(certificate()) as service:
        line = TriedLine(service)
        line.configure(tmp_path)
        app = Starlette(routes=[*line_routes(line), route_of(host)])
        with hosted(SystemClock()), https_server(app, listener, certificate()):
            yield address_of(listener)


def driven(address: str) -> dict[str, Any]:
    unpacked = unpacked_chromium()
    options = {"executable": str(unpacked / "chromium"), "address": address + PATH}
    process = subprocess.run(
        [*node_command(), str(Path(__file__).parent / "line_in_browser.mjs"), json.dumps(options)],
        env=browser_environment(unpacked),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert 0 == process.returncode, process.stderr
    answer: dict[str, Any] = json.loads(process.stdout)
    return answer


def test_a_browser_talks_and_comes_back_from_whatever_the_buttons_do(address: str) -> None:
    seen = driven(address)

    assert [
        ("begin", "connected", 1, 1),
        ("cut", "connected", 1, 1),
        ("close", "connected", 2, 2),
    ] == [(step["step"], step["state"], step["asked"], step["opened"]) for step in seen["steps"][:3]]
    key, mend = seen["steps"][3:]
    assert (2, True) == (key["opened"], key["asked"] >= 4)
    assert ("connected", 3) == (mend["state"], mend["opened"])
    assert ([], False, 0) == (seen["errors"], seen["sideways"], seen["bold"])


def test_a_page_of_another_site_presses_no_button(address: str) -> None:
    def pressed(action: str, **headers: str) -> int:
        answer = requests.post(
            f"{address}{PATH}/break/{action}", headers=headers, verify=str(certificate()), timeout=10
        )
        return int(answer.status_code)

    assert [403, 403, 204, 404] == [
        pressed("close"),
        pressed("close", Origin="https://evil.example"),
        pressed("close", Origin=address),
        pressed("explode", Origin=address),
    ]


def test_the_page_uses_the_provider_of_the_client_page() -> None:
    page = (ROOT / "docs/clients.md").read_text(encoding="utf-8")
    block = re.search(r"```js\n// negotiated.mjs\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert block is not None
    assert block[1] == (ROOT / "local/line/page/negotiated.mjs").read_text(encoding="utf-8")

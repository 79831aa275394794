"""Storage is down: whoever calls is told when to come again, and whoever probes is told what is down."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests

from local.azure.azurite import Azurite
from local.machine.https import free_port
from shared.notices.answers.keyring import SigningKey
from shared.notices.answers.signed_links import Action, link_to, link_to_board, sign
from tests.alerts.sample import body, fired
from tests.contract.described import is_as_described
from tests.contract.served_app import FORM, HEALTH_KEY, NOW, OURS, PATIENCE, Served, served
from tests.notices.broken_lobby import broken_lobby

SOON = timedelta(seconds=PATIENCE)  # on a busy machine; Azure Monitor is said to wait for ten
LINK = (
    f"/respond?token={sign(link_to(Action.RESOLVE, broken_lobby(), NOW), SigningKey('a1', b'bell' * 8, NOW))}"
)
BOARD = f"/board?token={sign(link_to_board(NOW), SigningKey('a1', b'bell' * 8, NOW))}"
ALERT = body(fired("log-v2"))
CALLS: dict[str, Callable[[Served], requests.Response]] = {
    "an alert": lambda app: app.alert(ALERT),
    "another alert": lambda app: app.alert(ALERT),
    "what is not an alert": lambda app: app.alert(b"{}"),
    "a large alert": lambda app: app.alert(b" " * 300_000),
    "a look at a link": lambda app: app.ask("GET", LINK),
    "a preview of a link": lambda app: app.ask("HEAD", LINK),
    "the board": lambda app: app.ask("GET", BOARD),
    "a form": lambda app: app.ask("POST", LINK, b"name=ada", FORM),
}
PROBES: dict[str | None, Callable[[Served], requests.Response]] = {
    key: lambda app, key=key: app.ask(
        "GET", "/health/ready", headers={} if key is None else {"x-health-key": key}
    )
    for key in (HEALTH_KEY, None, "", "wrong", HEALTH_KEY.upper())
}


@pytest.fixture(scope="module", params=["its port is closed", "it takes connections and says nothing"])
def app(
    azurite: Azurite, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Served]:
    """Serve the app beside a storage account that does not answer."""
    with free_port() as silent:
        port = silent.getsockname()[1]
        if "closed" in request.param:
            silent.close()
        environment = {
            name: re.sub(r"(Endpoint=https://[^:;]+):\d+", rf"\1:{port}", value)
            for name, value in azurite.environment_of(azurite.unused()).items()
        }
        with served(environment, tmp_path_factory.mktemp("config")) as served_app:
            yield served_app


@pytest.fixture(scope="module")
def answers(app: Served) -> dict[str | None, requests.Response]:
    """Call and probe all at once, as a storm does: none waits for another's attempts."""
    calls = {**CALLS, **PROBES}
    with ThreadPoolExecutor(len(calls)) as pool:
        return dict(zip(calls, pool.map(lambda call: call(app), calls.values()), strict=True))


@pytest.mark.parametrize("name", list(CALLS))
def test_a_caller_is_told_soon_to_come_again(answers: dict[str | None, requests.Response], name: str) -> None:
    answer = answers[name]

    assert (503, True) == (answer.status_code, int(answer.headers["Retry-After"]) > 0)
    assert "again" in answer.text or "another attempt" in answer.text or "preview" in name
    is_as_described(f"{answer.request.method} {urlsplit(answer.url).path.removeprefix('/api')}", answer)
    assert not OURS.search(answer.text)
    assert answer.elapsed < SOON


def test_the_process_is_alive_all_the_same(app: Served) -> None:
    assert (200, {"status": "up"}) == (
        app.ask("GET", "/health/live").status_code,
        app.ask("GET", "/health/live").json(),
    )


def test_readiness_names_storage_to_who_has_the_key(answers: dict[str | None, requests.Response]) -> None:
    answer = answers[HEALTH_KEY]
    problems = {one["name"]: one["problem"] for one in answer.json()["checks"] if not one["ok"]}

    is_as_described("GET /health/ready", answer)
    assert 503 == answer.status_code
    assert any(one in problems["storage"] for one in ("incidents does not answer", "no answer within 10 s"))
    assert "AccountKey" not in answer.text


@pytest.mark.parametrize("key", list(PROBES)[1:])
def test_readiness_names_nothing_to_anyone_else(
    answers: dict[str | None, requests.Response], key: str | None
) -> None:
    assert (503, {"status": "down"}) == (answers[key].status_code, answers[key].json())

"""The board behind its address: who may look, what it costs, and what it says when storage is down."""

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from local.azure.azurite import Azurite
from local.commands import board as command
from local.host import Host, functions_of_the_app
from shared.app import stores
from shared.app.pages import boarding
from shared.app.runtime import Runtime, current, hosted
from shared.errors import InputError
from shared.health.kept_report import KEPT
from shared.notices.answers.pages import plain_page
from shared.notices.answers.signed_links import LIFETIMES, Action, SignedLinks, link_to, link_to_board, sign
from tests.functions.test_respond_to_incident import NOW, PUBLIC, Hand
from tests.notices.broken_lobby import broken_lobby
from tests.notices.diagnoses import RESOURCE

PRINCIPAL = {
    "x-ms-client-principal-name": "ada@contoso.com",
    "x-ms-client-principal": base64.b64encode(json.dumps({"claims": []}).encode()).decode(),
}


class Wall:
    """The app behind its host, with one incident that is kept."""

    def __init__(self, clock: Hand) -> None:
        self.clock = clock
        names = {"report_board", "respond_to_incident"}
        self.host = Host([one for one in functions_of_the_app() if one.name in names])
        self.runtime = current()

    def token(self) -> str:
        return sign(link_to_board(self.clock.now()), self.runtime.key_ring.newest())

    def ask(
        self, token: str = "", method: str = "GET", headers: dict[str, str] | None = None
    ) -> func.HttpResponse:
        return self.host.request(method, f"/api/board?token={token}", headers)


@pytest.fixture
def wall(azurite: Azurite, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    (tmp_path / "resources.yaml").write_text(f"resources: [{RESOURCE}]\n", encoding="utf-8")
    settings = {
        **azurite.environment_of(azurite.unused()),
        "PUBLIC_URL": PUBLIC,
        "CONFIG_FOLDER": str(tmp_path),
        "LOGS_WORKSPACE_ID": "3d5e6f70-0002-4000-8000-00000000b002",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("WEBSITE_AUTH_ENABLED", raising=False)
    hand = Hand()
    with hosted(hand):
        yield Wall(hand)


def test_a_signed_link_shows_it(wall: Wall) -> None:
    stores.incidents(wall.runtime.storage).create(broken_lobby(), None)
    answer = wall.ask(wall.token())
    page = answer.get_body().decode()

    assert (200, "text/html") == (answer.status_code, answer.mimetype)
    assert "1 open" in page
    assert "contoso-rt" in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("action", [one for one in Action if one is not Action.BOARD])
def test_a_link_to_something_else_does_not(wall: Wall, action: Action) -> None:
    token = sign(link_to(action, broken_lobby(), NOW), wall.runtime.key_ring.newest())

    assert 403 == wall.ask(token).status_code


def test_no_link_a_forged_one_and_one_that_is_too_old_do_not(wall: Wall) -> None:
    token = wall.token()
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    before = [wall.ask(one).status_code for one in ("", "guess", forged)]
    wall.clock.moment += LIFETIMES[Action.BOARD]

    assert [403, 403, 403, 403] == [*before, wall.ask(token).status_code]


def test_whoever_app_service_signed_in_may_look_and_nobody_can_write_the_header(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 403 == wall.ask(headers=PRINCIPAL).status_code

    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "true")
    assert 200 == wall.ask(headers=PRINCIPAL).status_code
    assert 403 == wall.ask().status_code


def test_its_link_does_nothing_at_the_place_where_cards_are_answered(wall: Wall) -> None:
    assert 403 == wall.host.request("GET", f"/api/respond?token={wall.token()}").status_code


def test_a_preview_gets_no_body(wall: Wall) -> None:
    answer = wall.ask(wall.token(), "HEAD")

    assert (200, b"") == (answer.status_code, answer.get_body())


def test_who_looks_at_an_incident_from_the_board_can_do_nothing_and_comes_no_further(wall: Wall) -> None:
    kept = stores.incidents(wall.runtime.storage).create(broken_lobby(), None)
    links = SignedLinks(PUBLIC, wall.runtime.key_ring, wall.clock)
    address = str(links.page(kept)).removeprefix(PUBLIC)
    page = wall.host.request("GET", f"/api{address}").get_body().decode()

    assert "Clients cannot connect to Web PubSub" in page
    assert "Resolve" not in page.replace("Resolved", "")
    assert ">Board</a>" not in page


def test_however_many_look_it_is_made_once_in_some_seconds(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Runtime] = []
    door = threading.Event()

    def make(runtime: Runtime) -> Any:
        made.append(runtime)
        door.wait(10)
        return plain_page(200, "The board", "")

    monkeypatch.setattr(boarding, "make_board", make)
    token = wall.token()
    with ThreadPoolExecutor(12) as people:
        asked = [people.submit(wall.ask, token) for _ in range(12)]
        door.set()
        assert {200} == {one.result(20).status_code for one in asked}
    wall.clock.moment += KEPT - timedelta(seconds=1)
    wall.ask(token)
    assert 1 == len(made)

    wall.clock.moment += timedelta(seconds=2)
    wall.ask(token)
    assert 2 == len(made)


def test_the_command_prints_a_link_that_is_good(wall: Wall, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == command.run(None)  # type: ignore[arg-type]
    address = capsys.readouterr().out.strip()

    assert address.startswith(f"{PUBLIC}/board?token=1.")
    assert 200 == wall.ask(address.partition("token=")[2]).status_code


def test_the_command_says_which_setting_it_lacks(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUBLIC_URL")
    with pytest.raises(InputError, match="PUBLIC_URL"):
        command.run(None)  # type: ignore[arg-type]

"""A team's module of handlers: found by its name, and told where it cannot be used."""

from pathlib import Path

import pytest

from shared.app import pubsub_events
from shared.app.runtime import Runtime
from shared.errors import LinekeeperError
from shared.settings import Settings
from tests.events.lobby import RULES

MODULE = """
from shared.events.handlers import Handled

HANDLERS = {"order": lambda event: Handled()}
"""


def check(folder: Path, module: str) -> None:
    (folder / "events.yaml").write_text(RULES, encoding="utf-8")
    runtime = Runtime(Settings.from_environment({"CONFIG_FOLDER": str(folder), "EVENT_HANDLERS": module}))
    checks = {probe.name: probe.check for probe in pubsub_events.probes(runtime)}
    checks["handlers of events"]()


def written(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    return name


def test_a_module_with_every_handler_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(tmp_path, written(tmp_path, "lobby_orders", MODULE, monkeypatch))


def test_a_handler_that_is_named_and_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        LinekeeperError, match=r"^events\.yaml:3: no handler 'order' for 'order' of chat; expected"
    ):
        check(tmp_path, "")


@pytest.mark.parametrize(
    "text", ["import nothing_of_this_name", "def (", "HANDLER = {}", "raise KeyError('bell')"]
)
def test_a_module_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    name = written(tmp_path, f"lobby_broken_{abs(hash(text))}", text, monkeypatch)

    with pytest.raises(LinekeeperError, match=r"^module of EVENT_HANDLERS failed"):
        check(tmp_path, name)

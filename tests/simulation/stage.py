"""Play one seed on a stage, on which nothing of the product waits, sleeps or begins a thread."""

import logging
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import pytest
import requests.adapters
from azure.core.pipeline.transport import HttpTransport

from shared import redaction
from shared.app.runtime import Runtime
from shared.clock import iso
from shared.cloud.storage.events import rows as event_rows
from shared.configuration.snapshot import Configuration
from shared.configuration.versions import good
from shared.playbooks import answers as playbook_answers
from shared.queries import run as query_run
from shared.queries.scope import Scope
from shared.signals import poll as signal_poll
from tests.simulation.channel import ADDRESS
from tests.simulation.laws import LawBrokenError
from tests.simulation.mischief import RESOURCES
from tests.simulation.simulation import Simulation
from tests.simulation.storage.memory import rest_of
from tests.simulation.tasks import Turn


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a seed: what is wrong, or nothing; the decisions that were made, and a line for each request."""

    seed: int
    wrong: str
    made: tuple[str, ...]
    lines: tuple[str, ...]
    cards: int

    @property
    def kind(self) -> str:
        """What kind of thing is wrong: the words of it without names and numbers."""
        return " ".join(word for word in self.wrong.split()[:12] if word.isalpha() or word.endswith("Error:"))

    @property
    def requests(self) -> int:
        """The number of requests."""
        return len(self.lines)


class InlineExecutor(Executor):
    """Do at once what is given to it, where the product has a pool: in a simulated host no thread begins another."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Take what a pool takes."""

    def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Call a function now."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*given, **named))
        except Exception as error:  # noqa: BLE001  # as a pool does; the death of a host goes on
            future.set_exception(error)
        return future


@contextmanager
def stage() -> Iterator[Path]:
    """Let this process play seeds until the block ends."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "resources.yaml").write_text(RESOURCES, encoding="utf-8")
        patch.setenv("TEAMS_WEBHOOK_URL", ADDRESS)
        patch.setattr(HttpTransport, "sleep", rest_of)
        for module in (signal_poll, event_rows, query_run):
            patch.setattr(module, "ThreadPoolExecutor", InlineExecutor)
        # Python 3.11 makes one under a lock that all instances share, and some ask storage while they are made.
        for value in (*vars(Configuration).values(), *vars(Runtime).values()):
            if isinstance(value, cached_property):
                patch.setattr(value, "lock", nullcontext())
        # Rows are recorded, so no text has to be one that a workspace would run.
        patch.setattr(query_run, "complete", _windowed)
        cached = lru_cache(maxsize=8192)(redaction.redact)
        for name, module in list(sys.modules.items()):
            if name.startswith("shared.") and getattr(module, "redact", None) is redaction.redact:
                patch.setattr(module, "redact", cached)
        for other in (query_run, playbook_answers):
            patch.setattr(other, "tables_of", lambda _: frozenset())
        logging.disable()
        try:
            yield Path(folder)
        finally:
            logging.disable(logging.NOTSET)


def run(seed: int, folder: Path, allowed: frozenset[str] | None = None, *, sdk: bool = False) -> Outcome:
    """Play one seed on a stage."""
    simulation = Simulation(seed, folder, allowed, sdk=sdk)
    tokens = iter(range(1, 1_000_000))
    wrong = ""
    with pytest.MonkeyPatch.context() as patch:
        # Its locks are held while storage is asked, and no thread may wait for one here.
        patch.setattr(good, "_Known", partial(_in_turns, good._Known, simulation.world.turn))
        patch.setattr(secrets, "token_hex", lambda _=16: f"claim{next(tokens)}")
        patch.setattr(
            requests.adapters.HTTPAdapter,
            "send",
            lambda _adapter, request, *_given, **_named: simulation.channel.send(request),
        )
        try:
            simulation.play()
        except (Exception, LawBrokenError) as error:  # noqa: BLE001  # whatever it is, a seed has found it
            wrong = f"{type(error).__name__}: {error}"
        finally:
            simulation.end()
    network = simulation.network
    return Outcome(
        seed, wrong, tuple(simulation.chance.made), tuple(network.lines), len(simulation.channel.cards)
    )


def _in_turns(whole: Callable[..., Any], turn: Callable[[], Turn], *given: Any, **named: Any) -> Any:
    known = whole(*given, **named)
    known.lock = turn()
    return known


def _windowed(text: str, scope: Scope, *, absent: Iterable[str] = ()) -> str:
    """Write a text with its window alone."""
    window = scope.window
    return f"let windowStart = datetime({iso(window.start)});\nlet windowEnd = datetime({iso(window.end)});\n{text}"

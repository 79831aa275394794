"""Many callers at once in two processes that die on the way: one identity for each caller, and orphans are reported."""

import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.communication.limits import Operation
from local.communication.service import IdentityService
from local.machine.certificates import certificate
from shared.app.names import Table
from shared.app.stores import acs_identities
from shared.cloud.communication.identities import identities_by_connection
from shared.cloud.storage.account import Storage
from tests.contract.acs_worker import DEATH, THREADS

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REQUESTS = 5  # of each caller, at once
PROCESSES = 2
STEPS = ("reserve", "create", "store")
MOST_ROUNDS = 60
RULES = "acs: {calls_per_minute: 100000, policies: [{scopes: [voip], keys: allowed}]}"


class ToldClock:
    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class Worker:
    """A process of the app, which is started again when it died."""

    environment: Mapping[str, str]
    deaths: list[str] = field(default_factory=list)
    _process: "subprocess.Popen[str] | None" = None
    _step: str = ""

    def tell(self, now: datetime, callers: list[str], die: Mapping[str, Any] | None) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.contract.acs_worker"],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._process.stdin is not None
        self._step = die["after"] if die else ""
        self._process.stdin.write(json.dumps({"now": now.isoformat(), "callers": callers, "die": die}) + "\n")
        self._process.stdin.flush()

    def answers(self) -> list[Any]:
        """Return the answers of the round; none where the process died in it."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            answers: list[Any] = json.loads(line)
            return answers
        assert DEATH == self._process.wait(timeout=60)
        self.deaths.append(self._step)
        self.close()
        return []

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=60)
            self._process = None


@dataclass
class Race:
    """What came of it."""

    identities: dict[str, set[str]]
    statuses: set[int]
    deaths: list[str]
    refused: list[int]  # by the service, in each round
    now: datetime


@contextmanager
def workers(environment: Mapping[str, str]) -> Iterator[list[Worker]]:
    with ExitStack() as open_ones:
        started = [Worker(environment) for _ in range(PROCESSES)]
        for worker in started:
            open_ones.callback(worker.close)
        yield started


def raced(
    service: IdentityService, clock: ToldClock, environment: Mapping[str, str], callers: int, deaths: int
) -> Race:
    """Let all callers ask at once until each has its five answers; those who are told to wait come when they are told."""
    chance = random.Random(12)
    waiting = {(f"caller-{n}", request) for n in range(callers) for request in range(REQUESTS)}
    race = Race(defaultdict(set), set(), [], [], clock.now())
    fates = [{"after": STEPS[n % 3], "count": chance.randint(1, 1 + callers // 64)} for n in range(deaths)]
    with workers(environment) as pair:
        for _ in range(MOST_ROUNDS):
            if not waiting:
                break
            before = service.limits.refused.total()
            mortal = chance.randrange(PROCESSES)
            pause = timedelta(seconds=1)
            for number, worker in enumerate(pair):
                mine = sorted(one for one in waiting if one[1] % PROCESSES == number)
                die = fates[0] if fates and number == mortal else None
                worker.tell(clock.now(), [caller for caller, _ in mine], die)
            for number, worker in enumerate(pair):
                mine = sorted(one for one in waiting if one[1] % PROCESSES == number)
                for asked, (caller, status, identity, wait, said) in zip(
                    mine, worker.answers(), strict=False
                ):
                    assert status in {200, 503}, said
                    race.statuses.add(status)
                    if status == 200:
                        race.identities[caller].add(identity)
                        waiting.remove(asked)
                    else:
                        pause = max(pause, timedelta(milliseconds=wait))
            # Who got through its round alive dies in a later one.
            del fates[: max(0, sum(len(worker.deaths) for worker in pair) - deaths + len(fates))]
            race.refused.append(service.limits.refused.total() - before)
            clock.moment += pause
        race.deaths.extend(step for worker in pair for step in worker.deaths)
    assert not waiting
    race.now = clock.now()
    return race


def check(race: Race, service: IdentityService, storage: Storage, callers: int) -> None:
    rows = list(storage.table(Table.ACS_IDENTITIES).list_entities())
    stored = [row["identity"] for row in rows if row["RowKey"].startswith("identity~")]
    of_nobody = set(service.identities) - set(stored)
    name = identities_by_connection(service.connection_string()).name
    orphans = acs_identities(storage, name).orphans(race.now)

    assert [1] * callers == [len(identities) for identities in race.identities.values()]
    assert sorted(stored) == sorted(identity for (identity,) in race.identities.values())
    assert set(STEPS) == set(race.deaths)
    assert set(stored) <= set(service.identities)
    # An orphan is reported for each identity that belongs to nobody, and for attempts that died before they created one.
    assert 1 <= len(of_nobody) <= len(orphans) <= THREADS * len(race.deaths)
    # What is asked while the first refusal is on its way, and nothing after it.
    assert sum(race.refused) > 0
    assert max(race.refused) <= 2 * PROCESSES * THREADS


def play(
    storage_environment: Mapping[str, str],
    folder: Path,
    callers: int,
    limits: Mapping[Operation, int],
    deaths: int,
) -> tuple[Race, IdentityService]:
    (folder / "tokens.yaml").write_text(RULES, encoding="utf-8")
    clock = ToldClock()
    with IdentityService(certificate(), clock=clock, limits=limits) as service:
        environment = {
            **storage_environment,
            "ACS_CONNECTION": service.connection_string(),
            "CONFIG_FOLDER": str(folder),
            "NEGOTIATE_KEY": "the key of the ward's backend",
            "PYTHONPATH": str(ROOT),
        }
        return raced(service, clock, environment, callers, deaths), service


def test_callers_who_ask_at_once_have_one_identity_each(
    storage_environment: dict[str, str], storage: Storage, tmp_path: Path
) -> None:
    limits = {Operation.CREATE: 16, Operation.ISSUE: 60}
    race, service = play(storage_environment, tmp_path, 40, limits, deaths=3)

    check(race, service, storage, 40)


@pytest.mark.thorough
def test_two_thousand_callers_have_one_identity_each(
    storage_environment: dict[str, str], storage: Storage, tmp_path: Path
) -> None:
    race, service = play(storage_environment, tmp_path, 2000, {}, deaths=12)

    check(race, service, storage, 2000)

"""Two hosts on one account, one of them killed again and again, end with the same incidents as one host left alone.

Where it is killed is drawn from a seed: a parameter of the test that fails says all that is needed to see it fail again.
"""

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from local.azure.azurite import Azurite
from local.replay.case import CASES, read_case
from local.replay.stage import Stage, stage_of
from shared.app.runtime import Runtime
from shared.app.stores import counts, incidents
from shared.cloud.storage.account import Storage
from shared.incidents.incident import Incident
from shared.settings import Settings
from shared.signals.catalogue import FAMILIES
from shared.signals.counts import Count
from shared.signals.poll import poll
from tests import drawn
from tests.contract.host_process import Done, HostProcess, hosts

SEEDS = ("1006", "4041")  # an even one and an odd one: see `left_to_two`
# Minutes from one tick to the next. Where they are longer than the overlap of two looks, what a host forgets stays forgotten.
# Nobody dies at the last one: then the claims of the dead have ended, and what they left undelivered is delivered.
STEPS = (20, 15, 5, 15, 20, 5)
# The first changes of a tick are what it saw, and what it need not look at again: a host dies there at every such tick.
EARLY = (2, 3)
FEWEST_DEATHS = 5
MOST_PATIENT = 200  # rounds in which a dead host's message may come back
QUEUES = ("work", "notices")
# What a claim of the dead held back stands on the next card of its incident.
TOLD = {"delivered": "told", "merged": "told"}


@dataclass(frozen=True, slots=True)
class Told:
    """What is left in the end of what happened."""

    incidents: Sequence[Mapping[str, object]]
    notices: Sequence[tuple[str, str, str]]  # incident, state, whether people were told
    counts: Mapping[tuple[str, datetime], tuple[float, float]]


@pytest.fixture(scope="module")
def stage(azurite: Azurite) -> Iterator[Stage]:
    with stage_of(read_case(CASES / "seed-thread-1006"), azurite) as found:
        yield found


@pytest.fixture(scope="module")
def alone(stage: Stage, azurite: Azurite) -> tuple[Told, list[int]]:
    """Return how it ends with one host, and how often that host changed storage at each tick."""
    environment = azurite.environment_of(azurite.unused())
    changes = []
    with hosts({**os.environ, **environment}, 1) as (host,):
        for moment in ticks(stage):
            host.tell(moment)
            done = host.done()
            assert done is not None
            assert [] == done.failures
            changes.append(done.changes)
    return outcome(stage, environment), changes


def ticks(stage: Stage) -> Iterator[datetime]:
    """Move the stage on, and yield each moment."""
    moment = stage.case.scope.window.start
    for step in STEPS:
        moment += timedelta(minutes=step)
        stage.move_to(moment)
        yield moment


def outcome(stage: Stage, environment: Mapping[str, str]) -> Told:
    storage, window = storage_of(environment), stage.case.scope.window
    resource = stage.case.scope.resources[0]
    found = incidents(storage).of_resource(resource, window.start)
    rows = storage.table("notices").list_entities()
    kept = counts(storage).read(resource, window.start - timedelta(days=1), window.end + timedelta(days=1))
    return Told(
        [told_of(one) for one in found],
        sorted((row["incident"], row["speaks"], TOLD.get(row["state"], row["state"])) for row in rows),
        numbers_of(kept),
    )


def storage_of(environment: Mapping[str, str]) -> Storage:
    return Runtime(Settings.from_environment({**os.environ, **environment})).storage


def told_of(incident: Incident) -> Mapping[str, object]:
    """Return what must not depend on how many hosts wrote it: revisions and looks may."""
    kept = (
        "id",
        "symptom",
        "number",
        "state",
        "severity",
        "conclusion",
        "cause",
        "ending",
        "joined_to",
        "follows",
    )
    numbers = (
        "bad",
        "total",
        "peak_ratio",
        "onset",
        "last_bad",
        "opened_at",
        "closed_at",
        "signals",
        "unnotified",
    )
    # In no order: what a dead host had taken comes after what the other one does meanwhile.
    noted = sorted(entry.what for entry in incident.timeline if not entry.what.startswith("look "))
    return {"timeline": noted, **{name: getattr(incident, name) for name in (*kept, *numbers)}}


def numbers_of(counts: Sequence[Count]) -> Mapping[tuple[str, datetime], tuple[float, float]]:
    return {(one.signal, one.bucket): (one.bad, one.total) for one in counts}


def recount(stage: Stage) -> Mapping[tuple[str, datetime], tuple[float, float]]:
    """Count all rows of the case anew, as a watch does that never looked before."""
    runtime = stage.runtime
    resources = runtime.configuration().resources
    looked = poll(resources, lambda one: runtime.logs_over((one,)), {}, FAMILIES, stage.clock.now())
    assert () == looked.failures
    return numbers_of(looked.counts)


def left_to_two(stage: Stage, environment: Mapping[str, str], changes: Sequence[int], seed: int) -> int:
    """Play the case on two hosts, one of which dies at every tick but the last; return how many deaths there were.

    At every other tick it dies again and again before the other one is told what time it is: then the other one knows of
    what was done by storage alone.
    """
    chance = random.Random(seed)
    with hosts({**os.environ, **environment}, 2) as pair:
        for number, (moment, usual) in enumerate(zip(ticks(stage), changes, strict=True)):
            mortal, other = chance.sample(pair, 2)
            if number == len(STEPS) - 1:
                other.tell(moment)
            elif (number + seed) % 2:
                mortal.tell(moment, fatal=chance.randint(1, usual))
                other.tell(moment)
                finished(mortal)
            else:
                die(mortal, moment, [*EARLY, chance.randint(1, usual)])
                other.tell(moment)
            assert finished(other)
            wait_for_messages(environment, other, moment)
        return sum(host.deaths for host in pair)


def die(mortal: HostProcess, moment: datetime, changes: Sequence[int]) -> None:
    """Let a host do its work at one moment, dying after so many changes each time, until it is done or out of lives."""
    for fatal in changes:
        mortal.tell(moment, fatal=fatal)
        if finished(mortal):
            return


def finished(host: HostProcess) -> Done | None:
    done = host.done()
    assert done is None or [] == done.failures
    return done


def wait_for_messages(environment: Mapping[str, str], host: HostProcess, moment: datetime) -> None:
    """Feed a host until no queue holds a message, so that in virtual time none is late."""
    storage = storage_of(environment)
    for _ in range(MOST_PATIENT):
        found = [storage.queue(name).get_queue_properties().approximate_message_count for name in QUEUES]
        if not any(found):
            return
        host.tell(moment, timers=False)
        assert finished(host)
    raise AssertionError(f"messages never came back: {found}")


def test_a_host_left_alone_counts_every_row_and_ends_the_incident(
    stage: Stage, alone: tuple[Told, list[int]]
) -> None:
    told, _ = alone

    assert [("resolved", "held")] == [(one["state"], one["ending"]) for one in told.incidents]
    assert recount(stage) == told.counts


@pytest.mark.parametrize("seed", drawn.cases("seeds of two hosts", SEEDS, 1, of=int))
def test_two_hosts_of_which_one_is_killed_again_and_again_end_as_one(
    stage: Stage, azurite: Azurite, alone: tuple[Told, list[int]], seed: int
) -> None:
    expected, changes = alone
    environment = azurite.environment_of(azurite.unused())

    deaths = left_to_two(stage, environment, changes, seed)

    found = outcome(stage, environment)
    assert expected.incidents == found.incidents
    assert expected.notices == found.notices
    assert expected.counts == found.counts
    assert deaths >= FEWEST_DEATHS

"""One seed: two hosts in one process, one request at a time, until everything is told and closed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from shared.app import stores
from shared.app.names import ALERT_QUEUES
from shared.health.redeliver import redeliver, requeue_alerts
from tests.incidents.fake_rooms import NOON
from tests.simulation.chance import Chance, Decision
from tests.simulation.channel import Channel
from tests.simulation.host import TIMERS, World, make_account
from tests.simulation.hosts import HOSTS, Hosts
from tests.simulation.laws import LawBrokenError, Laws
from tests.simulation.mischief import Mischief
from tests.simulation.network import Network, Time
from tests.simulation.people import visits_after
from tests.simulation.storage.memory import MemoryAccount
from tests.simulation.story import story_of
from tests.simulation.tasks import Task, Tasks, Turn

# Minutes between the ticks at the end: a claim ends, what was put off is due, what holds for half an hour is over.
_SETTLING = (1, 3, 12, 35, *[20] * 9, *[60] * 26)
_MOST_STEPS = 20_000


class Simulation:
    """One seed's world."""

    def __init__(
        self, seed: int, folder: Path, allowed: frozenset[str] | None = None, *, sdk: bool = False
    ) -> None:
        self.chance = Chance(seed, allowed)
        self.time = Time(NOON)
        self.tasks = Tasks(self.time.now, self._choose)
        self.network = Network(self.chance, self.time, self.tasks, self._around)
        self.story = story_of(self.chance)
        account = MemoryAccount(self.time.now)
        self.world = World(
            self.time, account, self.network, self.story, folder, seed, partial(Turn, self.tasks), sdk
        )
        self.laws = Laws(self.world)
        self.channel = Channel(self.network, self.laws, self._see)
        account.tables.observe = self.laws.row_changed
        account.queues.observe = self.laws.queue_changed
        self._mischief = Mischief(
            self.chance, self.network, account.tables.rows, folder, account.blobs.containers
        )
        is_cold = self.chance.has("story: the account is new", 0.1)
        if not is_cold:
            make_account(account)
        self.hosts = Hosts(self.world, self.chance, self.tasks, self.laws, cold=is_cold)
        self._ends = max([posting.at for posting in self.story.postings] + [NOON + timedelta(minutes=15)])

    def play(self) -> None:
        """Play the story with all that goes wrong, then let nothing go wrong until all is settled.

        Raises:
            LawBrokenError: what must hold does not.
        """
        ends = self._ends + timedelta(minutes=5)
        for _ in range(_MOST_STEPS):
            if self.time.now() >= ends and not self.tasks.all:
                break
            self._step(ends)
        self._settle()

    def _settle(self) -> None:
        self.chance.is_calm = True
        self._mischief.end()
        self.network.outages.clear()
        self.time.offsets.clear()
        self.hosts.revive_all()
        self.laws.redelivers = True
        for number, minutes in enumerate(_SETTLING):
            self.time.moment = _after(self.time.now(), minutes)
            for timer in TIMERS:
                if self.story.watches or timer != "watch_connectivity" or not number:
                    self.hosts.due[timer] = self.time.now()
            self._drain()
            if number % 4 == 2:
                self._redeliver()
            if not self.laws.unsettled():
                return
        raise LawBrokenError(f"in the end: {'; '.join(self.laws.unsettled()[:5])}")

    def end(self) -> None:
        """End what is left, so that the next seed begins as this one did."""
        self.tasks.end()
        self._mischief.end()

    def _redeliver(self) -> None:
        """Do what a person does about dead letters once all is well again."""
        storage = self.hosts.all["A"].runtime.storage
        letters = stores.dead_letters(storage)
        redeliver(letters, stores.outbox(storage), stores.lanes(storage), self.time.now())
        for name in ALERT_QUEUES:
            requeue_alerts(letters, name, partial(storage.queue(name).send_message, time_to_live=-1))
        self._drain()

    def _drain(self) -> None:
        for _ in range(_MOST_STEPS):
            self.hosts.dispatch()
            if not self.tasks.all:
                return
            self._run()
        raise LawBrokenError("the hosts never come to rest")

    def _step(self, ends: datetime) -> None:
        self.hosts.dispatch()
        if self.tasks.ready():
            self._run()
        else:
            self.time.moment = max(
                self.time.now() + timedelta(milliseconds=1), min(self._moments(), default=ends)
            )

    def _run(self) -> None:
        if not self.tasks.ready():
            self.time.moment = max(self.time.now(), min(task.not_before for task in self.tasks.all))
        self.tasks.drive()
        if self.tasks.error is not None:
            raise self.tasks.error

    def _moments(self) -> Iterator[datetime]:
        """Yield when something may happen next."""
        now = self.time.now()
        moments = [
            *(task.not_before for task in self.tasks.all),
            *self.hosts.moments(),
            *(ghost[0] for ghost in self.network.ghosts),
        ]
        yield from (moment for moment in moments if moment > now)

    def _see(self, number: int, text: str) -> None:
        """Let people see a card, who may press its links."""
        if self.story.has_people:
            self.hosts.visits += visits_after(self.chance, number, text, self.time.now())

    # Who goes on.

    def _choose(self, task: Task, ready: list[Task]) -> Task:
        others = [other for other in ready if other is not task]
        if not others:
            return task
        key = task.key()
        if task in ready and not task.is_killed and not self.chance.decides(Decision.SWITCH, key):
            return task
        return self.chance.one_of(f"{key} to", others)

    # What happens beside the requests.

    def _around(self, task: Task, key: str) -> None:
        now = self.time.now()
        self.hosts.dispatch()
        if self.chance.decides(Decision.DEATH, key):
            self.hosts.kill(task.host, key)
        if self.chance.decides(Decision.CLOCK, key):
            host = self.chance.one_of(f"{key} clock", HOSTS)
            far = 3600 if self.chance.number(f"{key} far") < 0.2 else 150
            seconds = self.chance.between(f"{key} by", -far, far)
            self.time.offsets[host] = timedelta(seconds=round(seconds))
            self.network.note(f"the clock of {host} is wrong by {seconds:.0f} s")
        self._mischief.happen(key, now)
        if self.chance.decides(Decision.AGAIN, key):
            hidden = [message for message in self.hosts.messages() if message.visible_at > now]
            if hidden:
                self.chance.one_of(f"{key} again", hidden).visible_at = now


def _after(now: datetime, minutes: int) -> datetime:
    """Return a moment so many minutes later; after an hour it is a whole one, for some things happen then alone."""
    later = now + timedelta(minutes=minutes)
    return later.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) if minutes == 60 else later

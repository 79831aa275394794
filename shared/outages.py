"""Remember what does not answer, so that nobody waits for it meanwhile."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import LinekeeperError

_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(seconds=60)

_log = logging.getLogger(__name__)


class DependencyDownError(LinekeeperError):
    """Something that a token depends on does not answer; after `retry_after` it is asked again."""

    def __init__(self, what: str, retry_after: timedelta) -> None:
        super().__init__(f"{what} is known to be down", permanent=False)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Outage:
    until: datetime
    pause: timedelta


class Outages:
    """What this process knows to be down; may be used by several threads.

    After a pause one caller is let through to ask. The pause doubles while the answer is the same.
    """

    def __init__(self) -> None:
        self._outages: dict[str, _Outage] = {}
        self._lock = threading.Lock()

    def check(self, what: str, now: datetime) -> None:
        """Return where something may be asked.

        Raises:
            DependencyDownError: it is known to be down.
        """
        if what not in self._outages:  # almost always; without the lock
            return
        with self._lock:
            outage = self._outages.get(what)
            if outage is None:
                return
            if now < outage.until:
                raise DependencyDownError(what, outage.until - now)
            # This caller asks; those who come meanwhile do not wait for what it hears.
            self._outages[what] = replace(outage, until=now + outage.pause)

    def refuse(self, what: str, now: datetime) -> None:
        """Return where something may be asked, for who does not ask it yet.

        Raises:
            DependencyDownError: it is known to be down.
        """
        outage = self._outages.get(what)
        if outage is not None and now < outage.until:
            raise DependencyDownError(what, outage.until - now)

    def note_failure(self, what: str, now: datetime, at_least: timedelta = timedelta()) -> timedelta:
        """Remember that something did not answer, and return for how long nobody asks it.

        `at_least` is what it asked for itself.
        """
        with self._lock:
            known = self._outages.get(what)
            pause = _SHORTEST if known is None else min(2 * known.pause, _LONGEST)
            pause = max(pause, min(at_least, _LONGEST))
            self._outages[what] = _Outage(now + pause, pause)
            return pause

    def note_answer(self, what: str) -> None:
        """Forget that something was down."""
        if what in self._outages:
            with self._lock:
                self._outages.pop(what, None)

    @contextmanager
    def asking(self, what: str, now: datetime) -> Iterator[None]:
        """Ask something that is not known to be down, and remember whether it answers.

        Raises:
            DependencyDownError: it is known to be down, or does not answer.
        """
        self.check(what, now)
        with self.listening(what, now):
            yield

    @contextmanager
    def listening(self, what: str, now: datetime) -> Iterator[None]:
        """Remember whether something that was checked before answers; a refusal that is permanent is an answer.

        Raises:
            DependencyDownError: it does not answer.
        """
        try:
            yield
        except LinekeeperError as error:
            if error.permanent:
                self.note_answer(what)
                raise
            asked = error.retry_after if isinstance(error, DependencyDownError) else timedelta()
            _log.error("%s does not answer: %s", what, error.message)
            raise DependencyDownError(what, self.note_failure(what, now, asked)) from error
        self.note_answer(what)

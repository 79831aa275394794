"""Which calls a recording plays: when each starts, how long it lasts, and how its peer treats pings."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

ALWAYS = 10**6
# The fourth ping of a default uvicorn, sent at 80 s, is given up at 100 s.
OUTLASTS_THE_KEEPALIVE = timedelta(seconds=105)


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call; its peer answers the first `pongs` pings and hangs up after `lasts`, if it still can."""

    peer: str
    call_connection_id: str
    starts_after: timedelta
    lasts: timedelta
    pongs: int
    message_gap_s: tuple[float, float] = (0.5, 2.0)  # one final transcription per spoken phrase
    play_after: int = 0  # after so many messages the application plays a prompt, and waits for it
    play: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """How many calls of each kind, and the seed of everything that varies."""

    never_answers: int = 36
    answers: int = 36
    stops_answering: int = 10
    answers_but_application_waits: int = 4
    arrivals: timedelta = timedelta(seconds=110)
    shortest: timedelta = timedelta(seconds=15)
    longest: timedelta = timedelta(seconds=200)
    seed: int = 2182983  # the number of the seed thread's question

    def calls(self) -> Iterator[RecordedCall]:
        """Yield the calls, always the same ones for the same plan."""
        dice = random.Random(self.seed)  # noqa: S311 - a plan that can be repeated, no secret
        for _ in range(self.never_answers):
            yield self._call(dice, "never answers", pongs=0)
        for _ in range(self.answers):
            yield self._call(dice, "answers", pongs=ALWAYS)
        for number in range(self.stops_answering):
            yield self._call(dice, "stops answering", pongs=1 + number % 3, at_least=OUTLASTS_THE_KEEPALIVE)
        for _ in range(self.answers_but_application_waits):
            # Interim results arrive fast: 32 unread ones fill the queue of uvicorn's legacy `websockets`,
            # which reads no Pong behind a full queue. A prompt of 50 s outlasts the ping and its timeout.
            yield self._call(
                dice,
                "answers, application waits",
                pongs=ALWAYS,
                at_least=OUTLASTS_THE_KEEPALIVE,
                message_gap_s=(0.3, 0.5),
                play_after=12,
                play=timedelta(seconds=50),
            )

    def _call(
        self,
        dice: random.Random,
        peer: str,
        *,
        pongs: int,
        at_least: timedelta = timedelta(0),
        message_gap_s: tuple[float, float] = (0.5, 2.0),
        play_after: int = 0,
        play: timedelta = timedelta(0),
    ) -> RecordedCall:
        lasts = timedelta(0)
        # Drawn again where it does not fit: cutting would pile calls up at the cut.
        while not max(self.shortest, at_least) <= lasts <= self.longest:
            lasts = timedelta(seconds=dice.lognormvariate(4.5, 0.6))  # median 90 s: some short, few long
        return RecordedCall(
            peer=peer,
            call_connection_id=str(UUID(int=dice.getrandbits(128), version=4)),
            starts_after=self.arrivals * dice.random(),
            lasts=lasts,
            pongs=pongs,
            message_gap_s=message_gap_s,
            play_after=play_after,
            play=play,
        )

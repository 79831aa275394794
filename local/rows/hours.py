"""Make up the rows of one hour in which something goes wrong, for each symptom that ships."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from local.rows import acs_log, pubsub_log, transcription_rows
from local.rows.acs_log import AcsLog
from local.rows.pubsub_lives import Lives
from local.rows.pubsub_log import PubSubLog
from shared.errors import InputError
from shared.queries.scope import Scope

Rows = Mapping[str, Sequence[Mapping[str, object]]]

_UPSTREAM = (
    "Sending message during operation hub:lobby,event:chat,type:user,category:messages,"
    "requestType:Message got unexpected response with status code {}."
)
_BEATS = (40.0, 60.0, 80.0)  # seconds at which a keepalive of uvicorn ends sockets


@dataclass(frozen=True, slots=True)
class Hour:
    """Rows by table, and the resource, window and applications that they are about."""

    rows: Rows
    scope: Scope


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the hour of a symptom is made of good events, bad events and what the bad ones say."""

    make: Callable[[int, int, str], Hour]
    cause: str  # the hypothesis that the bad events speak for, unless they say something else
    says: str
    form: str  # what they may say instead


def hour_of(symptom: str, good: int, bad: int, says: str | None = None) -> Hour:
    """Return an hour of a symptom; `says` is what the bad events say, in the form that the recipe names.

    Raises:
        InputError: what the bad events say is not in that form.
    """
    recipe = RECIPES[symptom]
    return recipe.make(good, bad, says or recipe.says)


def _drops(good: int, bad: int, says: str) -> Hour:
    lives = Lives().everyday(good)
    lives.aborted(bad, says)
    return Hour(lives.log.rows, pubsub_log.SCOPE)


def _refusals(good: int, bad: int, says: str) -> Hour:
    return Hour(PubSubLog().accepted(good).refused(bad, 401, message=says).rows, pubsub_log.SCOPE)


def _handler_errors(good: int, bad: int, says: str) -> Hour:
    status = _numbers(says, "a status, such as 404", 1)[0]
    return Hour(PubSubLog().accepted(good).upstream(bad, _UPSTREAM.format(status)).rows, pubsub_log.SCOPE)


def _calls(good: int, bad: int, says: str) -> Hour:
    code, subcode = _numbers(says.replace("/", " "), "an end code and its subcode, such as 480/10037", 2)
    log = AcsLog()
    for number, minute in enumerate(acs_log.spread(good, 1, 59)):
        log.leg(minute, 0, 0, "Success", user=f"doctor-{number % 10}")
        log.stream(minute, "UDP", f"doctor-{number % 10}")
    for number, minute in enumerate(acs_log.spread(bad)):
        log.leg(minute, code, subcode, user=f"patient-{number}")
    return Hour(log.rows, acs_log.SCOPE)


def _chat(good: int, bad: int, says: str) -> Hour:
    status = _numbers(says, "a status, such as 429", 1)[0]
    log = AcsLog()
    for number, minute in enumerate(acs_log.spread(good, 1, 59)):
        log.request(minute, "SendChatMessage", 201, f"nurse-{number % 10}", f"ward-{number % 5}")
    for number, minute in enumerate(acs_log.spread(bad)):
        log.request(minute, "SendChatMessage", status, f"reminder-{number % 3}", "reminders")
    return Hour(log.rows, acs_log.SCOPE)


def _transcriptions(good: int, bad: int, says: str) -> Hour:
    (code,) = _numbers(says, "a close code, such as 1006", 1)
    seconds = transcription_rows.spread(bad, 200.0, 3300.0)
    killed = [
        transcription_rows.closed(second, _BEATS[number % len(_BEATS)] + 0.1 * (number % 5), code)
        for number, second in enumerate(seconds)
    ]
    scope = Scope((transcription_rows.CALLCENTER,), transcription_rows.WINDOW, (transcription_rows.API,))
    return Hour({"AppTraces": [*transcription_rows.hang_ups(good), *killed]}, scope)


def _numbers(text: str, form: str, count: int) -> Sequence[int]:
    words = text.split()
    if len(words) != count or not _are_numbers(words):
        raise InputError("--says", f"{text!r} is not what these rows say", form)
    return [int(word) for word in words]


def _are_numbers(words: Iterable[str]) -> bool:
    return all(word.isascii() and word.isdigit() for word in words)


RECIPES: Mapping[str, Recipe] = {
    "web-pubsub-connection-drops": Recipe(
        _drops, "ping-timeout", "Connection ping timeout", "a text of an abort"
    ),
    "web-pubsub-connection-failures": Recipe(
        _refusals,
        "token-expired",
        "The access token has expired.",
        "a text of a request that was answered 401",
    ),
    "web-pubsub-event-handler-errors": Recipe(
        _handler_errors, "upstream-not-found", "404", "a status of the handler"
    ),
    "acs-call-connection-failures": Recipe(
        _calls, "callee-unreachable", "480/10037", "an end code and its subcode"
    ),
    "acs-chat-message-delivery": Recipe(_chat, "send-throttled", "429", "a status of a request"),
    "acs-transcription-websocket-drops": Recipe(
        _transcriptions, "server-keepalive-timeout", "1006", "a close code of a socket"
    ),
}

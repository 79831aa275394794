"""`silence`: tell the app what nobody needs to hear of for a time, list that, and end it early."""

import argparse
import getpass
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec import ValidationError
from rich.table import Table

from local.configuration.desk import SOON, EditingDesk, add_options, desk_of, require_good
from local.configuration.silence_text import silences_in, with_silence, without_silence
from local.output.console import console_for
from local.output.results import safe
from shared.app.runtime import current
from shared.app.stores import incidents, silences
from shared.clock import iso
from shared.cloud.storage.unavailable import storage_answers
from shared.configuration.files.declare import Length, length, parsed
from shared.configuration.match import Match
from shared.configuration.silences import DAYS, FILE, Silence
from shared.errors import InputError, LinekeeperError
from shared.incidents.lifecycle.respond import Person
from shared.notices.answers.acting import end_made_silence
from shared.notices.routing.silence import occurrence
from shared.races import until_won

_PREFIXES = ("card-", "maintenance-")  # of the ids of silences that people made
_TRIES = 5  # each lost to the app, which wrote the incident first
_ROLE = "Storage Table Data Contributor on the app's storage account lets you see and end them."
_MATCHERS = ("severity", "resource", "environment", "owner", "symptom")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "silence", help="hold notices back for a time: add, list or expire a silence"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a silence to the silences.yaml that the app reads")
    add.add_argument("--reason", required=True, help="why nobody needs to hear of it")
    add.add_argument(
        "--match",
        action="append",
        required=True,
        metavar="KEY=VALUE",
        help=f"what is silenced: {', '.join(_MATCHERS)}; several values are separated by commas; each KEY must fit",
    )
    add.add_argument("--start", metavar="T", help="from when, such as 2026-11-12T02:00:00Z (default: now)")
    until = add.add_mutually_exclusive_group(required=True)
    until.add_argument("--for", dest="length", metavar="LENGTH", help="for how long, such as 90m or 2h")
    until.add_argument("--end", metavar="T", help="until when")
    listing = actions.add_parser("list", help="list the silences of that file, and those made from cards")
    expire = actions.add_parser(
        "expire", help="end a silence: take it out of that file, or end it as its card would"
    )
    expire.add_argument("id", metavar="ID", help="as `silence list` tells it")
    for action, run in ((add, _add), (listing, _list), (expire, _expire)):
        add_options(action)
        action.set_defaults(run=run)


def _add(options: argparse.Namespace) -> int:
    now = current().clock.now().replace(microsecond=0)
    start = _moment("--start", options.start) if options.start else now
    end = _moment("--end", options.end) if options.end else start + _length(options.length)
    if end <= now:
        raise InputError("--end", f"{iso(end)} is over", "a later moment")
    entry = {
        "reason": options.reason,
        "match": _matchers(options.match),
        "start": iso(start),
        "end": iso(end),
    }
    desk = desk_of(options)
    before, stored = desk.newest(FILE)
    known = {silence.id for silence, _ in silences_in(before or b"")}
    after = with_silence(before or b"", entry)
    require_good(FILE, after, None)
    new = [silence for silence, _ in silences_in(after) if silence.id not in known]
    if not new:
        raise InputError(FILE, "it has this silence already", "another reason, matcher or time")
    desk.store.write(FILE, after, stored)
    print(safe(f"{new[0].id} holds from {iso(start)} to {iso(end)}: {options.reason}"))
    print(_stored(desk, is_first=stored is None))
    return 0


def _list(options: argparse.Namespace) -> int:
    desk, now = desk_of(options), current().clock.now()
    content, stored = desk.newest(FILE)
    of_file = [silence for silence, _ in silences_in(content or b"")]
    made = _made(desk, now)
    if of_file or made:
        console_for(sys.stdout).print(_table([*of_file, *(made or ())], now))
    place = (
        f"the container {desk.container}"
        if stored
        else f"{desk.folder}, for the container {desk.container} has none"
    )
    print(f"{len(of_file)} silences of {FILE} in {place}.")
    if made is not None:
        print(f"{len(made)} made from a card or a notice.")
    return 0


def _made(desk: EditingDesk, now: datetime) -> Sequence[Silence] | None:
    """Return the silences that people made; None where the app's tables cannot be read, which is said."""
    try:
        with storage_answers():
            return silences(desk.storage(), ()).made(now)
    except LinekeeperError as error:
        print(safe(f"Those made from a card or a notice cannot be read: {error.message}. {_ROLE}"))
        return None


def _expire(options: argparse.Namespace) -> int:
    desk = desk_of(options)
    content, stored = desk.newest(FILE)
    if not any(silence.id == options.id for silence, _ in silences_in(content or b"")) and _ends(
        desk, options.id
    ):
        print(safe(f"{options.id} has ended; what it held back comes as a digest."))
        return 0
    after = without_silence(content or b"", options.id)
    require_good(FILE, after, None)
    desk.store.write(FILE, after, stored)
    print(safe(f"{options.id} is taken out; what it held back comes as a digest."))
    print(_stored(desk, is_first=stored is None))
    return 0


def _ends(desk: EditingDesk, identifier: str) -> bool:
    """End a silence that somebody made from a card or a notice; False where none of this id goes on.

    Raises:
        LinekeeperError: the app's tables cannot be read or written.
    """
    if not identifier.startswith(_PREFIXES):
        return False
    now, who = current().clock.now(), Person(getpass.getuser())
    try:
        with storage_answers():
            storage = desk.storage()
            kept = silences(storage, ())
            silence = next((one for one in kept.made(now) if one.id == identifier), None)
            if silence is None:
                return False
            until_won(partial(end_made_silence, kept, incidents(storage), silence, who, now), tries=_TRIES)
    except LinekeeperError as error:
        raise LinekeeperError(f"{identifier} cannot be ended: {error.message}. {_ROLE}") from error
    return True


def _stored(desk: EditingDesk, *, is_first: bool) -> str:
    first = f" It is new there: {FILE} of the package counts no more." if is_first else ""
    return f"{FILE} is stored in the container {desk.container}.{first} {SOON}"


def _table(shown: Sequence[Silence], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Id", no_wrap=True)  # it is copied
    for column in ("State", "When", "What", "Reason"):
        table.add_column(column, overflow="fold")
    for silence in shown:
        reason = f"{silence.reason} (by {silence.by})" if silence.by else silence.reason
        what = f"incident {silence.incident}" if silence.incident else _what(silence.match)
        cells = (silence.id, _state(silence, now), _when(silence), what, reason)
        table.add_row(*map(safe, cells))
    return table


def _state(silence: Silence, now: datetime) -> str:
    if occurrence(silence, now) is not None:
        return "active"
    return "over" if silence.end is not None and silence.end <= now else "pending"


def _when(silence: Silence) -> str:
    weekly = silence.weekly
    if weekly is None:
        return " to ".join(iso(moment) for moment in (silence.start, silence.end) if moment)
    days = " ".join(DAYS[day] for day in weekly.days)
    return f"{days} {weekly.start:%H:%M} to {weekly.end:%H:%M} {weekly.zone}"


def _what(match: Match) -> str:
    parts = ((key, getattr(match, key)) for key in _MATCHERS)
    return "; ".join(f"{key}={','.join(map(str, values))}" for key, values in parts if values)


def _matchers(texts: Sequence[str]) -> dict[str, list[Any]]:
    matchers: dict[str, list[Any]] = {}
    for text in texts:
        key, equals, values = text.partition("=")
        if key not in _MATCHERS or not equals or not values.strip():
            raise InputError(
                "--match", f"{text!r} is not a matcher", f"KEY=VALUE with one of {', '.join(_MATCHERS)}"
            )
        parts = [part.strip() for part in values.split(",")]
        matchers.setdefault(key, []).extend(
            int(part) if key == "severity" and part.isascii() and part.isdigit() else part for part in parts
        )
    return matchers


def _length(text: str) -> Any:
    try:
        return length(parsed(text, Length))
    except ValidationError as error:
        raise InputError(
            "--for", f"{text!r} is not a length of time", "a length such as 90m or 2h"
        ) from error


def _moment(option: str, text: str) -> datetime:
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC).replace(microsecond=0)
    expected = "a moment with its offset from UTC, such as 2026-11-12T02:00:00Z"
    raise InputError(option, f"{text!r} is not a moment", expected)

"""Read the window that a command is about: ISO times, `now`, times of the clock on the wall, or a length."""

import argparse
import re
from datetime import datetime, time, timedelta

from local.exports.moments import moment
from shared.clock import Clock, SystemClock
from shared.errors import InputError
from shared.queries.scope import Window

NOW = "now"

_ON_THE_WALL = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_LENGTH = re.compile(r"(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?")


def add_window_options(parser: argparse.ArgumentParser) -> None:
    """Add --from, --to and --last."""
    parser.add_argument(
        "--from",
        dest="start",
        metavar="TIME",
        help="start of the window, inclusive: ISO 8601 (UTC where it names no zone), or 03:00 of this machine's zone",
    )
    parser.add_argument(
        "--to", dest="end", metavar="TIME", help="end of the window, exclusive: the same, or now"
    )
    parser.add_argument(
        "--last", metavar="LENGTH", help="instead: a window of 90m, 3h or 2d that ends now, or at --to"
    )


def window_of(options: argparse.Namespace, clock: Clock | None = None) -> Window:
    """Read the options.

    Raises:
        InputError: a time or length cannot be read, too much or too little is named, or the window ends before it starts.
    """
    now = (clock or SystemClock()).now().replace(microsecond=0)
    if options.last is None:
        if options.start is None or options.end is None:
            missing = "--from" if options.start is None else "--to"
            raise InputError(missing, "it is missing", "--from and --to, or --last such as 2h")
        start = _moment("--from", options.start, now)
        return Window(start, _moment("--to", options.end, now, after=start))
    length = _length(options.last)
    if options.start is None:
        end = now if options.end is None else _moment("--to", options.end, now)
        return Window(end - length, end)
    if options.end is not None:
        raise InputError(
            "--last", "--from and --to name the window already", "two of --from, --to and --last"
        )
    start = _moment("--from", options.start, now)
    return Window(start, start + length)


def _moment(where: str, text: str, now: datetime, *, after: datetime | None = None) -> datetime:
    """Read a time; one of the clock on the wall is the last that has been, or the first `after` another."""
    if text.strip().lower() == NOW:
        return now
    on_the_wall = _ON_THE_WALL.fullmatch(text.strip())
    if on_the_wall is None:
        return moment(where, text)
    try:
        hour, minute, second = (int(part or 0) for part in on_the_wall.groups())
        clock_time = time(hour, minute, second)
    except ValueError as error:
        raise InputError(where, f"{text!r} is not a time", "a time such as 03:00") from error
    today = _on(after or now, clock_time)
    if after is not None:
        return today if today > after else _on(after + timedelta(days=1), clock_time)
    return today if today <= now else _on(now - timedelta(days=1), clock_time)


def _on(day: datetime, clock_time: time) -> datetime:
    """Return a time of the clock on the wall on a local day, in UTC."""
    naive = datetime.combine(day.astimezone().date(), clock_time)
    return naive.astimezone().astimezone(day.tzinfo)


def _length(text: str) -> timedelta:
    match = _LENGTH.fullmatch(text.strip().lower())
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not length:
        raise InputError("--last", f"{text!r} is not a length of time", "a length such as 90m, 3h or 2d")
    return length

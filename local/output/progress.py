"""Say on standard error how far a command has come."""

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from local.output.terminal import plain

_CLEAR = "\r\x1b[K"


def add_progress_option(parser: argparse.ArgumentParser) -> None:
    """Add --progress."""
    parser.add_argument(
        "--progress",
        action="store_true",
        help="say how far it has come where standard error is no terminal, too",
    )


@contextmanager
def progress_on(
    stream: TextIO | None = None, *, things: str = "checks", wanted: bool = False
) -> Iterator[Callable[[int, int], None]]:
    """Return what takes the number of things done and of all; it writes to a terminal, or anywhere if it is wanted."""
    stream = plain(stream or sys.stderr)
    if not (wanted or stream.isatty()):
        yield lambda _done, _all: None
        return
    line = _Line(stream, things)
    try:
        yield line.tell
    finally:
        line.end()


class _Line:
    """One line that is written again on a terminal; elsewhere each is a line of its own."""

    def __init__(self, stream: TextIO, things: str) -> None:
        self._stream = stream
        self._things = things
        self._is_terminal = stream.isatty()
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def tell(self, done: int, every: int) -> None:
        seconds = time.monotonic() - self._began
        text = f"{done} of {every} {self._things}, {seconds:.0f} s"
        with self._lock:
            self._stream.write(f"{_CLEAR}{text}" if self._is_terminal else f"{text}\n")
            self._stream.flush()

    def end(self) -> None:
        if self._is_terminal:
            self._stream.write(_CLEAR)
            self._stream.flush()

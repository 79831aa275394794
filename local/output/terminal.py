"""Standard output and error of the command line: of what is printed, a terminal obeys nothing but our own colours."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from shared.redaction import visible


class VisibleStream:
    """A stream that leaves out characters that a terminal obeys; everything else is that of the stream below."""

    def __init__(self, stream: TextIO) -> None:
        self.below = stream

    def write(self, text: str) -> int:
        """Write a text as it may be shown."""
        self.below.write(visible(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts as they may be shown."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)


class VisibleConsole(Console):
    """A console whose colours are its own, and whose texts hold no character that a terminal obeys."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as every console does, and clean each piece before it is laid out."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)


def plain(stream: TextIO) -> TextIO:
    """Return the stream below, for what writes escape sequences of our own."""
    return stream.below if isinstance(stream, VisibleStream) else stream


@contextmanager
def visible_output() -> Iterator[None]:
    """Print through visible streams."""
    out, error = cast("TextIO", VisibleStream(sys.stdout)), cast("TextIO", VisibleStream(sys.stderr))
    with redirect_stdout(out), redirect_stderr(error):
        yield

"""What every format is read into first: the cells of one row by header, and the line they stand on."""

from collections.abc import Iterator

Cells = dict[str, object]
Lines = Iterator[tuple[int, Cells]]

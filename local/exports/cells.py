"""The common form that every file format is read into: the cells of one row by header, and the line of the row."""

from collections.abc import Iterator

Cells = dict[str, object]
Lines = Iterator[tuple[int, Cells]]

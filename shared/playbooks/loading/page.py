"""Read a Markdown page into its front matter and its sections, with the line of each part."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.errors import PlaybookError

UNEXPLAINED = "Unexplained"  # heading of the query for the bad events that no hypothesis explains

_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block."""

    info: str  # the text behind the opening backticks
    text: str
    line: int  # of the first line of `text`, 1-based


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table, below the table's header."""

    cells: tuple[str, ...]  # Markdown
    line: int  # 1-based


@dataclass(slots=True)
class Section:
    """A heading (`## Checks`, or `### id` inside one) with everything directly below it."""

    heading: str
    level: int
    line: int
    paragraphs: list[str] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    rows: list[TableRow] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PlaybookPage:
    """One Markdown file."""

    file: str  # its name
    meta: Mapping[str, Any]  # the front matter
    title: str
    sections: Sequence[Section]  # in order
    text: str  # everything below the front matter

    def section(self, heading: str) -> Section:
        """Return the `##` section of this heading.

        Raises:
            PlaybookError: there is none.
        """
        section = self.find(heading)
        if section is not None:
            return section
        raise PlaybookError(
            f"{self.file}:1", f"it has no section `## {heading}`", "every section of a playbook"
        )

    def find(self, heading: str) -> Section | None:
        """Return the `##` section of this heading; None where the page has none."""
        sections = (section for section in self.sections if section.level == 2)
        return next((section for section in sections if section.heading == heading), None)

    def below(self, heading: str) -> Iterator[Section]:
        """Yield the `###` sections below a `##` section.

        Raises:
            PlaybookError: there is no such `##` section.
        """
        self.section(heading)
        inside = False
        for section in self.sections:
            if section.level == 2:
                inside = section.heading == heading
            elif inside and section.level == 3:
                yield section


def read_page(path: Path) -> PlaybookPage:
    """Read a playbook's file.

    Raises:
        PlaybookError: it has no front matter, not exactly one title, or its front matter is not a YAML mapping.
    """
    text = _text(path)
    meta, body, skipped = _front_matter(path.name, text)
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    sections = list(_sections(tokens, body.split("\n"), skipped))
    titles = [section for section in sections if section.level == 1]
    if len(titles) != 1:
        raise PlaybookError(
            f"{path.name}:1", f"it has {len(titles)} titles", "one `# ` heading that names the symptom"
        )
    return PlaybookPage(path.name, meta, titles[0].heading, sections, body)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise PlaybookError(f"{path.name}:1", "it is not UTF-8 text", "a page in Markdown") from error
    except OSError as error:
        raise PlaybookError(
            f"{path.name}:1", f"it cannot be read: {error.strerror}", "a page in Markdown"
        ) from error


def _front_matter(file: str, text: str) -> tuple[Mapping[str, Any], str, int]:
    match = _FRONT_MATTER.match(text)
    if not match:
        raise PlaybookError(
            f"{file}:1", "it has no front matter", "`---`, then id, service, tables, consequences, then `---`"
        )
    try:
        _refuse_repeated_keys(file, yaml.compose(match[1], Loader=yaml.SafeLoader))
        meta = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        position = getattr(error, "problem_mark", None)
        line = position.line + 2 if position else 1
        raise PlaybookError(
            f"{file}:{line}", "the front matter is not valid YAML", "a YAML mapping"
        ) from error
    if not isinstance(meta, dict):
        raise PlaybookError(
            f"{file}:2", "the front matter is not a mapping", "id, service, tables, consequences"
        )
    return meta, text[match.end() :], text[: match.end()].count("\n")


def _refuse_repeated_keys(file: str, node: yaml.Node | None) -> None:
    # YAML's own loader takes the last of them without a word.
    if not isinstance(node, yaml.MappingNode):
        return
    keys: set[str] = set()
    for key, value in node.value:
        if key.value in keys:
            line = key.start_mark.line + 2
            raise PlaybookError(
                f"{file}:{line}", f"the key {key.value!r} stands twice", f"{key.value!r} once"
            )
        keys.add(key.value)
        _refuse_repeated_keys(file, value)


def _sections(tokens: Sequence[Token], lines: Sequence[str], skipped: int) -> Iterator[Section]:
    section: Section | None = None
    for index, token in enumerate(tokens):
        line = (token.map[0] if token.map else 0) + skipped + 1
        if token.type == "heading_open" and (section is None or int(token.tag[1]) <= 3):
            if section:
                yield section
            section = Section(_heading(tokens[index + 1].content), int(token.tag[1]), line)
        elif section:
            _collect(section, tokens, index, lines, line)
    if section:
        yield section


def _collect(section: Section, tokens: Sequence[Token], index: int, lines: Sequence[str], line: int) -> None:
    token = tokens[index]
    if token.type == "paragraph_open" and token.level == 0:
        section.paragraphs.append(" ".join(tokens[index + 1].content.split()))
    elif token.type == "fence":
        section.fences.append(Fence(token.info.strip(), token.content.rstrip("\n"), line + 1))
    elif token.type == "tr_open" and tokens[index + 1].type == "td_open":
        section.rows.append(TableRow(tuple(_cells(tokens, index)), line))
    elif token.type == "list_item_open" and token.level == 1 and token.info and token.map:
        section.steps.append(_step(lines[token.map[0] : token.map[1]]))


def _cells(tokens: Sequence[Token], row: int) -> Iterator[str]:
    for index in range(row + 1, len(tokens)):
        if tokens[index].type == "tr_close":
            return
        if tokens[index].type == "inline":
            yield tokens[index].content.strip()


def _step(lines: Sequence[str]) -> str:
    text = " ".join(" ".join(line.split()) for line in lines if line.strip())
    return re.sub(r"^\d+[.)]\s+", "", text)


def _heading(content: str) -> str:
    return content.strip().strip("`")

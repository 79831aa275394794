"""The pages say what is there: words, rooms, arrows, files, and links that lead somewhere."""

import re
import tomllib
from pathlib import Path

import pytest

from shared.app.names import Container, Queue, Table

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
WORDS_OF_THE_FIELD = [
    "signal",
    "objective",
    "breach",
    "symptom",
    "incident",
    "playbook",
    "hypothesis",
    "check",
    "verdict",
    "diagnosis",
    "milestone",
    "notice",
    "lane",
    "silence",
    "action",
    "context",
]

_ENTRY = re.compile(
    r"^\| \*\*(?P<word>[a-z ]+)\*\* \| (?P<meaning>.+) \| \[(?P<file>\S+)\]\(\.\./(?P<link>\S+)\) \|$",
    re.MULTILINE,
)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_FILE = re.compile(r"`((?:shared|functions|local|tests|config|docs|infra)/[\w./-]*\w/?)`")
_MODULE = re.compile(r"python -m ((?:local|tests|bench)(?:\.\w+)*)")


def words(text: str) -> str:
    """Return the words of a text in small letters, those inside of names too: `DeadLetter` is dead letter."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return re.sub(r"[\W_]+", " ", apart).lower()


def entries(page: str) -> list[re.Match[str]]:
    return list(_ENTRY.finditer(page))


def unknown_words(page: str, root: Path) -> list[str]:
    """Name the words of a glossary whose file is missing, or uses them neither in its name nor in its text."""
    return [entry["word"] for entry in entries(page) if not is_used(entry["word"], root, entry["file"])]


def is_used(word: str, root: Path, file: str) -> bool:
    if not (root / file).is_file():
        return False
    text = words(f"{file}\n{(root / file).read_text(encoding='utf-8')}")
    return re.search(rf"\b{word}(s|es)?\b", text) is not None


def dead_links(page: Path) -> list[str]:
    return [
        f"{page.name}: {target}#{anchor}"
        for target, anchor in _LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
        or (anchor and anchor not in anchors((page.parent / target) if target else page))
    ]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def missing_files(page: str, root: Path) -> list[str]:
    modules = [name.replace(".", "/") for name in _MODULE.findall(page)]
    absent_modules = [
        name for name in modules if not (root / name).is_dir() and not (root / f"{name}.py").is_file()
    ]
    return [file for file in _FILE.findall(page) if not (root / file).exists()] + absent_modules


def test_every_word_of_the_glossary_is_used_where_it_says() -> None:
    assert [] == unknown_words((DOCS / "glossary.md").read_text(encoding="utf-8"), ROOT)


def test_the_glossary_has_the_words_of_the_field_and_defines_each_word_once() -> None:
    page = (DOCS / "glossary.md").read_text(encoding="utf-8")
    defined = [entry["word"] for entry in entries(page)]

    assert page.count("| **") == len(defined)  # every row was read
    assert sorted(set(defined)) == sorted(defined)
    assert set(WORDS_OF_THE_FIELD) | {"evidence kind"} <= set(defined)
    assert [] == [entry["word"] for entry in entries(page) if entry["file"] != entry["link"]]


def test_a_word_whose_file_is_gone_or_says_another_word_is_seen(tmp_path: Path) -> None:
    (tmp_path / "bells.py").write_text("class BellRopes: ...\n", encoding="utf-8")
    page = "\n".join(
        f"| **{word}** | It rings. | [{file}](../{file}) |"
        for word, file in (("bell rope", "bells.py"), ("clapper", "bells.py"), ("gong", "gongs.py"))
    )

    assert ["clapper", "gong"] == unknown_words(page, tmp_path)


def test_every_folder_of_shared_stands_on_the_page_of_the_architecture() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    files = [file for file in (ROOT / "shared").rglob("*") if file.suffix in {".py", ".md", ".kql"}]
    folders = {file.parent.relative_to(ROOT / "shared").as_posix() for file in files} - {"."}

    assert folders == {name.rstrip("/") for name in re.findall(r"^\| `(\S+/)` \|", page, re.MULTILINE)}


def test_the_arrows_on_the_page_are_those_that_import_linter_holds() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rooms = next(
        contract["layers"]
        for contract in pyproject["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == ["shared"]
    )
    built = [room for room in rooms if not room.startswith("(")]

    assert " > ".join(["functions", *built]) in page


def test_every_function_stands_in_the_flow_and_in_operations() -> None:
    functions = {file.stem for file in (ROOT / "functions").glob("*.py")} - {"__init__"}
    pages = [(DOCS / name).read_text(encoding="utf-8") for name in ("architecture.md", "operations.md")]

    assert [set(), set()] == [{name for name in functions if name not in page} for page in pages]


def test_everything_that_is_stored_stands_on_the_page_about_security() -> None:
    page = (DOCS / "security.md").read_text(encoding="utf-8")

    assert [] == [name for name in (*Table, *Queue, *Container) if f"`{name}`" not in page]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_a_page_leads_to_what_is_there(page: Path) -> None:
    assert [] == dead_links(page)
    assert [] == missing_files(page.read_text(encoding="utf-8"), ROOT)


def test_a_link_a_file_and_a_module_that_are_gone_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Bells and ropes\n[here](#bells-and-ropes) [there](#gongs) [away](gongs.md) `shared/gongs.py` `python -m local.gongs`\n",
        encoding="utf-8",
    )

    assert ["page.md: #gongs", "page.md: gongs.md#"] == dead_links(page)
    assert ["shared/gongs.py", "local/gongs"] == missing_files(page.read_text(encoding="utf-8"), tmp_path)


def test_readers_find_the_glossary_and_the_architecture() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "](docs/glossary.md)" in readme
    assert "](docs/architecture.md)" in readme
    assert "](glossary.md)" in (DOCS / "concepts.md").read_text(encoding="utf-8")

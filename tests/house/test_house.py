"""The laws that a reader of the code relies on."""

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from local.replay.case import all_cases
from shared.notices.answers.fill import TEMPLATES
from shared.playbooks.loading.load import LIBRARY, load_library
from shared.playbooks.playbook import RootCause
from shared.settings import Settings
from tests.conftest import CHECKS, REPLAYS

ROOT = Path(__file__).parents[2]
HEADINGS = ("Sees", "Why it matters", "Looks like it and is not", "What to do", "Sources")
PAGES_WITH_HEADINGS = sorted(LIBRARY.glob("*.md"))


def test_every_hypothesis_is_named_by_a_case_so_that_its_id_stays() -> None:
    named = {
        f"{case.playbook}/{name}" for case in all_cases() for name in (case.cause, *case.ruled_out) if name
    }
    promised = {
        f"{playbook.id}/{one.id}" for playbook in load_library().values() for one in playbook.hypotheses
    }

    assert (set(), set()) == (promised - named, named - promised)


def test_every_hypothesis_has_a_root_cause() -> None:
    unknown = [
        f"{playbook.id}/{one.id}"
        for playbook in load_library().values()
        for one in playbook.hypotheses
        if one.root_cause is RootCause.UNKNOWN
    ]

    assert [] == unknown


def test_every_hypothesis_says_what_its_check_cannot_see() -> None:
    silent = [
        f"{playbook.id}/{one.id}"
        for playbook in load_library().values()
        for one in playbook.hypotheses
        if not one.limits
    ]

    assert silent == []


@pytest.mark.parametrize("page", PAGES_WITH_HEADINGS, ids=lambda page: page.stem)
def test_every_hypothesis_has_its_five_headings_in_order(page: Path) -> None:
    wrong = [
        f"{page.name}: {name}: {', '.join(part.partition(chr(10))[0] for part in parts)}"
        for name, parts in _hypotheses_of(page)
        if HEADINGS != tuple(part.partition("\n")[0] for part in parts)
        or not all(part.partition("\n")[2].strip() for part in parts)
    ]

    assert [] == wrong


def _hypotheses_of(page: Path) -> list[tuple[str, list[str]]]:
    """Each hypothesis of a page with the parts below its headings, each part from its heading on."""
    text = page.read_text(encoding="utf-8")
    checks = re.split(r"(?m)^## ", text[text.index("\n## Checks\n") + 4 :], maxsplit=1)[0]
    sections = re.split(r"(?m)^### ", checks)[1:]
    return [(section.partition("\n")[0], re.split(r"(?m)^#### ", section)[1:]) for section in sections]


def test_every_step_of_a_mitigation_can_be_verified() -> None:
    blind = [
        f"{playbook.id}/{one.id}: {step[:60]}"
        for playbook in load_library().values()
        for one in playbook.hypotheses
        for step in one.steps
        if "verify" not in step.lower()
    ]

    assert blind == []


def test_every_playbook_has_three_cases_and_there_are_at_least_24() -> None:
    counts = dict.fromkeys(load_library(), 0)
    for case in all_cases():
        counts[case.playbook] += 1

    assert min(counts.values()) >= 3
    assert sum(counts.values()) >= 24


def test_every_case_says_where_its_shapes_come_from() -> None:
    assert [case.name for case in all_cases() if not (case.folder / "README.md").is_file()] == []


@pytest.mark.parametrize("place", ["local.settings.json.example", "docs/operations.md"])
def test_every_setting_is_in_the_example_and_documented(place: str) -> None:
    source = (ROOT / "shared" / "settings.py").read_text(encoding="utf-8")
    names = re.findall(r'\.get\("([A-Za-z_]+)"', source)
    text = (ROOT / place).read_text(encoding="utf-8")
    absent = {name for name in names if name not in text}

    assert len(fields(Settings)) == len(names)
    # The host reads these too, and would take an empty one for an address.
    assert absent <= {name for name in names if name.startswith("AzureWebJobsStorage__")}
    assert not absent or place == "local.settings.json.example"


def test_no_file_names_a_package_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    hosts = re.compile("|".join(["registry" + r"\.npmjs", "pypi" + r"\.org", "files\\.python" + "hosted"]))
    files = (ROOT / name for name in tracked if name)

    assert [
        str(file) for file in files if file.is_file() and hosts.search(file.read_text("utf-8", "replace"))
    ] == []


def test_what_ships_is_pinned() -> None:
    required = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()

    assert [
        line
        for line in required
        if line and not line.startswith("#") and not re.match(r"[\w.\[\]-]+==\S+$", line)
    ] == []


def test_what_is_deployed_holds_no_stand_in() -> None:
    ignored = (ROOT / ".funcignore").read_text(encoding="utf-8").split()

    assert {"local", "tests", "bench", "docs", ".venv", "node_modules"} <= set(ignored)


def test_what_is_deployed_holds_the_templates_of_pages() -> None:
    ignored = (ROOT / ".funcignore").read_text(encoding="utf-8")
    parts = {part for file in TEMPLATES.iterdir() for part in file.relative_to(ROOT).parts}

    assert "layout.html" in parts
    assert set() == parts & set(ignored.split())
    # A pattern may match more than its name.
    assert ["**/__pycache__"] == [line for line in ignored.split() if "*" in line]


def test_the_hosts_file_is_json_that_prefixes_routes() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert host["extensions"]["http"]["routePrefix"] == "api"


def test_every_place_that_is_marked_as_slow_holds_tests() -> None:
    """A test that was moved is slow in its new place too, and nobody would mark it there."""
    places = [file.relative_to(ROOT / "tests").as_posix() for file in (ROOT / "tests").rglob("test_*.py")]

    assert [] == [
        start for start in (*CHECKS, *REPLAYS) if not any(place.startswith(start) for place in places)
    ]

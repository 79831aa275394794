"""`replay`: play cases end to end, and compare what was found with what was expected."""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.card_text import card_panel
from local.case import Case, all_cases, find_case
from local.present import console_for
from local.replay import Look, replay
from local.results import user_ids, write_results
from shared.errors import InputError
from shared.notices.markup import plain
from shared.playbooks.diagnosis import Diagnosis, Verdict
from shared.playbooks.redacted import redacted

NOT_AS_EXPECTED = 1


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("replay", help="play a case end to end")
    parser.add_argument("case", nargs="?", metavar="CASE", help="a case's name or folder")
    parser.add_argument("--all", action="store_true", help="play every case and compare with what it expects")
    parser.add_argument(
        "--out", type=Path, default=Path("out"), metavar="DIR", help="where to write (default: out)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    console = console_for(sys.stdout)
    if options.all:
        return _play_all(console, options.out)
    if not options.case:
        raise InputError("CASE", "none is named", "a case's name, or --all")
    return _play_one(console, find_case(options.case), options.out)


def differences(case: Case, found: Diagnosis) -> list[str]:
    """Say in what a diagnosis is not as its case expects."""
    wrong = []
    if found.conclusion != case.conclusion:
        wrong.append(f"conclusion {found.conclusion}, expected {case.conclusion}")
    if found.cause != case.cause:
        wrong.append(f"cause {found.cause}, expected {case.cause}")
    wrong += [
        f"{name} is {found.finding(name).evidence.verdict}, expected ruled out"
        for name in case.ruled_out
        if found.finding(name).evidence.verdict is not Verdict.REFUTED
    ]
    return wrong


def _play_one(console: Console, case: Case, out: Path) -> int:
    console.rule(Text(case.name, style="bold"))
    console.print(Text(opening(case)), style="dim")
    console.print()
    looks: list[Look] = []
    for look in replay(case):
        looks.append(look)
        console.print(
            Text(f"{look.at:%H:%M} UTC  ", style="bold") + Text(f"look {len(looks)}: {_story(look)}")
        )
    found = looks[-1].diagnosis
    folder = write_case(case, looks, out)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    console.print()
    console.print(card_panel(card["attachments"][0]["content"]))
    console.print(f"Written to {folder}: diagnosis.json, card.json, report.md", style="dim")
    wrong = differences(case, found)
    for difference in wrong:
        console.print(f"Not as expected: {difference}", style="bold red")
    return NOT_AS_EXPECTED if wrong else 0


def opening(case: Case) -> str:
    """Return the title of a case's README and the paragraphs before its first section."""
    readme = case.folder / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else case.name
    return "\n\n".join(plain(paragraph) for paragraph in text.split("\n## ")[0].split("\n\n"))


def _play_all(console: Console, out: Path) -> int:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Case", "Expected", "Found", "Looks", ""):
        table.add_column(column, overflow="fold")
    cases = all_cases()
    # A case a process: translating and planning hold the interpreter's lock.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        played = list(processes.map(_played, cases, [out] * len(cases)))
    for case, (looks, found, wrong) in zip(cases, played, strict=True):
        judged = Text("; ".join(wrong), style="red") if wrong else Text("as expected", style="green")
        table.add_row(case.name, case.cause or case.conclusion, found, str(looks), judged)
    right = sum(not wrong for _, _, wrong in played)
    console.print(table)
    console.print(f"{right} of {len(cases)} cases as expected")
    return 0 if right == len(cases) else NOT_AS_EXPECTED


def _played(case: Case, out: Path) -> tuple[int, str, list[str]]:
    """Play one case and return the number of looks, what was found and in what it differs."""
    looks = list(replay(case))
    write_case(case, looks, out)
    found = looks[-1].diagnosis
    return len(looks), found.cause or str(found.conclusion), differences(case, found)


def _story(look: Look) -> str:
    found = redacted(look.diagnosis, user_ids())
    if found.cause:
        return f"cause found: {found.cause}. {found.finding(found.cause).evidence.summary}"
    return f"{found.conclusion}. {found.symptom.summary}"


def write_case(case: Case, looks: Sequence[Look], out: Path) -> Path:
    """Write what the last look found into a folder of the case's name, and return it."""
    folder = out / case.name
    write_results(looks[-1].diagnosis, case.known_playbook(), folder, case.severity)
    return folder

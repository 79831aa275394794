"""`replay`: play cases end to end, and compare what was found with what was expected."""

import argparse
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cache
from multiprocessing import active_children, get_context
from multiprocessing.util import Finalize
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.azure.azurite import Azurite, azurite
from local.commands.exit_codes import NOT_AS_EXPECTED
from local.commands.library_option import add_library_option, library_of, playbooks_of
from local.output.card import card_panel
from local.output.console import console_for
from local.replay.case import Case, all_cases, find_case
from local.replay.play import incidents_of, play
from local.replay.stage import stage_of
from local.replay.story import (
    card_of_cause,
    last_diagnoses,
    scene_line,
    unexpected_incidents,
    write_incidents,
)
from shared.errors import InputError
from shared.notices.cards.markup import plain_text

RARE = timedelta(minutes=10)  # of virtual time between ticks, where only the outcome counts
_OPEN = ExitStack()  # it must be held: a stack that nobody holds closes what it entered


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("replay", help="play a case end to end")
    parser.add_argument("case", nargs="?", metavar="CASE", help="a case's name or folder")
    parser.add_argument("--all", action="store_true", help="play every case and compare with what it expects")
    parser.add_argument(
        "--out", type=Path, default=Path("out"), metavar="DIR", help="where to write (default: out)"
    )
    add_library_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    console = console_for(sys.stdout)
    playbooks = playbooks_of(options)  # a page that cannot be used is refused before anything starts
    if options.all:
        return _play_all(console, options.out, library_of(options))
    if not options.case:
        raise InputError("CASE", "none is named", "a case's name, or --all")
    case = find_case(options.case)
    case.known_playbook(playbooks)
    return _play_one(console, case, options.out, library_of(options))


def _play_one(console: Console, case: Case, out: Path, library: Path | None) -> int:
    console.rule(Text(case.name, style="bold"))
    console.print(Text(opening(case)), style="dim")
    console.print()
    with azurite() as storage, stage_of(case, storage, library) as stage:
        before = None
        for scene in play(stage):
            console.print(scene_line(scene, before))
            before = scene
        wrong = unexpected_incidents(case, incidents_of(stage), last_diagnoses(stage))
        files = write_incidents(stage, out / case.name)
        card = card_of_cause(stage)
    console.print()
    if card is not None:
        console.print(card_panel(card))
    if files:
        console.print(f"Written to {out / case.name}: {', '.join(files)}", style="dim")
    for difference in wrong:
        console.print(f"Not as expected: {difference}", style="bold red")
    return NOT_AS_EXPECTED if wrong else 0


def opening(case: Case) -> str:
    """Return the title of a case's README and the paragraphs before its first section."""
    readme = case.folder / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else case.name
    return "\n\n".join(plain_text(paragraph) for paragraph in text.split("\n## ")[0].split("\n\n"))


def _play_all(console: Console, out: Path, library: Path | None) -> int:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Case", "Expected", "Incidents", ""):
        table.add_column(column, overflow="fold")
    cases = all_cases()
    # A case a process: translating and planning hold the interpreter's lock.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes, _ending_together():
        with _ctrl_c_waits():  # the processes that start here inherit it and never hear of it: this one does
            plays = [processes.submit(_differences_of, case, out, library) for case in cases]
        played = [play.result() for play in plays]
    for case, (causes, wrong) in zip(cases, played, strict=True):
        judged = Text("; ".join(wrong), style="red") if wrong else Text("as expected", style="green")
        table.add_row(case.name, ", ".join(case.incidents) or "none", causes or "none", judged)
    right = sum(not wrong for _, wrong in played)
    console.print(table)
    console.print(f"{right} of {len(cases)} cases as expected")
    return 0 if right == len(cases) else NOT_AS_EXPECTED


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Let a Ctrl-C wait until the end of the block."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _ending_together() -> Iterator[None]:
    """End the other processes at once on Ctrl-C, whatever they are doing."""
    try:
        yield
    except KeyboardInterrupt:
        for process in active_children():
            process.terminate()
        raise


def _differences_of(case: Case, out: Path, library: Path | None) -> tuple[str, list[str]]:
    """Play one case with rare ticks; return its incidents in words, and in what they differ."""
    with stage_of(case, _storage(), library) as stage:
        for _ in play(stage, RARE):
            pass
        incidents, diagnoses = incidents_of(stage), last_diagnoses(stage)
        write_incidents(stage, out / case.name)
    causes = ", ".join(
        f"{incident.symptom} ({incident.cause or incident.conclusion})" for incident in incidents
    )
    return causes, unexpected_incidents(case, incidents, diagnoses)


@cache
def _storage() -> Azurite:
    """Return the Azurite of this process, which ends with it."""
    Finalize(None, _OPEN.close, exitpriority=1)  # a process of a pool runs no atexit
    return _OPEN.enter_context(azurite())

"""Every trial, a small input on which an answer was once wrong, is answered as its `expect.json` says.

A trial is a folder of `tests/trials`: `README.md` (what was reported, the right answer and why), the input (`tables/`, or
`export/` as it was exported) and `expect.json`: `resource`, `from`, `to`, and `runs`, one diagnosis each, with `playbook` (an
id or `auto`), `cause` and `conclusion` (any of these), `must_not` (ids that must not be the cause), `mention` and
`not_mention` (regular expressions on what the answer says), `refuse_ok` (exit 2 is right too).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.__main__ import main
from local.commands.parser import UNUSABLE_INPUT
from tests import drawn

TRIALS = Path(__file__).parents[1] / "trials"


@dataclass(frozen=True, slots=True)
class Trial:
    """One diagnosis of a trial, and what it must say."""

    folder: Path
    expected: Mapping[str, Any]
    run: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.folder.name}, {self.run['playbook']}"

    def arguments(self, results: Path) -> list[str]:
        tables = self.folder / ("export" if self.expected["kind"] == "export" else "tables")
        where = ["--logs", str(tables), "--resource", self.expected["resource"]]
        when = ["--from", self.expected["from"], "--to", self.expected["to"]]
        return [
            "diagnose",
            *where,
            *when,
            "--playbook",
            self.run["playbook"],
            "--json",
            "--out",
            str(results),
        ]


def trials() -> Iterator[Trial]:
    for file in sorted(TRIALS.glob("*/expect.json")):
        expected = json.loads(file.read_text(encoding="utf-8"))
        if expected["kind"] in ("diagnose", "export"):
            yield from (Trial(file.parent, expected, run) for run in expected["runs"])


def said(document: Mapping[str, Any], report: str) -> str:
    """Return all that a diagnosis says, without its queries."""
    summaries = [str(hypothesis["summary"]) for hypothesis in document["hypotheses"]]
    return "\n".join([*summaries, re.sub(r"```kql.*?```", "", report, flags=re.DOTALL)])


TRIALS_BY_NAME = {trial.name: trial for trial in trials()}


@pytest.mark.parametrize("trial", drawn.cases("trials", TRIALS_BY_NAME, 3, of=TRIALS_BY_NAME.__getitem__))
def test_answers_a_trial(trial: Trial, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(trial.arguments(tmp_path))

    captured = capsys.readouterr()
    if status == UNUSABLE_INPUT and trial.run.get("refuse_ok"):
        return
    document = json.loads(captured.out)
    answer = said(document, (tmp_path / "report.md").read_text(encoding="utf-8")) + captured.err
    assert document["cause"] in trial.run["cause"], answer
    assert document["conclusion"] in trial.run["conclusion"], answer
    assert document["cause"] not in trial.run.get("must_not", ())
    assert [] == [
        words for words in trial.run.get("mention", ()) if not re.search(words, answer, re.IGNORECASE)
    ]
    assert [] == [
        words for words in trial.run.get("not_mention", ()) if re.search(words, answer, re.IGNORECASE)
    ]

"""`new-case` writes a case that reads, and whose rows speak for the cause that it names."""

import json
from pathlib import Path

import pytest

from local.__main__ import main
from local.exports import read_folder
from local.replay.case import Case, read_case
from local.rows.hours import RECIPES
from local.workspace import kql
from local.workspace.database import Workspace
from shared.playbooks.loading.load import load_library
from shared.queries.prelude import complete
from shared.queries.schema import tables

DROPS = "web-pubsub-connection-drops"


def new_case(folder: Path, *arguments: str) -> Case:
    assert 0 == main(["new-case", str(folder), *arguments])
    return read_case(folder)


def verdict(case: Case, text: str) -> object:
    workspace = Workspace()
    workspace.load(read_folder(case.folder).tables)
    answer = kql.run(workspace, complete(text, case.scope, absent=set(tables()) - workspace.tables))
    (row,) = answer.rows()
    return dict(zip((name for name, _ in answer.columns), row, strict=True))["Verdict"]


@pytest.mark.parametrize("symptom", RECIPES)
def test_the_rows_of_a_symptom_speak_for_the_cause(symptom: str, tmp_path: Path) -> None:
    case = new_case(tmp_path / "lobby-at-nine", "--like", symptom)
    playbook = load_library()[symptom]

    assert (symptom, RECIPES[symptom].cause, (symptom,)) == (case.playbook, case.cause, case.incidents)
    assert "supported" == verdict(case, playbook.symptom_check.text)
    assert "supported" == verdict(case, playbook.hypothesis(RECIPES[symptom].cause).check.text)


def test_there_is_a_recipe_for_every_symptom_that_ships() -> None:
    assert set(load_library()) == set(RECIPES)


def test_the_bad_rows_say_what_they_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "drained"
    case = new_case(
        folder, "--like", DROPS, "--says", "gateway drained", "--cause", "gateway-drained", "--bad", "7"
    )
    rows = (folder / "tables" / "WebPubSubConnectivity.ndjson").read_text(encoding="utf-8").splitlines()

    assert "gateway-drained" == case.cause
    assert 7 == sum(json.loads(row)["Message"] == "gateway drained" for row in rows)
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# Drained\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--like", "acs-chat-message-delivery", "--says", "many"], "expected a status, such as 429"),
        (["--like", "acs-call-connection-failures", "--says", "480"], "expected an end code and its subcode"),
    ],
)
def test_refuses_what_such_rows_cannot_say(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(["new-case", str(tmp_path / "new"), *arguments])
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.md").touch()

    assert 2 == main(["new-case", str(tmp_path), "--like", DROPS])
    assert "there is something in it" in capsys.readouterr().err

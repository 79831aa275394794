import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.configuration.files.usable import flawless
from shared.configuration.objectives import Limit, default_objectives, usable_objectives
from shared.errors import InputError
from shared.signals.catalogue import SIGNALS

SHIPPED = Path(__file__).parents[2] / "config"


def config(folder: Path, text: str) -> Path:
    (folder / "objectives.yaml").write_text(text, encoding="utf-8")
    return folder


def test_every_signal_has_a_default() -> None:
    assert {signal.id for signal in SIGNALS} == set(default_objectives())


@pytest.mark.parametrize("text", [None, "", "# comments\n", "objectives:\n  # aborts: {}\n"])
def test_a_team_that_says_nothing_has_the_defaults(tmp_path: Path, text: str | None) -> None:
    folder = tmp_path if text is None else config(tmp_path, text)

    assert default_objectives() == flawless(usable_objectives(folder))


def test_what_a_team_says_stands_over_the_defaults(tmp_path: Path) -> None:
    text = "objectives:\n  aborts: {target: 0.999, min_bad: 5, limit: {within: 1h}, enabled: false}\n"

    expected = replace(
        default_objectives()["aborts"],
        target=0.999,
        min_bad=5,
        limit=Limit(100, timedelta(hours=1), 0.05),
        enabled=False,
    )
    assert expected == flawless(usable_objectives(config(tmp_path, text)))["aborts"]


def test_an_empty_limit_takes_the_limit_away(tmp_path: Path) -> None:
    text = "objectives:\n  aborts:\n    limit:\n"

    assert flawless(usable_objectives(config(tmp_path, text)))["aborts"].limit is None


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("{target: 99}", "'target' is 99; expected a share between 0 and 1, such as 0.99 for 99 %"),
        ("{target: 1}", "'target' is 1; expected a share between 0 and 1"),
        ("{min_events: 0}", "'min_events' is 0; expected a whole number from 1 to 1000000000"),
        ("{limit: {within: 7m}}", "'within' is 7m; expected a multiple of 5m, from 5m to 24h"),
        ("{limit: {within: 2d}}", "'within' is 2d; expected a multiple of 5m, from 5m to 24h"),
        ("{limit: {ratio: 5}}", "'ratio' is 5; expected a number from 0 to 1"),
        ("{limit: 50}", "'limit' is a number ('50'); expected a mapping"),
        ("{enabled: 1}", "'enabled' is a number ('1'); expected true or false"),
        ("{goal: 0.9}", "unknown key 'goal'"),
        ("0.99", "'aborts' is a number ('0.99'); expected a mapping"),
    ],
)
def test_one_wrong_objective_keeps_its_default_and_the_rest_of_the_file(
    tmp_path: Path, settings: str, complaint: str
) -> None:
    text = f"objectives:\n  closes: {{target: 0.9}}\n  aborts: {settings}\n"

    by_signal, (problem,) = usable_objectives(config(tmp_path, text))

    assert default_objectives()["aborts"] == by_signal["aborts"]
    assert by_signal["closes"].target == 0.9
    assert str(problem).startswith(f"objectives.yaml:3: {complaint}")


def test_an_unknown_signal_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"objectives.yaml:2: unknown key 'abort'; expected 'aborts'"):
        flawless(usable_objectives(config(tmp_path, "objectives:\n  abort: {target: 0.9}\n")))


def test_an_unknown_signal_leaves_the_others(tmp_path: Path) -> None:
    text = "objectives:\n  abort: {target: 0.9}\n  closes: {target: 0.9}\n  closes: {target: 0.8}\n"
    by_signal, problems = usable_objectives(config(tmp_path, text))

    assert 0.9 == by_signal["closes"].target
    assert ["objectives.yaml:2", "objectives.yaml:4"] == [problem.where for problem in problems]


def test_the_shipped_file_shows_the_defaults(tmp_path: Path) -> None:
    text = (SHIPPED / "objectives.yaml").read_text(encoding="utf-8")
    uncommented = re.sub(r"^  # (?=[a-z-]+: \{)", "  ", text, flags=re.MULTILINE)

    assert len(SIGNALS) == uncommented.count("\n  ") - uncommented.count("\n  #")
    assert default_objectives() == flawless(usable_objectives(config(tmp_path, uncommented)))

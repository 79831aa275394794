"""Every case, played as it happened, ends as its `incident.json` expects."""

import json
from pathlib import Path

import pytest

from local.output.results import write_results
from local.replay.case import Case, all_cases
from local.replay.diagnoses import diagnoses_of, differences
from tests import drawn

# Microsoft Teams refuses a message above 28 KB as it re-encodes it; 20,480 bytes is what we allow ourselves.
CARD_BYTES = 20_480


CASES = {case.name: case for case in all_cases()}
ALWAYS = ("seed-thread-1006", "quiz-fills-the-free-tier")


@pytest.mark.parametrize(
    "case", drawn.cases("diagnosed cases", CASES, 2, always=ALWAYS, of=CASES.__getitem__)
)
def test_a_replay_ends_as_expected(case: Case, tmp_path: Path) -> None:
    looks = list(diagnoses_of(case))

    assert [] == differences(case, looks[-1].diagnosis)

    write_results(looks[-1].diagnosis, case.known_playbook(), tmp_path, case.severity)
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    assert len(json.dumps(card).encode()) <= CARD_BYTES
    assert (tmp_path / "report.md").stat().st_size > 0

"""Every figure closes: what a check counted can be counted again from the rows that `--evidence` writes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.__main__ import main
from local.output.steps import row_queries
from local.replay.case import Case, find_case
from shared.clock import iso
from shared.playbooks.loading.load import load_library
from tests import drawn

# One for each playbook.
CASES = [
    "gateway-drops-all-then-401-storm",
    "lobby-on-a-busy-morning",
    "hub-without-handler-closes-with-1000",
    "handler-answers-404-to-connect",
    "branch-firewall-drops-udp",
    "agency-staff-removed-mid-shift",
    "seed-thread-1006",
]
FIGURES = ("Total", "Bad", "Hits")


def arguments(case: Case) -> list[str]:
    window = case.scope.window
    apps = [word for app in case.scope.applications for word in ("--app", app)]
    source = ["--logs", str(case.folder), "--resource", case.scope.resources[0], *apps]
    return [
        "diagnose",
        *source,
        "--from",
        iso(window.start),
        "--to",
        iso(window.end),
        "--playbook",
        case.playbook,
    ]


def recounted(rows: list[dict[str, object]]) -> dict[str, int]:
    """Count judged rows again: all, the bad ones, and those of the bad ones that the hypothesis explains."""

    def weight(row: dict[str, object]) -> float:
        return float(str(row.get("Weight", 1.0)))

    bad = [row for row in rows if row.get("IsBad") is True]
    hits = [row for row in bad if row.get("Hit") is True]
    return {
        name: round(sum(map(weight, some))) for name, some in zip(FIGURES, (rows, bad, hits), strict=True)
    }


def checks_of(folder: Path) -> Iterator[tuple[str, dict[str, object], list[dict[str, object]]]]:
    for check in sorted(folder.iterdir()):
        figures = json.loads((check / "figures.json").read_text(encoding="utf-8"))
        rows = check / "rows.ndjson"
        if rows.is_file():
            lines = rows.read_text(encoding="utf-8").splitlines()
            yield check.name, figures, [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", drawn.cases("cases whose figures are counted again", CASES, 1))
def test_counts_every_figure_again_from_its_rows(name: str, tmp_path: Path) -> None:
    assert 0 == main([*arguments(find_case(name)), "--json", "--evidence", str(tmp_path)])

    assert {"figures.json", "query.kql", "rows.kql", "rows.ndjson"} == {
        file.name for file in (tmp_path / "symptom").iterdir()
    }
    judged = 0
    for check, figures, rows in checks_of(tmp_path):
        numbers, stated = figures["numbers"], figures["rows"]
        assert isinstance(numbers, dict)
        assert isinstance(stated, dict)
        assert len(rows) == stated["rows"], check
        if not rows or "IsBad" not in rows[0] or "Hit" not in rows[0]:
            continue
        judged += 1
        counts = recounted(rows)
        assert {figure: numbers[figure] for figure in FIGURES if figure in numbers} == {
            figure: counts[figure] for figure in FIGURES if figure in numbers
        }, check
    assert judged >= 4


def test_the_support_text_says_exactly_what_was_logged(capsys: pytest.CaptureFixture[str]) -> None:
    case = find_case("handler-answers-404-to-connect")

    main([*arguments(case), "--support"])

    text = capsys.readouterr().out
    assert f"Resource: {case.scope.resources[0]}" in text
    assert re.search(r"\d+ times, 2026-\S+Z to 2026-\S+Z\n    .*StatusCode=\d{3}", text)
    assert re.search(r"^    2026-\S+Z  .*(TraceId|ConnectionId)=\S+", text, re.MULTILINE)


def test_cuts_a_check_where_it_begins_to_count() -> None:
    text = (
        "let Frequent = toscalar(failures | summarize Rows = count() by Path | top 1 by Rows desc);\n"
        "let unauthorized = connects\n    | extend Hit = Answer == 401\n    | invoke judgeCounted()\n    | invoke besideCloses();\n"
        'connects\n| extend Hit = Reason == "a | invoke judge(;" // | invoke judge()\n| invoke judgeCounted()\n| project Verdict'
    )

    own, unauthorized = row_queries(text)

    assert ("", "unauthorized") == (own.name, unauthorized.name)
    assert own.text.endswith('connects\n| extend Hit = Reason == "a | invoke judge(;" // | invoke judge()')
    assert unauthorized.text.endswith("connects\n    | extend Hit = Answer == 401")
    assert "let Frequent" in unauthorized.text


def test_writes_what_other_playbooks_found_below_their_names(tmp_path: Path) -> None:
    case = find_case("hub-without-handler-closes-with-1000")

    main([*arguments(case)[:-1], "auto", "--json", "--evidence", str(tmp_path)])

    others = {folder.parent.parent.name for folder in tmp_path.glob("*/*/figures.json")}
    verdicts = [
        json.loads(file.read_text(encoding="utf-8"))["verdict"]
        for file in tmp_path.glob("*/*/figures.json")
        if file.parent.name != "symptom"
    ]
    assert (tmp_path / "symptom" / "figures.json").is_file()
    assert others
    assert others <= {playbook for playbook in load_library() if playbook.startswith("web-pubsub")}
    assert set(verdicts) <= {"supported", "minor"}

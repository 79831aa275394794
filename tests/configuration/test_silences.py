from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from shared.configuration.files.usable import flawless
from shared.configuration.match import Match
from shared.configuration.silences import Weekly, usable_silences
from shared.errors import InputError

SHIPPED = Path(__file__).parents[2] / "config"
TWO = """
silences:
- reason: load test of the trading floor
  match: {resource: "*/webpubsub/trading-floor"}
  start: 2026-11-12T02:00:00+01:00
  end: "2026-11-12T04:00:00Z"
- reason: minor things can wait for the morning
  match: {severity: [3, 4]}
  weekly: {days: [mon, Tue, mon], from: 22:00, to: 06:00, zone: Europe/Berlin}
"""


def config(folder: Path, text: str) -> Path:
    (folder / "silences.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("text", [None, "", "# comments\n", "silences:\n"])
def test_a_team_that_says_nothing_has_no_silence(tmp_path: Path, text: str | None) -> None:
    assert () == flawless(usable_silences(tmp_path if text is None else config(tmp_path, text)))


def test_the_shipped_file_silences_nothing() -> None:
    assert () == flawless(usable_silences(SHIPPED))


def test_maintenance_and_quiet_hours_are_silences(tmp_path: Path) -> None:
    maintenance, quiet = flawless(usable_silences(config(tmp_path, TWO)))

    assert (datetime(2026, 11, 12, 1, tzinfo=UTC), datetime(2026, 11, 12, 4, tzinfo=UTC)) == (
        maintenance.start,
        maintenance.end,
    )
    assert Match(severity=(3, 4)) == quiet.match
    assert Weekly((0, 1), time(22), time(6), "Europe/Berlin") == quiet.weekly


def test_a_silence_keeps_its_id_while_it_is_the_same(tmp_path: Path) -> None:
    before = flawless(usable_silences(config(tmp_path, TWO)))
    again = flawless(usable_silences(config(tmp_path, "# a comment more\n" + TWO)))
    changed = flawless(usable_silences(config(tmp_path, TWO.replace("06:00", "07:00"))))

    assert before == again
    assert (True, False) == (before[0].id == changed[0].id, before[1].id == changed[1].id)


def test_the_id_of_a_silence_is_that_of_what_is_stored(tmp_path: Path) -> None:
    """What a silence held back is stored under its id, so a new version must know it again."""
    maintenance, quiet = flawless(usable_silences(config(tmp_path, TWO)))

    assert ("file-6626add19cf300f3", "file-5e7ad71271cdff55") == (maintenance.id, quiet.id)


WHEN = "start: 2026-11-12T02:00:00Z, end: 2026-11-12T04:00:00Z"
NIGHTS = "days: [mon], from: 22:00, to: 06:00"


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (f"match: {{severity: 4}}, {WHEN}", "the silence has no 'reason'"),
        (f"reason: night, {WHEN}", "the silence has no 'match'; expected match: one matcher or more"),
        (f"reason: night, match: {{}}, {WHEN}", "the silence fits everything; expected one matcher or more"),
        (f"reason: night, match: {{severity: 5}}, {WHEN}", "'severity' is 5"),
        (f"reason: {'x' * 201}, match: {{severity: 4}}, {WHEN}", "'reason' has 201 letters"),
        ("reason: night, match: {severity: 4}", "the silence does not say when it holds"),
        (
            "reason: a, match: {severity: 4}, start: 2026-11-12T02:00:00Z",
            "the silence does not say when it holds",
        ),
        (
            f"reason: a, match: {{severity: 4}}, {WHEN}, weekly: {{{NIGHTS}, zone: UTC}}",
            "the silence does not say when",
        ),
        (
            "reason: a, match: {severity: 4}, start: 2026-11-12T02:00:00, end: 2026-11-12T04:00:00Z",
            "'start' is '2026-11-12T02:00:00'; expected a moment with its offset from UTC",
        ),
        ("reason: a, match: {severity: 4}, start: soon, end: 2026-11-12T04:00:00Z", "'start' is 'soon'"),
        (
            f"reason: a, match: {{severity: 4}}, {WHEN.replace('11-12', '13-12')}",
            "'start' is '2026-13-12T02:00:00Z'",
        ),
        (
            "reason: a, match: {severity: 4}, start: 0001-01-01T00:00:00+01:00, end: 2026-11-12T04:00:00Z",
            "'start' is '0001-01-01T00:00:00+01:00'; expected a moment",
        ),
        (
            "reason: a, match: {severity: 4}, start: 2026-11-12T04:00:00Z, end: 2026-11-12T04:00:00Z",
            "'end' is not after 'start'",
        ),
        (f"reason: a, match: {{severity: 4}}, weekly: {{{NIGHTS}}}", "'weekly' has no 'zone'"),
        (
            f"reason: a, match: {{severity: 4}}, weekly: {{{NIGHTS}, zone: Middle/Earth}}",
            "'Middle/Earth' is not a time zone; expected a zone of the IANA database",
        ),
        (
            f"reason: a, match: {{severity: 4}}, weekly: {{{NIGHTS}, zone: ../../etc/passwd}}",
            "'../../etc/passwd' is not a",
        ),
        (
            "reason: a, match: {severity: 4}, weekly: {days: [monday], from: 22:00, to: 06:00, zone: UTC}",
            "'monday' is not a day; expected one of mon, tue",
        ),
        (
            "reason: a, match: {severity: 4}, weekly: {days: [mon], from: 22, to: 06:00, zone: UTC}",
            "'from' is a number ('22'); expected a time of day such as 22:00",
        ),
        (
            "reason: a, match: {severity: 4}, weekly: {days: [], from: 22:00, to: 06:00, zone: UTC}",
            "'days' is an empty list",
        ),
    ],
)
def test_a_wrong_silence_is_told_by_its_line_and_silences_nothing(
    tmp_path: Path, entry: str, complaint: str
) -> None:
    silences, (problem,) = usable_silences(config(tmp_path, f"silences:\n- {{{entry}}}"))

    assert () == silences
    assert str(problem).startswith(f"silences.yaml:2: {complaint}")
    with pytest.raises(InputError):
        flawless(usable_silences(tmp_path))


def test_a_wrong_silence_leaves_the_others(tmp_path: Path) -> None:
    silences, problems = usable_silences(config(tmp_path, TWO.replace("mon, Tue", "monday")))

    assert (1, 1) == (len(silences), len(problems))

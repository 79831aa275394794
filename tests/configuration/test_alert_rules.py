from pathlib import Path

import pytest

from shared.configuration.alerts import NamedRule, usable_alert_rules
from shared.configuration.files.usable import flawless
from shared.errors import InputError

FAILURES = "web-pubsub-connection-failures"


def folder(place: Path, text: str) -> Path:
    (place / "alerts.yaml").write_text(text, encoding="utf-8")
    return place


def test_no_file_is_no_rules(tmp_path: Path) -> None:
    assert flawless(usable_alert_rules(tmp_path)) == ()


def test_reads_the_rules_in_order(tmp_path: Path) -> None:
    text = f'rules:\n  - {{rule: "lobby-*", symptom: {FAILURES}}}\n'

    assert flawless(usable_alert_rules(folder(tmp_path, text))) == (
        NamedRule("lobby-*", FAILURES, "alerts.yaml:2"),
    )


@pytest.mark.parametrize("name", ["lobby-refused", "LOBBY-", "lobby-[1].x"])
def test_a_star_is_any_text(name: str) -> None:
    assert NamedRule("Lobby-*", FAILURES).fits(name)


@pytest.mark.parametrize("name", ["my lobby-refused", "lobby", ""])
def test_all_else_is_meant_as_it_stands(name: str) -> None:
    assert not NamedRule("lobby-*", FAILURES).fits(name)
    assert not NamedRule("lobby?[a]", FAILURES).fits("lobbyxa")


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('{rule: "lobby-*"}', "alerts.yaml:3: the entry has no 'symptom'"),
        ("{symptom: drops}", "alerts.yaml:3: the entry has no 'rule'"),
        ('{rule: "a", symptom: "Not One"}', "alerts.yaml:3: 'Not One' is not a symptom"),
        (
            '{rule: "******", symptom: drops}',
            "alerts.yaml:3: 'rule' is '******'; expected the name of a rule",
        ),
        (
            f"{{rule: {'a' * 201}, symptom: drops}}",
            "alerts.yaml:3: 'rule' has 201 letters; expected at most 200",
        ),
        ('{rule: "a", symptom: drops, resource: b}', "alerts.yaml:3: unknown key 'resource'"),
    ],
)
def test_a_wrong_entry_is_told_and_the_others_are_used(tmp_path: Path, entry: str, complaint: str) -> None:
    place = folder(tmp_path, f'rules:\n  - {{rule: "good", symptom: drops}}\n  - {entry}\n')

    rules, problems = usable_alert_rules(place)

    assert ["good"] == [rule.pattern for rule in rules]
    assert [complaint] == [problem.message[: len(complaint)] for problem in problems]
    with pytest.raises(InputError):
        flawless(usable_alert_rules(place))

from pathlib import Path

import pytest

from shared.configuration.files.usable import flawless
from shared.configuration.tokens import usable_token_rules
from shared.configuration.tokens_acs import AcsPolicy, AcsRules


def folder(place: Path, text: str) -> Path:
    (place / "tokens.yaml").write_text(text, encoding="utf-8")
    return place


def test_no_part_gives_nothing(tmp_path: Path) -> None:
    assert AcsRules() == flawless(usable_token_rules(tmp_path)).acs
    assert AcsRules() == flawless(usable_token_rules(folder(tmp_path, "acs:\n"))).acs
    assert AcsRules() == flawless(usable_token_rules(folder(tmp_path, "acs: {}\n"))).acs


def test_a_policy_is_read(tmp_path: Path) -> None:
    text = """
acs:
  calls_per_minute: 9
  policies:
    - {scopes: [voip, voip], callers: {role: agent, user: [alice]}, max_hours: 24, default_hours: 8}
    - {scopes: [chat.join.limited], keys: allowed}
"""
    rules = flawless(usable_token_rules(folder(tmp_path, text))).acs

    assert 9 == rules.calls_per_minute
    assert (
        AcsPolicy(("voip",), ("agent",), ("alice",), 24, 8, where="tokens.yaml:5"),
        AcsPolicy(("chat.join.limited",), keys=True, where="tokens.yaml:6"),
    ) == rules.policies


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        ("{}", "scopes"),
        ("{scopes: []}", "scopes"),
        ("{scopes: [everything]}", "everything"),
        ("{scopes: [voip], max_hours: 25}", "max_hours"),
        ("{scopes: [voip], max_hours: 0}", "max_hours"),
        ("{scopes: [voip], default_hours: 2}", "'default_hours' is 2; expected at most 1, its max_hours"),
        ("{scopes: [voip], anonymous: true}", "anonymous"),
        ("{scopes: [voip], keys: allowed, callers: {role: agent}}", "who did not sign in has no roles"),
    ],
)
def test_a_policy_that_is_wrong_closes_all_of_it(tmp_path: Path, policy: str, complaint: str) -> None:
    text = f"acs:\n  policies:\n    - {policy}\n    - {{scopes: [voip, chat]}}\n"
    rules, problems = usable_token_rules(folder(tmp_path, text))

    assert AcsRules() == rules.acs
    assert complaint in problems[0].message
    assert problems[0].where.startswith("tokens.yaml:")

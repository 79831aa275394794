from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.configuration.files.usable import flawless
from shared.configuration.severity import (
    SeverityRule,
    SeverityRules,
    default_severity,
    severity_of,
    usable_severity,
)
from shared.errors import InputError

SHIPPED = Path(__file__).parents[2] / "config"
HOUR = timedelta(hours=1)
FAILURES = "web-pubsub-connection-failures"


def config(folder: Path, text: str) -> Path:
    (folder / "severity.yaml").write_text(text, encoding="utf-8")
    return folder


def severity(
    rules: SeverityRules | None = None,
    *,
    share: float | None = None,
    hit: float | None = None,
    cause: str | None = None,
    lasted: timedelta = timedelta(0),
    environment: str = "production",
) -> tuple[int, str]:
    return severity_of(
        rules or default_severity(),
        share=share,
        hit=hit,
        symptom=FAILURES,
        cause=cause,
        lasted=lasted,
        environment=environment,
    )


@pytest.mark.parametrize("text", [None, "", "# comments\n"])
def test_a_team_that_says_nothing_has_the_default_matrix(tmp_path: Path, text: str | None) -> None:
    folder = tmp_path if text is None else config(tmp_path, text)

    assert default_severity() == flawless(usable_severity(folder))


def test_half_of_many_users_is_the_most_severe() -> None:
    assert (1, "at least 50 % hit, at least 100 hit") == severity(share=0.5, hit=100)


def test_half_of_three_users_is_not() -> None:
    assert (4, "no rule asks for more") == severity(share=0.5, hit=3)


def test_what_does_not_mend_by_itself_is_severe_with_few_hit() -> None:
    assert severity(share=0.02, hit=25)[0] == 3
    assert severity(share=0.02, hit=25, cause="access-key-rotated")[0] == 2


def test_a_fault_that_lasts_becomes_more_severe() -> None:
    assert [3, 2] == [severity(share=0.05, hit=60, lasted=hours * HOUR)[0] for hours in (0, 1)]


def test_an_unknown_share_meets_no_condition_on_it() -> None:
    assert severity(share=None, hit=5000)[0] == 4


@pytest.mark.parametrize("environment", ["test", "Staging"])
def test_outside_production_nothing_is_more_severe_than_3(environment: str) -> None:
    grade, reason = severity(share=1, hit=5000, environment=environment)

    assert (3, f"at least 50 % hit, at least 100 hit; at most 3 in {environment}") == (grade, reason)


@pytest.mark.parametrize("kind", [FAILURES, "token-expired", f"{FAILURES}/token-expired"])
def test_a_kind_may_be_a_symptom_a_cause_or_both(kind: str) -> None:
    rules = replace(default_severity(), rules=(SeverityRule(1, kinds=(kind,)),))

    assert [1, 4] == [severity(rules, cause="token-expired")[0], severity_of(
        rules, share=1, hit=9, symptom="acs-chat-message-delivery", cause="thread-deleted", lasted=HOUR, environment="production"
    )[0]]  # fmt: skip


def test_a_team_replaces_the_rules_and_keeps_the_other_sections(tmp_path: Path) -> None:
    text = "rules:\n- severity: 2\n  kinds: [token-expired]\n  min_duration: 30m\nresolution: {2: 1d}\n"
    matrix = flawless(usable_severity(config(tmp_path, text)))

    rule = SeverityRule(2, None, None, timedelta(minutes=30), ("token-expired",), "severity.yaml:2")
    assert (rule,) == matrix.rules
    assert {**default_severity().resolution, 2: timedelta(days=1)} == matrix.resolution
    assert default_severity().told == matrix.told


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "rules:\n- {severity: 3}\n- {severity: 1}",
            ":3: severity 1 stands below severity 3; expected rules from",
        ),
        ("rules:\n- {severity: 3}\notherwise: 2", ":3: 'otherwise' is 2, more severe than the last rule"),
        ("rules:\n- {min_share: 0.5}", ":2: the rule has no 'severity'"),
        ("rules:\n- {severity: 0}", ":2: 'severity' is 0; expected a whole number from 1 to 4"),
        ("rules:\n- {severity: 1, min_share: 50}", ":2: 'min_share' is 50; expected a number from 0 to 1"),
        ("rules:\n- {severity: 1, kinds: Token Expired}", ":2: 'kinds' is a text"),
        ("rules:\n- {severity: 1, kinds: [Token Expired]}", ":2: 'Token Expired' is not an id"),
        ("told: {5: nobody}", ":1: unknown key '5'; expected one of 1, 2, 3, 4"),
        ("environments: {test: low}", ":1: 'test' is a text ('low'); expected a whole number"),
        ("rule: []", ":1: unknown key 'rule'; expected 'rules'"),
        ("told: {1: 'password=hunter2hunter2'}", ":1: what looks like a secret stands here"),
    ],
)
def test_a_wrong_matrix_is_told_by_its_line_and_the_default_holds(
    tmp_path: Path, text: str, complaint: str
) -> None:
    matrix, (problem,) = usable_severity(config(tmp_path, text))

    assert default_severity() == matrix
    assert str(problem).startswith(f"severity.yaml{complaint}")
    with pytest.raises(InputError):
        flawless(usable_severity(tmp_path))


def test_the_shipped_file_shows_the_defaults(tmp_path: Path) -> None:
    _, _, body = (SHIPPED / "severity.yaml").read_text(encoding="utf-8").partition("\n\n")
    uncommented = "\n".join(line.removeprefix("# ") for line in body.splitlines())
    matrix = flawless(usable_severity(config(tmp_path, uncommented)))

    assert [replace(rule, where="") for rule in default_severity().rules] == [
        replace(rule, where="") for rule in matrix.rules
    ]
    assert replace(default_severity(), rules=()) == replace(matrix, rules=())


def maybe(values: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.none() | values


shares = maybe(st.floats(0, 1))
hits = maybe(st.integers(1, 1000).map(float))
lengths = st.integers(0, 600).map(lambda minutes: timedelta(minutes=minutes))
matrices = st.lists(
    st.builds(
        SeverityRule,
        st.integers(1, 4),
        shares,
        hits,
        st.none() | lengths,
        st.sampled_from([(), ("token-expired",), ("mass-close",)]),
    ),
    max_size=6,
).map(lambda rules: replace(default_severity(), rules=tuple(sorted(rules, key=lambda rule: rule.severity))))


@settings(max_examples=200)
@given(
    matrices,
    st.tuples(shares, hits, lengths),
    st.tuples(shares, hits, lengths),
    st.sampled_from(["production", "test"]),
)
def test_is_never_less_severe_when_share_hit_or_duration_grows(
    rules: SeverityRules,
    incident: tuple[float | None, float | None, timedelta],
    other: tuple[float | None, float | None, timedelta],
    environment: str,
) -> None:
    def judged(share: float | None, hit: float | None, lasted: timedelta) -> int:
        return severity(
            rules, share=share, hit=hit, lasted=lasted, cause="token-expired", environment=environment
        )[0]

    def larger(first: float | None, second: float | None) -> float | None:
        return max((number for number in (first, second) if number is not None), default=None)

    worse = (larger(incident[0], other[0]), larger(incident[1], other[1]), max(incident[2], other[2]))

    assert judged(*worse) <= judged(*incident)


def test_each_severity_has_its_interval_of_updates_and_none_is_none(tmp_path: Path) -> None:
    own = flawless(usable_severity(config(tmp_path, "updates: {1: 15m, 3: none}")))

    assert {1: HOUR / 2, 2: 2 * HOUR, 3: 24 * HOUR} == default_severity().updates
    assert {1: HOUR / 4, 2: 2 * HOUR} == own.updates


@pytest.mark.parametrize("text", ["0m", "30s", "30", "never", "1.5h"])
def test_what_is_no_interval_is_told_by_its_line(tmp_path: Path, text: str) -> None:
    matrix, (error,) = usable_severity(config(tmp_path, f"updates: {{1: {text}}}"))

    assert default_severity() == matrix
    assert "an interval such as 30m, 2h or 1d, or none" in error.message


def test_who_is_told_and_how_often_is_one_sentence() -> None:
    rules = replace(default_severity(), updates={1: timedelta(minutes=90), 2: 2 * HOUR, 3: 24 * HOUR})

    assert [
        "the engineer on call and the owner at once, then every 90 minutes",
        "the engineer on call at once, then every 2 hours",
        "the owner on the working day, then every day",
        "the owner in the weekly review",
    ] == [rules.audience(severity) for severity in (1, 2, 3, 4)]

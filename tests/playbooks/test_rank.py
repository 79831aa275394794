from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, EvidenceKind, Finding, Verdict
from shared.playbooks.rank import mark_consequences, rank
from shared.queries.scope import Window

THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)
WINDOW = Window(THREE, THREE + timedelta(hours=1))


def finding(
    name: str,
    verdict: Verdict = Verdict.SUPPORTED,
    strength: float = 0.5,
    kind: EvidenceKind = EvidenceKind.OBSERVED,
    onset: datetime | None = THREE,
) -> Finding:
    return Finding(name, name.title(), kind, Evidence(verdict, strength, f"{name}.", onset))


def diagnosis(playbook: str, *findings: Finding) -> Diagnosis:
    symptom = Evidence(Verdict.SUPPORTED, 1.0, "It is there.")
    return Diagnosis(playbook, playbook, "/r", WINDOW, Conclusion.SUPPORTED, None, symptom, findings, (), "")


def beside(entry: Finding) -> Finding:
    """Return a finding whose check says that it is normal operation."""
    return replace(entry, evidence=replace(entry.evidence, numbers={"Benign": True}))


def order(*findings: Finding) -> list[str]:
    return [entry.hypothesis for entry in rank(findings)]


def test_ranks_supported_before_minor_before_inconclusive_before_refuted_before_no_data_and_failed() -> None:
    findings = [finding(str(verdict), verdict) for verdict in reversed(Verdict)]

    assert order(*findings) == ["supported", "minor", "inconclusive", "refuted", "no-data", "failed"]


def test_direct_evidence_goes_before_stronger_indirect_evidence() -> None:
    assert order(
        finding("change", strength=1.0, kind=EvidenceKind.CORRELATED), finding("expired", strength=0.4)
    ) == [
        "expired",
        "change",
    ]


def test_a_clearly_stronger_hypothesis_goes_first() -> None:
    assert order(
        finding("weak", strength=0.39, kind=EvidenceKind.MEASURED), finding("strong", strength=0.81)
    ) == [
        "strong",
        "weak",
    ]


def test_among_like_strengths_the_more_direct_kind_goes_first() -> None:
    assert order(
        finding("observed", strength=0.79), finding("measured", strength=0.61, kind=EvidenceKind.MEASURED)
    ) == [
        "measured",
        "observed",
    ]


def test_a_strength_on_the_edge_of_a_step_belongs_to_the_step_above() -> None:
    # 3 * 0.2 is 0.6000000000000001 in floating point, and 0.6 / 0.2 is 2.9999999999999996.
    assert order(finding("b", strength=0.6, kind=EvidenceKind.MEASURED), finding("a", strength=0.65)) == [
        "b",
        "a",
    ]


def test_within_a_step_and_a_kind_the_stronger_goes_first() -> None:
    assert order(finding("a", strength=0.41), finding("b", strength=0.59)) == ["b", "a"]


def test_places_are_counted_from_one() -> None:
    assert [1, 2, 3] == [entry.rank for entry in rank([finding("a"), finding("b"), finding("c")])]


def test_equal_findings_are_ordered_by_their_ids() -> None:
    assert order(finding("beta"), finding("alpha")) == ["alpha", "beta"]


findings_of_any_kind = st.lists(
    st.builds(
        finding,
        st.sampled_from(["alpha", "beta", "gamma", "delta"]),
        st.sampled_from(Verdict),
        st.floats(0, 1),
        st.sampled_from(EvidenceKind),
    ),
    max_size=8,
    unique_by=lambda entry: entry.hypothesis,
)


@given(findings_of_any_kind, st.randoms())
def test_the_same_evidence_gives_the_same_ranking_in_whatever_order_it_came(
    findings: list[Finding], random: "st.random.Random"
) -> None:
    shuffled = random.sample(findings, len(findings))

    assert rank(findings) == rank(shuffled)
    assert [entry.rank for entry in rank(findings)] == list(range(1, len(findings) + 1))


def test_what_is_normal_beside_a_symptom_goes_behind_even_a_consequence() -> None:
    reload = beside(finding("reload", strength=0.9))
    quota = replace(finding("quota", strength=0.4), consequence_of="failures/quota")

    assert ["quota", "reload"] == [entry.hypothesis for entry in rank([reload, quota], Verdict.SUPPORTED)]
    assert ["reload", "quota"] == [entry.hypothesis for entry in rank([reload, quota], Verdict.REFUTED)]


def test_normal_operation_that_is_only_possible_stays_behind_what_is_supported() -> None:
    reload = beside(finding("reload", Verdict.INCONCLUSIVE))

    assert ["quota", "reload", "slow"] == [
        entry.hypothesis
        for entry in rank([reload, finding("slow", Verdict.REFUTED), finding("quota")], Verdict.SUPPORTED)
    ]


def test_normal_operation_stays_behind_when_consequences_are_marked() -> None:
    drops = diagnosis("drops", beside(finding("reload", strength=0.9)), finding("quota", strength=0.4))

    (after,) = mark_consequences([drops], {})

    assert ["quota", "reload"] == [entry.hypothesis for entry in after.findings]


STORM = {"failures/token-expired": ("drops/mass-close",)}


@pytest.mark.parametrize(
    ("minutes", "marked"),
    [
        pytest.param(-1, None, id="the effect came first"),
        pytest.param(0, "drops/mass-close", id="both came at once"),
        pytest.param(15, "drops/mass-close", id="a quarter of an hour later"),
        pytest.param(15.1, None, id="later than that"),
    ],
)
def test_an_effect_follows_its_cause_within_a_quarter_of_an_hour(minutes: float, marked: str | None) -> None:
    drops = diagnosis("drops", finding("mass-close"))
    failures = diagnosis("failures", finding("token-expired", onset=THREE + timedelta(minutes=minutes)))

    _, after = mark_consequences([drops, failures], STORM)

    assert after.finding("token-expired").consequence_of == marked


def test_an_unsupported_cause_explains_nothing() -> None:
    drops = diagnosis("drops", finding("mass-close", Verdict.INCONCLUSIVE))
    failures = diagnosis("failures", finding("token-expired"))

    _, after = mark_consequences([drops, failures], STORM)

    assert after.finding("token-expired").consequence_of is None


def test_a_hypothesis_without_an_onset_is_nobodys_consequence() -> None:
    drops = diagnosis("drops", finding("mass-close"))
    failures = diagnosis("failures", finding("token-expired", onset=None))

    _, after = mark_consequences([drops, failures], STORM)

    assert after.finding("token-expired").consequence_of is None


def test_a_consequence_ranks_below_weaker_causes() -> None:
    drops = diagnosis(
        "drops",
        finding("restart", strength=0.4, kind=EvidenceKind.INFERRED),
        finding("mass-close", strength=1.0),
    )

    (after,) = mark_consequences([drops], {"drops/mass-close": ("drops/restart",)})

    assert [entry.hypothesis for entry in after.findings] == ["restart", "mass-close"]
    assert after.finding("mass-close").consequence_of == "restart"


def test_two_that_name_each_other_do_not_both_vanish() -> None:
    drops = diagnosis("drops", finding("hen"), finding("egg"))

    (after,) = mark_consequences([drops], {"drops/hen": ("drops/egg",), "drops/egg": ("drops/hen",)})

    assert sorted(str(entry.consequence_of) for entry in after.findings) == ["None", "hen"]

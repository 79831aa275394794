"""A diagnosis is redacted as a whole, once and for all who show it."""

from dataclasses import replace

from hypothesis import HealthCheck, given

from shared.playbooks.diagnosis import Diagnosis, Unexplained, Verdict
from shared.playbooks.redact import redact_diagnosis
from shared.redaction import UserIds, pseudonym
from tests import drawn
from tests.notices.diagnoses import QUERY, evidence, expired_tokens, finding, wild_diagnoses
from tests.secrets_by_shape import JWT

USERS = UserIds("salt")


def night(**numbers: str) -> Diagnosis:
    answer = evidence(Verdict.SUPPORTED, "alice and bob were refused, 40 times.", **numbers)
    return replace(expired_tokens(), findings=(finding("token-expired", answer, rank=1),))


def test_an_ordinary_diagnosis_stays_as_it_is() -> None:
    assert expired_tokens() == redact_diagnosis(expired_tokens(), USERS)


def test_ids_in_a_column_of_users_are_hidden_there_and_in_the_summary() -> None:
    [finding] = redact_diagnosis(night(UserId="alice"), USERS).findings
    alice = pseudonym("alice", "salt")

    assert {"UserId": alice} == finding.evidence.numbers
    assert f"{alice} and bob were refused, 40 times." == finding.evidence.summary


def test_each_id_of_a_listed_column_is_hidden_in_the_summary() -> None:
    [finding] = redact_diagnosis(night(TopUsers='["alice","bob"]'), USERS).findings
    alice, bob = pseudonym("alice", "salt"), pseudonym("bob", "salt")

    assert f"{alice} and {bob} were refused, 40 times." == finding.evidence.summary


def test_a_text_that_no_hypothesis_explains_hides_users_and_secrets() -> None:
    diagnosis = replace(night(UserId="alice"), unexplained=(Unexplained(f"alice sent {JWT}", 30, 1),))

    [group] = redact_diagnosis(diagnosis, USERS).unexplained

    assert Unexplained(f"{pseudonym('alice', 'salt')} sent [redacted token]", 30, 1) == group


def test_a_count_of_users_stays_a_count() -> None:
    assert 1733 == redact_diagnosis(expired_tokens(), USERS).findings[0].evidence.numbers["Users"]


def test_a_secret_in_a_number_column_or_a_query_is_redacted() -> None:
    answer = evidence(Verdict.SUPPORTED, "One.", query=f"print '{JWT}'", Sample=JWT)
    diagnosis = replace(expired_tokens(), findings=(finding("token-expired", answer, rank=1),))

    [safe] = redact_diagnosis(diagnosis, USERS).findings

    assert "print '[redacted token]'" == safe.evidence.query
    assert "[redacted token]" == safe.evidence.numbers["Sample"]


@given(wild_diagnoses())
@drawn.examples("diagnoses redacted twice", 8, 200, suppress_health_check=list(HealthCheck))
def test_doing_it_twice_changes_nothing_more(wild: Diagnosis) -> None:
    once = redact_diagnosis(wild, USERS)

    assert repr(once) == repr(redact_diagnosis(once, USERS))


def test_a_user_whose_id_is_a_word_of_the_query_does_not_break_it() -> None:
    answer = evidence(Verdict.SUPPORTED, "summarize was refused, 40 times.", UserId="summarize")
    diagnosis = replace(expired_tokens(), findings=(finding("token-expired", answer, rank=1),))

    [safe] = redact_diagnosis(diagnosis, USERS).findings

    assert QUERY == safe.evidence.query
    assert "summarize" not in safe.evidence.summary

"""A diagnosis that was stored comes back whole."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InputError
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, EvidenceKind, Finding, Verdict
from shared.playbooks.stored import decode_diagnosis, encode_diagnosis
from tests.notices.diagnoses import NIGHT, RESOURCE, expired_tokens

SUMMARIES = st.text(max_size=40)
EVIDENCE = st.builds(
    Evidence,
    verdict=st.sampled_from(Verdict),
    strength=st.floats(0, 1),
    summary=SUMMARIES,
    onset=st.sampled_from([None, NIGHT.start]),
    numbers=st.dictionaries(SUMMARIES, st.one_of(st.none(), st.booleans(), st.integers(), SUMMARIES)),
    query=SUMMARIES,
)
FINDINGS = st.builds(
    Finding,
    hypothesis=SUMMARIES,
    title=SUMMARIES,
    kind=st.sampled_from(EvidenceKind),
    evidence=EVIDENCE,
    rank=st.integers(0, 20),
    consequence_of=st.one_of(st.none(), SUMMARIES),
)
DIAGNOSES = st.builds(
    Diagnosis,
    playbook=SUMMARIES,
    title=SUMMARIES,
    resource=st.just(RESOURCE),
    window=st.just(NIGHT),
    conclusion=st.sampled_from(Conclusion),
    cause=st.one_of(st.none(), SUMMARIES),
    symptom=EVIDENCE,
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    missing=st.lists(SUMMARIES, max_size=2).map(tuple),
    next_step=SUMMARIES,
    load=st.dictionaries(SUMMARIES, st.floats(allow_nan=False), max_size=4),
)


@settings(max_examples=50)
@given(DIAGNOSES)
def test_a_diagnosis_comes_back_as_it_was(diagnosis: Diagnosis) -> None:
    assert diagnosis == decode_diagnosis(encode_diagnosis(diagnosis))


def test_a_diagnosis_of_an_older_version_has_no_load() -> None:
    document = json.loads(encode_diagnosis(expired_tokens()))
    del document["load"]

    assert {} == decode_diagnosis(json.dumps(document)).load


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"playbook": 3}'])
def test_refuses_what_is_no_stored_diagnosis(text: str) -> None:
    with pytest.raises(InputError, match="stored diagnosis"):
        decode_diagnosis(text)

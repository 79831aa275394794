"""What diagnoses lacked adds up over incidents."""

from dataclasses import replace

from shared.incidents.report.trends import Lack, lacks_of
from shared.playbooks.diagnosis import Diagnosis, Verdict
from tests.notices.diagnoses import evidence, expired_tokens, finding

REQUESTS, ACTIVITY = "WebPubSubHttpRequest", "AzureActivity"


def night(symptom: tuple[str, ...] = (), **lacking: str) -> Diagnosis:
    """Return a diagnosis whose hypotheses each lacked a table."""
    shown = replace(evidence(Verdict.SUPPORTED, "40 of 90 failed."), lacking=symptom)
    findings = tuple(
        finding(name, replace(evidence(Verdict.NO_DATA, "Not examined."), lacking=(table,)), rank=place)
        for place, (name, table) in enumerate(lacking.items(), start=1)
    )
    return replace(expired_tokens(), symptom=shown, findings=findings)


def test_says_what_would_have_settled_most_hypotheses() -> None:
    first = night((REQUESTS,), expired=REQUESTS, audience=REQUESTS, changed=ACTIVITY)
    second = night(changed=ACTIVITY, incident=ACTIVITY)

    assert (Lack(ACTIVITY, 2, 3, 0), Lack(REQUESTS, 1, 2, 1)) == lacks_of([first, second])


def test_nothing_was_lacking_where_every_hypothesis_was_settled() -> None:
    assert () == lacks_of([expired_tokens()])


def test_what_a_settled_hypothesis_lacked_does_not_count() -> None:
    seen = replace(evidence(Verdict.SUPPORTED, "40 of 90."), lacking=(REQUESTS,))

    assert () == lacks_of([replace(expired_tokens(), findings=(finding("expired", seen, rank=1),))])

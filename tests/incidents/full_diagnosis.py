"""A diagnosis of a playbook in which every check has much to say, for what must not grow too long."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Finding, Verdict
from shared.playbooks.playbook import Engine, Playbook
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window

LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
NIGHT = Window(datetime(2026, 11, 20, 3, tzinfo=UTC), datetime(2026, 11, 20, 4, tzinfo=UTC))
LONG = (
    "31 of 120 failed connects (25.8 %) were answered 401 and no text says why; an expired token is one reason. "
    * 3
)


def full_diagnosis(page: Playbook) -> Diagnosis:
    """Return a diagnosis of a playbook in which every check has much to say."""

    def evidence(text: str, verdict: Verdict = Verdict.REFUTED) -> Evidence:
        query = complete(text, Scope((LOBBY,), NIGHT))
        return Evidence(verdict, 0.5, LONG, numbers={"Total": 1200, "Bad": 120, "Hits": 31}, query=query)

    findings = tuple(
        Finding(hypothesis.id, hypothesis.title, hypothesis.kind, evidence(hypothesis.check.text), rank)
        for rank, hypothesis in enumerate(page.hypotheses, start=1)
        if hypothesis.check.engine is Engine.LOGS
    )
    first = replace(findings[0], evidence=replace(findings[0].evidence, verdict=Verdict.SUPPORTED))
    return Diagnosis(
        playbook=page.id,
        title=page.title,
        resource=LOBBY,
        window=NIGHT,
        conclusion=Conclusion.SUPPORTED,
        cause=first.hypothesis,
        symptom=evidence(page.symptom_check.text, Verdict.SUPPORTED),
        findings=(first, *findings[1:]),
        missing=("AzureActivity",),
        next_step="Carry out the first step and verify it before the next.",
    )

"""Three nights as a person reads them: each card says what is needed, in the order in which it is needed."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.replay.case import find_case
from local.replay.diagnoses import diagnoses_of
from shared.configuration.severity import default_severity
from shared.incidents.incident import Ending, Incident, Milestone, State
from shared.incidents.lifecycle import states
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_milestone
from shared.objectives.breach import Breach
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.loading.load import load_library
from tests.notices.cards.judged import buttons, texts

LINKS = Links(
    playbooks="https://forge.example/playbooks",
    report="https://watch.example/report",
    acknowledge="https://watch.example/acknowledge",
    silence="https://watch.example/silence",
    resolve="https://watch.example/resolve",
)


def diagnosed(case: str) -> Diagnosis:
    """Return what the last look at a case finds."""
    return [look.diagnosis for look in diagnoses_of(find_case(case))][-1]


def draw(
    diagnosis: Diagnosis, milestone: Milestone, severity: int, *, bad: int, total: int
) -> dict[str, Any]:
    """Return the card of a state of the incident that a diagnosis is of."""
    incident = opened(diagnosis, severity, bad, total)
    if milestone in {Milestone.CAUSE_FOUND, Milestone.GIVEN_UP}:
        incident = replace(incident, cause=diagnosis.cause, next_diagnosis_at=None)
    if milestone is Milestone.RESOLVED:
        incident = replace(incident, cause=diagnosis.cause, state=State.VALIDATING)
        incident = states.resolved(incident, Ending.HELD, incident.opened_at + timedelta(minutes=34))
    return draw_milestone(
        incident,
        milestone,
        playbook=load_library()[diagnosis.playbook],
        diagnosis=diagnosis,
        links=LINKS,
        rules=default_severity(),
    )


def opened(diagnosis: Diagnosis, severity: int, bad: int, total: int) -> Incident:
    start = diagnosis.window.end - timedelta(minutes=10)
    breach = Breach(
        resource=diagnosis.resource,
        signal="transcription-sockets",
        symptom=diagnosis.playbook,
        rule="at least 5 % within 5 min",
        onset=start,
        last_bad=start + timedelta(minutes=5),
        bad=bad,
        total=total,
        peak_ratio=0.6,
        reasons={"closed 1006": float(bad)},
    )
    return states.opened(breach, severity, start + timedelta(minutes=6), None)


def assert_in_order(card: dict[str, Any], *parts: str) -> None:
    """Fail unless a card says all parts, each after the one before."""
    text = "\n".join(texts(card))
    at = 0
    for part in parts:
        place = text.find(part, at)
        assert place >= 0, f"{part!r} does not stand after {text[max(0, at - 60) : at]!r} in\n{text}"
        at = place + len(part)


def titles(card: dict[str, Any]) -> list[str]:
    return [action["title"] for action in buttons(card)]


@pytest.fixture(scope="module")
def thread() -> Diagnosis:
    return diagnosed("seed-thread-1006")


def test_the_first_card_of_the_thread(thread: Diagnosis) -> None:
    card = draw(thread, Milestone.OPENED, 3, bad=13, total=21)

    assert_in_order(
        card,
        "SEV 3 · acs-callcenter",
        "nobody has it",
        "Live transcripts stop in mid-call: 6 of 10 transcripts are cut off",
        "**62 %** cut off, peak 60 %",
        "Began ",
        "**Cause: not known yet.** The logs that would tell are on their way, up to 60 minutes late. Next look **",
        "**Until then: look for a change**",
        "az monitor activity-log list \\",
        "-g rg-callcenter --offset 1h -o table",
        "It reads only.",
        "**What is seen so far**",
        "13 of 21 transcripts were cut off (62 %).",
        "acs-callcenter (Communication Services, group rg-callcenter)",
        "Sev 3: expected to be resolved within 3 days; told: the owner on the working day, then every day.",
        "**Not examined yet (7)**",
        "Next look ",
        " · incident ",
    )
    assert ["Acknowledge", "Details", "Silence", "Playbook", "Azure", "Resolve"] == titles(card)


def test_the_card_that_names_the_threads_cause(thread: Diagnosis) -> None:
    card = draw(thread, Milestone.CAUSE_FOUND, 3, bad=44, total=87)

    assert_in_order(
        card,
        "SEV 3 · acs-callcenter",
        "Live transcripts stop in mid-call: 5 of 10 transcripts are cut off",
        "Began ",
        "**Cause:** The keepalive of your own WebSocket server ends the sockets. **91 %** of the cut off transcripts fit.",
        "**1. Give the Pong more time**",
        "uvicorn.run(..., ws",
        "Done when over the next 100 calls",
        "**Every step in full (3)**",
        "**1.** Give the Pong more time",
        "Done when over the next 100 calls",
        "**2.** Read in a dedicated task",
        "Done when max_receive_gap_s stays below 1 s.",
        "**Evidence**",
        "40 of 44 dropped sockets (90.9 %) ended where a keepalive ends them",
        "Fits: 40 of 44 cut off transcripts (91 %)",
        "Ping interval: 20 s",
        "What changed, and what Microsoft declared",
        "**Changes** not read in full: the workspace holds no Activity Log",
        "Not examined by this playbook: declared incidents.",
        "44 of 87 transcripts were cut off (51 %)",
        "**Ruled out (3), not examined or not settled (3)**",
        "**Ruled out:** ",
        "The handler stops reading",
        "**Not examined:** ",
        "Incident ",
    )
    assert "Run the query" in titles(card)


def test_no_card_says_how_a_conclusion_was_weighed(thread: Diagnosis) -> None:
    words = "\n".join(texts(draw(thread, Milestone.CAUSE_FOUND, 3, bad=44, total=87)))

    invented = (
        r"\b(strength|deviations?|objective|bucket|hypothes[ie]s|verdict|onset|comb|beats?|Z|Chance share)\b"
    )
    assert [] == re.findall(invented, words)


def test_the_card_that_ends_the_thread(thread: Diagnosis) -> None:
    card = draw(thread, Milestone.RESOLVED, 3, bad=44, total=87)

    assert_in_order(
        card,
        "SEV 3 · acs-callcenter",
        "resolved",
        "Live transcripts stopped in mid-call: 5 of 10 transcripts were cut off",
        "Resolved: back within its goal for 30 minutes.",
        "Lasted",
        "(5 min)",
        "44 of 87 transcripts cut off (51 %)",
        "Detected\n6 min after it began",
        "Diagnosed",
        "Resolved\n34 min after detection",
        "**Cause:** The keepalive of your own WebSocket server ends the sockets.",
    )
    assert "Details" in titles(card)


def test_the_night_of_old_tokens_after_a_reload() -> None:
    diagnosis = diagnosed("reload-then-old-tokens")
    card = draw(diagnosis, Milestone.CAUSE_FOUND, 1, bad=271, total=279)

    assert_in_order(
        card,
        "SEV 1 · ",
        "Users cannot connect: nearly all attempts are refused",
        " users**",
        "**97 %** refused",
        "**Cause:** Tokens expire before they are used.",
        "**1. Let the client ask for a new URL before every connect**",
        "Done when after the roll-out, 401 answers fall",
        "**Evidence**",
        "What changed, and what Microsoft declared",
        "271 of 279 attempts were refused (97 %).",
        "Sev 1: expected to be resolved within 4 h; told: the engineer on call and the owner at once",
        "**Ruled out",
        "The connection quota is used up",
    )


def test_a_night_without_data_says_so_and_where_to_look() -> None:
    diagnosis = diagnosed("no-diagnostic-setting-for-call-automation")
    card = draw(diagnosis, Milestone.GIVEN_UP, 4, bad=0, total=0)

    assert_in_order(
        card,
        "SEV 4 · acs-callcenter",
        "Live transcripts stop in mid-call",
        "Began ",
        "**Cause: not found.** The tables that would tell are empty or were never received.",
        "**Look next:** ",
        "**Meanwhile: look for a change**",
        "**Not examined:** ",
        "**Tables never received:** ",
    )
    assert "**1." not in "\n".join(texts(card))

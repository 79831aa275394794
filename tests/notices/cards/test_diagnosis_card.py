"""The card says what an engineer needs, is valid, fits, and lets nothing through."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from shared.notices.cards.budget import fits
from shared.notices.cards.diagnosis_card import draw_diagnosis
from shared.notices.cards.elements import message
from shared.notices.cards.links import Links
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, Verdict
from shared.redaction import UserIds, pseudonym
from tests import drawn
from tests.notices.cards.judged import assert_holds, buttons, texts
from tests.notices.diagnoses import (
    NOISE,
    WORKSPACE,
    evidence,
    expired_tokens,
    finding,
    playbook,
    wild_diagnoses,
)
from tests.notices.official import VALIDATOR, parsed
from tests.secrets_by_shape import JWT

LINKS = Links(logs=WORKSPACE, playbooks="https://forge.example/linekeeper/playbooks")


def draw(diagnosis: Diagnosis, **more: Any) -> dict[str, Any]:
    return draw_diagnosis(diagnosis, playbook(), links=LINKS, **more)


def json_of(diagnosis: Diagnosis, **more: Any) -> str:
    return "\n".join(texts(draw(diagnosis, **more)))


def test_a_cause_that_its_page_no_longer_has_is_told_without_steps() -> None:
    page = replace(playbook(), hypotheses=())
    lines = texts(draw_diagnosis(expired_tokens(), page, links=LINKS))

    assert "**Cause:** Clients present expired access tokens." in lines
    assert not any(line.startswith("**1.") for line in lines)


def unexplained(conclusion: Conclusion, verdict: Verdict = Verdict.SUPPORTED) -> Diagnosis:
    night = expired_tokens()
    symptom = replace(night.symptom, verdict=verdict)
    return replace(night, conclusion=conclusion, cause=None, findings=night.findings[1:], symptom=symptom)


# ---- what it says ----


def test_the_first_line_says_what_is_wrong_and_how_bad() -> None:
    first, second, third, fourth, *_ = texts(draw(expired_tokens(), severity=2))

    assert ("SEV 2 · contoso-rt", "Clients cannot connect to Web PubSub") == (first, second)
    assert "**1,733 users** on the hubs **lobby** and **trading-floor**" == third
    assert fourth.startswith("4,812 of 9,640 connects failed (49.9 %)")


def test_names_the_resource_and_the_window() -> None:
    card = json_of(expired_tokens())

    assert "contoso-rt (Web PubSub, group rg-realtime)" in card
    assert "Examined 2026-11-12 02:10 to 02:40 UTC (30 min)" in card


def test_tells_the_cause_with_its_numbers_and_not_how_they_were_weighed() -> None:
    card = json_of(expired_tokens())

    assert "**Cause:** Clients present expired access tokens." in card
    assert "• 4,655 of 4,812 refused connects (96.7 %)" in card
    assert "• Expired connects: 4,655" in card
    assert "strength" not in card


def test_numbers_the_steps_of_the_cause_in_plain_words() -> None:
    lines = texts(draw(expired_tokens()))

    assert any(line.startswith("**1.** Have the client fetch a new token **before**") for line in lines)
    assert any("set refreshBeforeExpiry to 5 min" in line for line in lines)
    assert any(
        "**2.** Compare the clock of the token's issuer with UTC.\n\nprint now()" in line for line in lines
    )


def test_says_what_was_ruled_out_not_examined_and_missing() -> None:
    card = json_of(expired_tokens())

    assert (
        "**Ruled out:** The token's audience is not the hub's address; The access key was rotated under"
        in card
    )
    assert "**Not examined:** Access keys were switched off" in card
    assert "**Ruled out (5), not examined or not settled (1)**" in card
    assert "**Tables never received:** AzureActivity" in card


def test_names_what_a_finding_is_a_consequence_of() -> None:
    night = expired_tokens()
    storm = finding(
        "network-acl-blocks",
        evidence(Verdict.SUPPORTED, "200 were refused."),
        rank=2,
        consequence_of="token-expired",
    )

    card = json_of(replace(night, findings=(night.findings[0], storm)))

    assert (
        "Also at work\n• Network rules refuse the clients, a consequence of: Clients present expired access tokens. 200"
        in card
    )


def test_names_the_playbook_of_a_consequence_from_elsewhere() -> None:
    night = expired_tokens()
    storm = replace(night.findings[0], consequence_of="web-pubsub-connection-drops/mass-close")

    card = json_of(replace(night, cause=None, conclusion=Conclusion.INCONCLUSIVE, findings=(storm,)))

    assert "a consequence of: web-pubsub-connection-drops/mass-close" in card


@pytest.mark.parametrize(
    ("conclusion", "words"),
    [
        (Conclusion.NOTHING_FOUND, "none of the 8 causes of the playbook fits"),
        (Conclusion.INCONCLUSIVE, "does not decide between the 8 causes"),
        (Conclusion.NO_DATA, "The tables that would tell are empty"),
        (Conclusion.FAILED, "No check could run"),
    ],
)
def test_without_a_cause_it_says_so_and_where_to_look(conclusion: Conclusion, words: str) -> None:
    card = json_of(unexplained(conclusion))

    assert words in card
    assert "**Cause: not known yet.**" in card
    assert "**Look next:** Look at the code that fetches tokens." in card
    assert "**1." not in card


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.REFUTED, "Not seen: Clients cannot connect"),
        (Verdict.NO_DATA, "No data: Clients cannot connect"),
        (Verdict.INCONCLUSIVE, "Too little to tell: Clients cannot connect"),
        (Verdict.FAILED, "Could not be checked: Clients cannot connect"),
    ],
)
def test_does_not_claim_a_symptom_that_was_not_seen(verdict: Verdict, words: str) -> None:
    assert texts(draw(unexplained(Conclusion.NO_DATA, verdict)))[1].startswith(words)


def test_links_the_query_the_resource_and_the_playbook() -> None:
    titles = [action["title"] for action in buttons(draw(expired_tokens()))]

    assert ["Run the query", "Playbook", "Azure"] == titles


def test_full_width_is_added_for_teams_and_not_to_the_card() -> None:
    card = draw(expired_tokens())
    [attachment] = message(card)["attachments"]

    assert "msteams" not in card
    assert {"width": "Full"} == attachment["content"]["msteams"]


# ---- what it costs ----


def crowded(letters: int) -> Diagnosis:
    """Return the night with every sentence of every check as long as said, in letters that cost 6 bytes."""

    def lengthened(evidence: Evidence) -> Evidence:
        return replace(evidence, summary=evidence.summary + "é" * letters)

    night = expired_tokens()
    longer = tuple(replace(finding, evidence=lengthened(finding.evidence)) for finding in night.findings)
    return replace(night, findings=longer, symptom=lengthened(night.symptom))


def long_steps(count: int, letters: int) -> tuple[str, ...]:
    return tuple(f"Change number {place}. Verify it. " + "é" * letters for place in range(1, count + 1))


def test_a_card_that_fits_leaves_nothing_out() -> None:
    assert "left out" not in json_of(expired_tokens())


def test_the_words_about_what_is_not_settled_give_way_before_names_steps_and_query() -> None:
    night = crowded(3_000)
    unsettled = tuple(
        replace(finding, evidence=replace(finding.evidence, verdict=Verdict.INCONCLUSIVE))
        for finding in night.findings[1:]
    )
    night = replace(night, findings=(night.findings[0], *unsettled))
    card = draw_diagnosis(night, playbook(steps=long_steps(9, 140)), links=LINKS)
    text = "\n".join(texts(card))

    assert "Network rules refuse the clients" in text
    assert "**9.** Change number 9" in text
    assert "Run the query" == buttons(card)[0]["title"]
    assert "Some details were left out to fit the message; the report has them." in text


@pytest.mark.parametrize("letters", [0, 50, 100, 200, 400, 3_000])
@pytest.mark.parametrize("count", [3, 8, 12, 20])
def test_headline_cause_and_first_steps_stand_on_the_most_crowded_card(count: int, letters: int) -> None:
    card = draw_diagnosis(
        crowded(letters * 10), playbook(steps=long_steps(count, letters)), severity=1, links=LINKS
    )
    lines = texts(card)

    assert fits(message(card))
    assert ["SEV 1 · contoso-rt", "Clients cannot connect to Web PubSub"] == lines[:2]
    assert any(text.startswith("• 4,655 of 4,812 refused connects (96.7 %)") for text in lines)
    assert all(
        any(text.startswith(f"**{place}.** Change number {place}. Verify") for text in lines)
        for place in (1, 2, 3)
    )


def test_a_card_of_a_hundred_hypotheses_with_endless_titles_still_fits() -> None:
    night = expired_tokens()
    verdicts = [Verdict.SUPPORTED, Verdict.INCONCLUSIVE, Verdict.REFUTED, Verdict.FAILED]
    crowd = tuple(
        replace(finding("é" * 300, evidence(verdict, "é" * 900), rank=place), consequence_of="é" * 300)
        for place, verdict in enumerate(verdicts * 25, start=2)
    )
    card = draw_diagnosis(
        replace(night, findings=(night.findings[0], *crowd)),
        playbook(steps=long_steps(20, 3_000)),
        links=LINKS,
    )

    assert fits(message(card))
    assert any(text.startswith("**3.** Change number 3. Verify") for text in texts(card))
    assert "21 more findings in the report" in texts(card)


def test_says_how_many_steps_stand_only_in_the_playbook() -> None:
    lines = texts(draw_diagnosis(crowded(3_000), playbook(steps=long_steps(20, 400)), links=LINKS))
    drawn_steps = len({text for text in lines if text.startswith("**") and "Change number" in text}) - 1

    assert f"{20 - drawn_steps} more steps in the playbook" in lines


def test_the_load_of_the_resource_is_told_and_gives_way_early() -> None:
    load = {"ServerLoad": 88.25, "ConnectionQuotaUtilization": 97.5}
    lines = texts(draw(replace(expired_tokens(), load=load)))

    assert {"Server load: at most 88.25 %", "Connection quota in use: at most 97.5 %"} <= set(lines)
    full = draw_diagnosis(
        replace(crowded(3_000), load=load), playbook(steps=long_steps(11, 180)), links=LINKS
    )
    assert not any("Server load" in line for line in texts(full))


def test_a_query_that_would_not_fit_is_left_out_whole() -> None:
    night = expired_tokens()
    cause = replace(night.findings[0], evidence=replace(night.findings[0].evidence, query=NOISE))

    card = draw(replace(night, findings=(cause, *night.findings[1:])))

    assert ["Playbook", "Azure"] == [action["title"] for action in buttons(card)]
    assert "The query's link and some details were left out" in "\n".join(texts(card))
    assert "4,655 of 4,812 refused connects" in "\n".join(texts(card))


def test_a_long_step_loses_its_marks_and_its_end_but_never_its_beginning() -> None:
    steps = ("Roll back **release 41** " + "and look again " * 900, "Verify.", "Tell the team.")
    card = draw_diagnosis(expired_tokens(), playbook(steps=steps), links=LINKS)

    [first] = [text for text in texts(card) if text.startswith("**1.**")]

    assert first.startswith("**1.** Roll back release 41 and look again")
    assert first.endswith("…")


# ---- whatever happens ----


@given(wild_diagnoses())
@drawn.examples("cards of diagnoses", 10, 250, suppress_health_check=list(HealthCheck))
def test_any_diagnosis_gives_a_valid_card_within_the_budget_with_nothing_live_or_secret(
    wild: Diagnosis,
) -> None:
    card = draw(wild, severity=1)
    lines = texts(card)

    assert_holds(message(card))
    assert "SEV 1 · contoso-rt" == lines[0]
    assert "Clients cannot connect to Web PubSub" in lines[1]
    if wild.cause:
        assert any(text.startswith("**Cause:** ") for text in lines)
        assert 3 == sum(text.startswith(("**1.**", "**2.**", "**3.**")) for text in lines)


def test_microsofts_own_parser_objects_to_no_card() -> None:
    wild: list[dict[str, Any]] = []

    @given(wild_diagnoses())
    @settings(max_examples=10, database=None, suppress_health_check=list(HealthCheck))
    def collect(diagnosis: Diagnosis) -> None:
        wild.append(draw(diagnosis, severity=3))

    collect()
    cards = [
        draw(expired_tokens()),
        *(draw(unexplained(conclusion)) for conclusion in Conclusion if conclusion != "supported"),
        *wild,
    ]

    answers = parsed(cards)

    assert [] == [event for answer in answers for event in answer["events"]]
    assert [_elements(card["body"]) for card in cards] == [answer["elements"] for answer in answers]


def _elements(body: list[dict[str, Any]]) -> int:
    parts = ("items", "columns", "inlines")
    return sum(1 + sum(_elements(element.get(part, [])) for part in parts) for element in body)


def test_both_judges_would_object_to_a_broken_card() -> None:
    broken = draw(expired_tokens())
    broken["body"][0]["items"][1]["size"] = "Huge"

    assert not VALIDATOR.is_valid(broken)
    assert parsed([broken])[0]["events"]


def test_a_token_in_a_log_sample_is_not_on_the_card() -> None:
    night = expired_tokens()
    leaky = evidence(Verdict.SUPPORTED, f"A client sent /client/hubs/lobby?access_token={JWT}", strength=0.9)

    card = json_of(replace(night, findings=(finding("token-expired", leaky, rank=1),)))

    assert "access_token=[redacted token]" in card


def test_user_ids_stand_behind_a_hash_unless_a_team_chose_otherwise() -> None:
    night = expired_tokens()
    evidence_of_alice = evidence(
        Verdict.SUPPORTED, "User alice alone retried 900 times.", strength=0.9, UserId="alice"
    )
    diagnosis = replace(night, findings=(finding("token-expired", evidence_of_alice, rank=1),))

    assert f"User {pseudonym('alice', 'salt')} alone" in json_of(diagnosis, users=UserIds("salt"))
    assert "User alice alone" in json_of(diagnosis, users=UserIds(show=True))

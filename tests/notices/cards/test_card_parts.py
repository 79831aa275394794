"""The parts of a card: numbers with their units, steps with their proof, what changed, and who is hit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.configuration.severity import default_severity
from shared.context.change import Change, ChangeSource, Topic
from shared.context.history.ranking import Bearing, ranked
from shared.incidents.incident import Ending, State
from shared.incidents.wording import change_lines
from shared.notices.cards.elements import fact_set
from shared.notices.cards.folds.changes import changes
from shared.notices.cards.folds.figures import figures
from shared.notices.cards.folds.steps import steps_from
from shared.notices.cards.overview import expectation, impact, incident_headline
from shared.playbooks.diagnosis import Diagnosis, Evidence, Number, Verdict
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Headline
from tests.notices.broken_lobby import broken_lobby
from tests.notices.cards.judged import texts
from tests.notices.diagnoses import RESOURCE, evidence, expired_tokens, finding

DROPS, UPSTREAM = "web-pubsub-connection-drops", "web-pubsub-event-handler-errors"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONNECTS = Headline("Users cannot connect", "Users could not connect", "attempts", "refused")
TRANSCRIPTION = "acs-transcription-websocket-drops"

# ---- numbers ----


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("PeakPercent", 61.9, ("Worst 5 minutes", "61.9 %")),
        ("Peak", 0.619, ("Worst 5 minutes", "62 %")),
        ("ShareOfRefused", 0.9674, ("Share of refused", "97 %")),
        ("Hub", "lobby", ("Hub", "lobby")),
        ("FailedConnects", 4812, ("Failed connects", "4,812")),
        ("SilenceSeconds", 40.0, ("Silence", "40 s")),
    ],
)
def test_a_number_has_a_name_and_a_unit(name: str, value: Number, fact: tuple[str, str]) -> None:
    assert [fact] == figures({name: value}, {}, CONNECTS, 4)


@pytest.mark.parametrize(
    ("cause", "name", "value", "fact"),
    [
        (f"{TRANSCRIPTION}/server-keepalive-timeout", "MedianHit", 40.0, ("Typical life", "40 s")),
        (f"{DROPS}/fixed-lifetime", "LifeSeconds", 3600.0, ("Common lifetime", "1 h")),
        (f"{DROPS}/resource-changed", "Gap", 12.5, ("Apart in time", "12.5 min")),
        (f"{UPSTREAM}/upstream-slow", "P95", 5400.0, ("95 % take at most", "5.4 s")),
        (f"{UPSTREAM}/upstream-not-found", "HandlerStatus", 404, ("Handler answers", "404")),
        (f"{DROPS}/connection-quota-reached", "QuotaUtilization", 97.5, ("Quota in use", "97.5 %")),
    ],
)
def test_the_page_of_a_cause_names_its_numbers_and_their_units(
    cause: str, name: str, value: Number, fact: tuple[str, str]
) -> None:
    playbook, _, hypothesis = cause.partition("/")

    assert [fact] == figures(
        {name: value}, load_library()[playbook].hypothesis(hypothesis).titles, CONNECTS, 4
    )


def test_how_much_is_explained_comes_first_and_statistics_not_at_all() -> None:
    numbers: dict[str, Number] = {
        "Total": 83,
        "Bad": 44,
        "Hits": 40,
        "Z": 13.98,
        "ChanceShare": 0.15,
        "Interval": 20,
    }

    titles = load_library()[TRANSCRIPTION].hypothesis("server-keepalive-timeout").titles

    assert [("Fits", "40 of 44 cut off sockets (91 %), of 83 in all"), ("Ping interval", "20 s")] == figures(
        numbers, titles, Headline("Transcripts stop", "Transcripts stopped", "sockets", "cut off"), 4
    )


def test_only_so_many_are_told_and_none_that_says_nothing() -> None:
    numbers: dict[str, Number] = {"A": None, "B": "", "C": float("nan"), "D": 0, "E": 1, "F": 2, "G": 3}

    assert [("E", "1"), ("F", "2")] == figures(numbers, {}, CONNECTS, 2)


# ---- steps ----


def test_what_proves_a_step_stands_on_a_line_of_its_own() -> None:
    drawn = steps_from(["Restart it. Verify: `401` stops.", "Tell the team."], RESOURCE, 400)

    assert ["**1.** Restart it.", "Done when 401 stops.", "**2.** Tell the team."] == texts({"body": drawn})


def test_the_proof_of_a_step_is_cut_on_its_own() -> None:
    step = "Restart. " + "é" * 900 + " Verify: 401 stops. " + "é" * 900
    [doing, proof] = steps_from([step], RESOURCE, 200)

    assert doing["text"].startswith("**1.** Restart.")
    assert proof["text"].startswith("Done when 401 stops.")
    assert doing["text"].endswith("…")


# ---- what changed ----


def around(changed: Evidence | None, declared: Evidence | None, *missing: str) -> list[str]:
    answers = {"resource-changed": changed, "platform-incident": declared}
    findings = [
        finding(hypothesis, evidence, rank=place)
        for place, (hypothesis, evidence) in enumerate(answers.items(), 2)
        if evidence
    ]
    night: Diagnosis = replace(expired_tokens(), missing=missing)
    night = replace(night, findings=(night.findings[0], *findings))
    return [element["text"] for element in changes(night, 300)][1:]


QUIET = evidence(Verdict.REFUTED, "The Activity Log shows no change.", Changes=0)
CALM = evidence(Verdict.REFUTED, "No incident was declared.", Declared=0)


def test_two_quiet_checks_are_one_short_line() -> None:
    quiet = "No change of the resource and no declared incident in the window and the 24 hours before."

    assert [quiet] == around(QUIET, CALM)


def test_a_log_that_never_came_proves_nothing() -> None:
    line = "Not examined, for want of an Activity Log: changes of the resource, declared incidents."

    unseen = evidence(Verdict.NO_DATA, "The workspace holds no Activity Log.")

    assert [line] == around(unseen, unseen, "AzureActivity")


@pytest.mark.parametrize("verdict", [Verdict.NO_DATA, Verdict.FAILED])
def test_without_a_log_what_was_not_examined_is_blind(verdict: Verdict) -> None:
    unseen = evidence(verdict, "Nothing could be seen.")

    assert around(unseen, unseen, "AzureActivity")[0].startswith("Not examined, for want of an Activity Log")


def test_what_another_source_answered_is_not_blind_without_a_log() -> None:
    calm = evidence(Verdict.REFUTED, "Service Health has no incident of the service.", Declared=0)

    assert [
        "No declared incident in the window and the 24 hours before.",
        "Not examined, for want of an Activity Log: changes of the resource.",
    ] == around(evidence(Verdict.NO_DATA, "No Activity Log."), calm, "AzureActivity")


def regenerated(hours_before: float, cause: str) -> Diagnosis:
    key = Change(
        NOON - timedelta(hours=hours_before),
        "/subscriptions/8f1e/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby",
        "microsoft.signalrservice/webpubsub/regeneratekey/action",
        (ChangeSource.ACTIVITY_LOG,),
        topics=(Topic.KEYS,),
    )
    listed = ranked([key], (), NOON, {Topic.KEYS: Bearing(1.0, "access-key-rotated")})
    return replace(expired_tokens(), cause=cause, changes=listed)


def test_the_change_that_the_cause_needs_is_said_however_early() -> None:
    (line, *_) = [element["text"] for element in changes(regenerated(10, "access-key-rotated"), 300)][1:]

    assert "regeneratekey/action on lobby, 10 hours before it began; of the kind that the cause" in line
    assert any(
        "10 hours before it began" in line for line in change_lines(regenerated(10, "access-key-rotated"))
    )


def test_a_change_too_early_to_point_out_is_not_denied() -> None:
    diagnosis = regenerated(10, "token-expired")
    (line, *_) = [element["text"] for element in changes(diagnosis, 300)][1:]

    assert "Changes less likely to matter, which the report lists: 1." == line
    assert [line] == change_lines(diagnosis)


def test_what_was_seen_is_told_with_its_own_words() -> None:
    changed = evidence(Verdict.SUPPORTED, "Regenerate Keys was complete 3 minutes before.", Changes=1)
    elsewhere = evidence(Verdict.REFUTED, "All 2 declared incidents are of other services.", Declared=2)

    assert [
        "**Changes of the resource:** Regenerate Keys was complete 3 minutes before.",
        "**Declared incidents:** not seen as the cause: All 2 declared incidents are of other services.",
    ] == around(changed, elsewhere)


def test_what_failed_or_is_not_asked_is_said() -> None:
    failed = evidence(Verdict.FAILED, "Not examined: out of time.")

    assert [
        "**Changes of the resource** not examined: out of time.",
        "Not examined by this playbook: declared incidents.",
    ] == around(failed, None)


# ---- who is hit ----


def test_people_are_named_before_events() -> None:
    lobby = broken_lobby()

    assert "143 of 2,010 attempts refused (7.1 %)" == impact(lobby, CONNECTS)
    assert "1,733 users; 143 of 2,010 attempts refused (7.1 %)" == impact(
        replace(lobby, users=1733), CONNECTS
    )
    assert "not counted yet" == impact(replace(lobby, bad=0, total=0, users=0), CONNECTS)
    assert "9 attempts refused, of how many is not counted" == impact(
        replace(lobby, bad=9, total=0), CONNECTS
    )


def test_the_headline_says_what_where_and_how_bad_or_that_it_is_over() -> None:
    lobby = broken_lobby()
    over = replace(lobby, state=State.RESOLVED, ending=Ending.HELD)

    assert "Sev 2 · contoso-rt: Users cannot connect: 1 of 14 attempts is refused" == incident_headline(
        lobby, CONNECTS
    )
    assert incident_headline(over, CONNECTS).endswith(
        "Users could not connect: 1 of 14 attempts was refused · resolved"
    )
    assert incident_headline(replace(over, ending=Ending.UNCONFIRMED), CONNECTS).endswith("· unconfirmed")


def test_an_open_incident_says_when_it_should_be_over_and_who_is_told() -> None:
    rules = default_severity()
    sentence = (
        "Sev 2: expected to be resolved within 8 h; told: the engineer on call at once, then every 2 hours."
    )

    assert sentence == expectation(broken_lobby(), rules)
    assert "" == expectation(replace(broken_lobby(), state=State.RESOLVED), rules)


# ---- facts ----


def test_a_fact_with_a_long_word_is_a_paragraph_and_stays_exact() -> None:
    group, connection = "group rg-realtime-production-westeurope", "0f" * 20
    elements = fact_set([("Resource", group), ("Connection", connection), ("Hit", "143 of 410")])

    facts, wide = elements
    expected_facts = [{"title": "Resource", "value": group}, {"title": "Hit", "value": "143 of 410"}]
    assert expected_facts == facts["facts"]
    assert ("TextBlock", f"**Connection**: {connection}", True) == (wide["type"], wide["text"], wide["wrap"])


def test_a_fact_set_without_a_fact_is_not_drawn() -> None:
    assert ["TextBlock"] == [element["type"] for element in fact_set([("Connection", "0f" * 20)])]
    assert [] == fact_set([])

"""The page of an incident: how bad, why, what to do, what happened, and every number of the chart."""

import re
from dataclasses import replace
from html import unescape

from shared.incidents.incident import Ending, EntryKind, State
from shared.incidents.lifecycle import states
from shared.notices.answers.details import Story
from shared.notices.answers.history import LONGEST, IncidentHistories
from shared.notices.cards.links import Links
from shared.notices.charts.marks import ChartLane, Sign
from shared.playbooks.diagnosis import Verdict
from shared.redaction import UserIds
from tests.incidents.fake_rooms import FakeNormals
from tests.notices.answers.stories import KeptCounts, at, counts, night, story
from tests.notices.broken_lobby import broken_lobby
from tests.notices.diagnoses import RESOURCE, evidence, expired_tokens, playbook


def words(story: Story) -> str:
    """Return the words of a page, without its folds."""
    html = re.sub(
        r"<style>.*?</style>|<svg.*?</svg>|<details>.*?</details>", "", story.page().html, flags=re.DOTALL
    )
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def test_it_begins_with_how_bad_it_is_and_who_has_it() -> None:
    text = words(story())

    assert "Sev 2 ◉ Recovering: 4 of 6 good ✓ Mia Night has it silenced until 04:10" in text
    assert "Clients cannot connect to Web PubSub: 7 of 10 attempts were failing" in text
    assert "Failing now 0.6 % goal: 1 % or less At the worst 89 % 02:30 to 02:35 Users hit 1,733" in text


def test_the_steps_of_the_cause_stand_beside_it() -> None:
    text = words(story())

    assert (
        "Clients present expired access tokens. 4,655 of 4,812 refused connects (96.7 %) carry a token"
        in text
    )
    assert "Compare the clock of the token's issuer with UTC." in text


def test_a_step_has_its_command_with_the_name_of_the_resource_and_how_one_knows_that_it_worked() -> None:
    step = "Restart it: `az webpubsub restart --name NAME --resource-group GROUP`. Verify: `401` stop."
    html = replace(story(), playbook=playbook(steps=(step,))).page().html

    assert "<pre>az webpubsub restart --name contoso-rt --resource-group rg-realtime</pre>" in html
    assert "Changes the service." in html
    assert "Done when <code>401</code> stop." in html


def test_an_incident_without_a_cause_says_what_to_look_at_next() -> None:
    unknown = replace(expired_tokens(), cause=None, next_step="Look at the code that fetches tokens.")

    assert "Not yet known. Look at the code that fetches tokens." in words(story(broken_lobby(), unknown))


def test_every_number_of_the_chart_stands_in_its_table() -> None:
    page = story().page().html
    rows = re.findall(r"<tr><td>12 Nov (\d\d:\d\d)</td><td class=\"(.*?)\">(.*?)</td>", page)

    assert ("02:30", "over", "152 of 170") in rows
    assert ("01:30", "", "1 of 170") in rows
    assert 22 == len(rows)


def test_nothing_runs_nothing_is_loaded_and_no_element_has_a_style() -> None:
    page = story(links=Links(silence="?s", resolve="?r")).page()

    assert not re.search(r"<script|<img|<link|javascript:|\sstyle=|\son\w+=", page.html)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]


def test_who_may_only_look_finds_no_button_and_who_may_act_finds_resolving_apart() -> None:
    assert 'class="button' not in story().page().html
    acting = story(links=Links(acknowledge="?a", silence="?s", resolve="?r")).page().html
    assert '<a class="button ends" href="?r">Resolve…</a>' in acting
    assert "Acknowledge</a>" not in acting  # Mia Night has it


def test_what_was_ruled_out_and_what_was_not_examined_are_folded() -> None:
    page = story().page().html

    assert "7 causes looked at, 5 ruled out" in page
    assert "<summary>Not examined <span>2</span></summary>" in page
    assert "■ Cause" in page


def test_the_wrong_look_is_marked_as_wrong() -> None:
    marks = story().history.chart.marks

    assert [Sign.WRONG_LOOK, Sign.LOOK] == [mark.sign for mark in marks if mark.lane is ChartLane.DIAGNOSES]
    assert "most refusals fit (wrong)" in words(story())


def test_users_are_hidden_and_colleagues_are_named() -> None:
    incident = states.noted(
        night(), at(60), "look 3", "token-expired: most of alice@customer.example", EntryKind.LOOK
    )
    found = replace(
        expired_tokens().findings[0], evidence=evidence(Verdict.SUPPORTED, "bob@customer.example")
    )
    seen = replace(
        story(incident, replace(expired_tokens(), findings=(found,))), users=UserIds("salt"), report=""
    )

    page = seen.page().html
    assert "customer.example" not in page
    assert "by Mia Night" in page


def test_an_ended_incident_says_how_it_ended_and_how_long_it_lasted() -> None:
    ended = states.resolved(night(), Ending.HELD, at(85))
    text = words(story(ended))

    assert "✓ Resolved: held" in text
    assert "Lasted 45 min 02:10 to 02:55 UTC" in text


def test_the_headline_and_the_share_of_now_are_of_the_same_minutes() -> None:
    lasting = replace(night(), state=State.DIAGNOSED)
    text = words(replace(story(lasting), now=at(40)))

    assert "8 of 10 attempts are failing" in text
    assert "Failing now 81 %" in text
    assert "Lasts 40 min since 02:10 UTC" in text


def test_a_sentence_that_begins_with_a_command_begins_with_a_capital() -> None:
    step = "**Give the servers the key.** `az webpubsub key show -n NAME -g GROUP` prints it. Verify: `401` stop."

    assert "The line below prints it" in words(replace(story(), playbook=playbook(steps=(step,))))


def test_what_was_closed_unconfirmed_is_not_shown_as_well_again() -> None:
    ended = story(states.resolved(night(), Ending.UNCONFIRMED, at(85)))

    assert "? Closed, unconfirmed" in words(ended)
    assert ended.history.chart.recovering is None


def test_what_is_over_or_was_not_counted_for_long_has_no_share_of_now() -> None:
    assert "Failing now" in words(story())
    assert "Failing now" not in words(story(states.resolved(night(), Ending.HELD, at(85))))
    assert "Failing now" not in words(replace(story(), now=at(200)))


def test_a_cause_is_called_by_its_title_in_what_happened() -> None:
    happened = words(story()).partition("What happened")[2].partition("first bad minutes")[0]

    assert "look 2 Clients present expired access tokens: most refusals fit" in happened
    assert "token-expired" not in happened


def test_without_a_count_or_a_diagnosis_the_page_still_stands() -> None:
    histories = IncidentHistories(KeptCounts([]), {}, FakeNormals())
    bare = Story(
        broken_lobby(), "Clients cannot connect", histories.of(broken_lobby(), None, at(30)), "", at(30)
    )

    assert "Clients cannot connect" in words(bare)
    assert "At the worst" not in words(bare)


def test_a_history_reads_the_counts_once_and_of_a_long_incident_the_last_days() -> None:
    kept = KeptCounts(counts())
    long = replace(broken_lobby(), resource=RESOURCE, last_bad=at(60 * 24 * 9))
    history = IncidentHistories(kept, {}, FakeNormals()).of(long, None, at(60 * 24 * 9 + 10))

    assert 1 == kept.reads
    assert history.chart.span.until - history.chart.span.since <= LONGEST + history.chart.span.step * 2

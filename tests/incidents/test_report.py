"""The report has all of it: the ranking, what was ruled out, the limits and every query."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt

from shared.incidents.report.diagnosis_report import write_report
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Verdict
from shared.redaction import UserIds, pseudonym
from tests.notices.diagnoses import QUERY, evidence, expired_tokens, finding, playbook, wild_diagnoses
from tests.secrets_by_shape import SECRETS

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def report(diagnosis: Diagnosis | None = None) -> str:
    return write_report(diagnosis or expired_tokens(), playbook(), severity=2)


def headings(text: str) -> list[str]:
    tokens = MARKDOWN.parse(text)
    return [
        tokens[place + 1].content
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag in {"h1", "h2"}
    ]


def test_opens_with_what_is_wrong_and_tells_everything_in_order() -> None:
    assert [
        "Sev 2: Clients cannot connect to Web PubSub",
        "Cause: Clients present expired access tokens",
        "Load of the resource, by its metrics",
        "Hypotheses, best first",
        "What was ruled out, and why",
        "Not examined",
        "What to do, one change at a time",
        "What the checks cannot see",
        "Appendix: the complete queries",
    ] == headings(report())


def test_a_cause_that_its_page_no_longer_has_is_reported_without_steps() -> None:
    text = write_report(expired_tokens(), replace(playbook(), hypotheses=()), severity=2)

    assert "Cause: Clients present expired access tokens" in headings(text)
    assert "What to do, one change at a time" not in headings(text)


def test_ranks_every_hypothesis_in_one_table() -> None:
    rows = [line for line in report().splitlines() if line.startswith("| ") and "measured, " in line]

    assert len(expired_tokens().findings) == len(rows)
    assert rows[0].startswith("| 1 | Clients present expired access tokens | supported | measured, 0.96 |")


def test_carries_every_query_complete() -> None:
    fences = [token for token in MARKDOWN.parse(report()) if token.type == "fence" and token.level == 0]
    run = [finding.evidence.query for finding in expired_tokens().findings if finding.evidence.query]
    shared, *own = [fence.content for fence in fences]

    assert [QUERY, *run] == [shared + text for text in own]
    assert {"kql"} == {fence.info for fence in fences}


def test_a_query_that_holds_a_fence_does_not_end_its_own() -> None:
    night = expired_tokens()
    tricky = "print '\n```\n# not a heading\n'\n"

    text = report(replace(night, symptom=replace(night.symptom, query=tricky)))

    assert "not a heading" not in headings(text)


def test_numbers_the_steps_with_their_verification() -> None:
    assert "1. Have the client fetch a new token **before**" in report()
    assert "\n   Verify: `401` fall below 1 %" in report()


def test_says_what_the_checks_cannot_see() -> None:
    assert "- **Clients present expired access tokens**: Sees only `401` of token-expired." in report()


def test_tells_the_load_of_the_resource_and_what_of_it_is_not_known() -> None:
    text = report(replace(expired_tokens(), load={"ServerLoad": 88.25, "ReconnectChurn": 3.0}))

    assert "| Server load | at most 88.25 % |" in text
    assert "| Connection quota in use | not known |" in text
    assert "| Reconnect churn | 3 opened for each connection open at the peak |" in text


def test_names_missing_tables() -> None:
    assert "The workspace never received these tables: `AzureActivity`." in report()


@pytest.mark.parametrize(
    "conclusion", [conclusion for conclusion in Conclusion if conclusion is not Conclusion.SUPPORTED]
)
def test_without_a_cause_it_offers_no_steps_and_says_where_to_look(conclusion: Conclusion) -> None:
    text = report(replace(expired_tokens(), conclusion=conclusion, cause=None))

    assert "What to do" not in text
    assert "Look next: Look at the code that fetches tokens." in text


def test_lists_the_other_symptoms_of_the_resource() -> None:
    drops = replace(
        expired_tokens(), title="Connections drop", cause="mass-close", playbook="web-pubsub-connection-drops"
    )

    text = write_report(expired_tokens(), playbook(), other_diagnoses=[drops])

    assert "| Connections drop | supported | mass-close |" in text


def test_a_bar_in_a_log_text_adds_no_column() -> None:
    night = expired_tokens()
    barred = finding("token-expired", evidence(Verdict.SUPPORTED, "a | b \\| c"), rank=1)

    [table] = [
        line for line in report(replace(night, findings=(barred,))).splitlines() if line.startswith("| 1 |")
    ]

    assert 6 == table.count("| ")


def test_user_ids_stand_behind_a_hash() -> None:
    night = expired_tokens()
    retries = evidence(Verdict.SUPPORTED, "alice retried 900 times.", strength=0.9, UserId="alice")
    diagnosis = replace(night, findings=(finding("token-expired", retries, rank=1),))

    text = write_report(diagnosis, playbook(), users=UserIds("salt"))

    assert "alice" not in text
    assert pseudonym("alice", "salt") in text


PLANTED = [secret for _, secret in SECRETS.values()]
OURS = ("https://learn.microsoft.com/",)


@given(wild_diagnoses())
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_no_diagnosis_brings_a_secret_or_live_markup_into_the_report(wild: Diagnosis) -> None:
    text = report(wild)

    assert not [secret for secret in PLANTED if secret in text]
    for block in MARKDOWN.parse(text):
        assert block.type not in {"html_block", "blockquote_open"}
        for token in block.children or ():
            assert token.type not in {"html_inline", "image", "s_open"}
            assert token.type != "link_open" or str(token.attrs["href"]).startswith(OURS)

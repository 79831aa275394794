from datetime import timedelta
from pathlib import Path

import pytest
from pages import CHECK, PAGE, UNEXPLAINED, WITH_NEEDS, WITH_UNEXPLAINED, lines_drop, write_page

from shared.errors import PlaybookError
from shared.playbooks.diagnosis import EvidenceKind
from shared.playbooks.loading.load import load_library, load_playbook
from shared.playbooks.playbook import DIAGNOSIS_DELAYS, Engine, Headline, NumberTitle, RootCause


def spoiled(folder: Path, old: str, new: str, count: int = 1) -> PlaybookError:
    """Load the page with one thing changed, and return the complaint."""
    assert old in PAGE
    with pytest.raises(PlaybookError) as caught:
        load_playbook(write_page(folder, PAGE.replace(old, new, count)))
    return caught.value


def line_of(text: str, nth: int = 1) -> int:
    """Return the line on which a text stands for the nth time."""
    numbers = [number for number, line in enumerate(PAGE.split("\n"), start=1) if text in line]
    return numbers[nth - 1]


def test_reads_a_page_into_a_playbook(tmp_path: Path) -> None:
    playbook = lines_drop(tmp_path)

    assert (playbook.id, playbook.service) == ("lines-drop", "microsoft.signalrservice/webpubsub")
    assert (playbook.title, playbook.symptom) == ("Lines drop", "People are thrown out of the lobby.")
    assert [hypothesis.id for hypothesis in playbook.hypotheses] == ["ping-timeout", "slow-client"]
    assert playbook.consequences == {"lines-drop/slow-client": ("lines-drop/ping-timeout",)}


def test_reads_what_stands_below_the_headings_of_a_check(tmp_path: Path) -> None:
    limits = "Limits: only what is logged."
    text = PAGE.replace("It counts.", "#### Sees\n\nIt counts.").replace(limits, f"{limits}\n\n#### What to do\n\nSafe.")  # fmt: skip

    hypothesis = load_playbook(write_page(tmp_path, text)).hypothesis("ping-timeout")

    assert (CHECK, "only what is logged.") == (hypothesis.check.text, hypothesis.limits)


def test_reads_a_hypothesis_with_its_check_limits_and_steps(tmp_path: Path) -> None:
    hypothesis = lines_drop(tmp_path).hypothesis("ping-timeout")

    assert (hypothesis.kind, hypothesis.title) == (EvidenceKind.MEASURED, "Clients stop answering pings")
    assert hypothesis.root_cause is RootCause.EXTERNAL
    assert (hypothesis.check.text, hypothesis.check.line) == (CHECK, line_of("connectivityRows", 2))
    assert hypothesis.limits == "only what is logged."
    assert hypothesis.steps == ("Answer pings. Verify: fewer aborts.", "Look again.")


def test_reads_what_users_notice_and_does_without(tmp_path: Path) -> None:
    said = "headline: {now: Lines drop, past: Lines dropped, events: lines, bad: cut}\nservice:"
    told = load_playbook(write_page(tmp_path, PAGE.replace("service:", said, 1)))
    silent = lines_drop(tmp_path)

    assert Headline("Lines drop", "Lines dropped", "lines", "cut") == told.headline
    assert Headline(silent.title, silent.title) == silent.headline


def test_reads_the_titles_of_numbers(tmp_path: Path) -> None:
    hypothesis = lines_drop(tmp_path).hypothesis("ping-timeout")

    assert {
        "Hits": NumberTitle("Cut lines"),
        "Bad": NumberTitle("All aborts", is_on_cards=False),
    } == hypothesis.titles


def test_reads_when_a_symptom_is_diagnosed_again(tmp_path: Path) -> None:
    late = load_playbook(
        write_page(tmp_path, PAGE.replace("service:", "diagnose_after_minutes: [5, 90]\nservice:"))
    )

    assert (timedelta(minutes=5), timedelta(minutes=90)) == late.diagnosis_delays
    assert lines_drop(tmp_path).diagnosis_delays == DIAGNOSIS_DELAYS


def test_reads_a_probe_by_its_name(tmp_path: Path) -> None:
    check = lines_drop(tmp_path).hypothesis("slow-client").check

    assert (check.engine, check.text) == (Engine.PROBE, "web-pubsub-metrics closes SlowClient")


def test_reads_the_tables_without_which_a_check_cannot_say_absent(tmp_path: Path) -> None:
    assert {
        "symptom": (("WebPubSubConnectivity",),),
        "ping-timeout": (("WebPubSubConnectivity", "WebPubSubMessaging"),),
    } == load_playbook(write_page(tmp_path, WITH_NEEDS)).needs
    assert {} == lines_drop(tmp_path).needs


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("[[WebPubSubConnectivity]]", "[WebPubSubConnectivity]", "lists of lists", id="no groups"),
        pytest.param("[[WebPubSubConnectivity]]", "[[]]", "lists of lists", id="a group without a table"),
        pytest.param("[[WebPubSubConnectivity]]", "[[WebPubSubClients]]", "unknown table 'WebPubSubClients'", id="a table that is none"),
        pytest.param("symptom: [[", "sympton: [[", "unknown check 'sympton'", id="a check that is none"),
    ],
)  # fmt: skip
def test_refuses_needs_that_nothing_can_meet(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PlaybookError, match=message):
        load_playbook(write_page(tmp_path, WITH_NEEDS.replace(old, new, 1)))


def test_reads_the_query_for_what_no_hypothesis_explains(tmp_path: Path) -> None:
    check = load_playbook(write_page(tmp_path, WITH_UNEXPLAINED)).unexplained

    assert check is not None
    assert (Engine.LOGS, UNEXPLAINED) == (check.engine, check.text)
    assert lines_drop(tmp_path).unexplained is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("Events, Callers, Total", "Events, Callers", "does not return Total", id="a column too few"),
        pytest.param(f"```kql\n{UNEXPLAINED}\n```\n", "Later.", "has 0 fenced blocks", id="no query"),
    ],
)  # fmt: skip
def test_refuses_another_form_of_what_no_hypothesis_explains(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(PlaybookError, match=message):
        load_playbook(write_page(tmp_path, WITH_UNEXPLAINED.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        pytest.param(
            "WebPubSubConnectivity]",
            "WebPubSubClients]",
            1,
            "unknown table 'WebPubSubClients'",
            id="an unknown table in the front matter",
        ),
        pytest.param(
            "connectivityRows",
            "WebPubSubClients",
            line_of("connectivityRows"),
            "unknown table 'WebPubSubClients'",
            id="an unknown table in a check",
        ),
        pytest.param(
            "OperationName ==",
            "OperationNome ==",
            line_of("OperationName"),
            "unknown column or name 'OperationNome'",
            id="an unknown column",
        ),
        pytest.param(
            "invoke judge()\n",
            "invoke judge()\n\n",
            line_of("invoke judge") + 1,
            "a blank line",
            id="a blank line in a check",
        ),
        pytest.param(
            "Summary, Onset, Hits",
            "Summary, Hits",
            line_of("project Verdict"),
            "does not return Onset",
            id="a check without Onset",
        ),
        pytest.param(
            "```probe web-pubsub-metrics closes SlowClient",
            "```probe crystal-ball",
            line_of("probe web"),
            "unknown probe 'crystal-ball'",
            id="an unknown probe",
        ),
        pytest.param(
            "```probe web-pubsub-metrics closes SlowClient",
            "```sql",
            line_of("probe web"),
            "unknown block 'sql'",
            id="an unknown kind of block",
        ),
        pytest.param(
            "[Measured]",
            "[Guessed]",
            line_of("[Measured]"),
            "unknown evidence kind '[Guessed]'",
            id="an unknown evidence kind",
        ),
        pytest.param(
            "| `slow-client` |",
            "| `ping-timeout` |",
            line_of("| `slow-client`"),
            "two hypotheses have the id 'ping-timeout'",
            id="two hypotheses with one id",
        ),
        pytest.param(
            "### `slow-client`\n\n```probe web-pubsub-metrics closes SlowClient\n```\n",
            "",
            line_of("| `slow-client`"),
            "'slow-client' has no check",
            id="a hypothesis without a check",
        ),
        pytest.param(
            "1. Read faster. Verify: no `SlowClient` closes.",
            "Read faster.",
            line_of("| `slow-client`"),
            "'slow-client' has no step",
            id="a hypothesis without a step",
        ),
        pytest.param(
            "```probe web-pubsub-metrics closes SlowClient\n```",
            "",
            line_of("### `slow-client`"),
            "has 0 fenced blocks",
            id="a check without a block",
        ),
        pytest.param(
            "### `slow-client`",
            "### `sleepy-client`",
            line_of("### `slow-client`"),
            "for no hypothesis",
            id="a check for nobody",
        ),
        pytest.param("## Mitigation", "## Help", 1, "no section `## Mitigation`", id="a missing section"),
        pytest.param("# Lines drop", "Lines drop", 1, "0 titles", id="no title"),
        pytest.param(
            "id: lines-drop", "id: [", 4, "not valid YAML", id="front matter that is not valid YAML"
        ),
        pytest.param(
            "service: ",
            "id: another\nservice: ",
            3,
            "the key 'id' stands twice",
            id="a key of the front matter twice",
        ),
        pytest.param("service: ", "servant: ", 1, "no 'service'", id="front matter without a service"),
        pytest.param(
            "| capacity |",
            "| bad luck |",
            line_of("| `slow-client`"),
            "unknown root cause 'bad luck'",
            id="a root cause that is no bucket",
        ),
        pytest.param(
            "`Hits` Cut lines",
            "`Hats` Cut lines",
            line_of("### `ping-timeout`"),
            "gives a title to 'Hats', which its check does not return",
            id="a title for a number that is not there",
        ),
        pytest.param(
            "`Hits` Cut lines;",
            "Hits are cut lines;",
            line_of("### `ping-timeout`"),
            "a title that cannot be read: 'Hits are cut lines'",
            id="a title in another form",
        ),
        pytest.param(
            "Cut lines;",
            "Cut lines (miles);",
            line_of("### `ping-timeout`"),
            "a title that cannot be read: '`Hits` Cut lines (miles)'",
            id="a unit that nobody can write",
        ),
        pytest.param(
            "service: ",
            "headline: {now: Lines drop}\nservice: ",
            1,
            "'headline' is not a mapping of four texts",
            id="a headline without its past",
        ),
        pytest.param(
            "service: ",
            "headline: {now: Lines drop, past: Lines dropped, events: lines, bad: 7}\nservice: ",
            1,
            "'bad' of 'headline' is not a short text",
            id="a headline that is no text",
        ),
        pytest.param(
            "service: ",
            "diagnose_after_minutes: [10, 3]\nservice: ",
            1,
            "'diagnose_after_minutes' is not a list of rising minutes",
            id="a schedule that goes back",
        ),
        pytest.param(
            "service: ",
            "diagnose_after_minute: [3]\nservice: ",
            1,
            "unknown key 'diagnose_after_minute'",
            id="a key that nobody reads",
        ),
        pytest.param(
            "| A busy phone |", "|", line_of("| `slow-client`"), "no", id="a row with a cell too few"
        ),
    ],
)
def test_refuses_a_page_and_says_where_and_what(
    tmp_path: Path, old: str, new: str, where: int, message: str
) -> None:
    complaint = spoiled(tmp_path, old, new)

    assert complaint.where == f"lines-drop.md:{where}"
    assert message in str(complaint)


def test_refuses_a_consequence_of_nobody(tmp_path: Path) -> None:
    write_page(tmp_path, PAGE.replace("[lines-drop/ping-timeout]", "[lines-drop/witchcraft]"))

    with pytest.raises(PlaybookError, match="unknown id 'lines-drop/witchcraft'"):
        load_library(tmp_path)


def test_refuses_two_pages_with_one_id(tmp_path: Path) -> None:
    write_page(tmp_path)
    write_page(tmp_path, name="again.md")

    with pytest.raises(PlaybookError, match="the id 'lines-drop' is taken"):
        load_library(tmp_path)


def test_refuses_a_page_without_front_matter(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="no front matter"):
        load_playbook(write_page(tmp_path, "# Lines drop\n"))

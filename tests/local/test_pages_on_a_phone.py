"""The pages behind a card's links, as Chromium draws them at the width of a phone."""

from dataclasses import replace

import pytest

from local.teams.browser import screen_of_page
from shared.incidents.report.diagnosis_report import write_report
from shared.notices.answers.pages import Drawing
from shared.notices.answers.signed_links import READ_ONLY, Action
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from tests import drawn
from tests.incidents.full_diagnosis import full_diagnosis
from tests.notices.answers.stories import story
from tests.notices.broken_lobby import broken_lobby

LIBRARY = load_library()
DROPS = LIBRARY["acs-transcription-websocket-drops"]


def test_a_playbook_scrolls_its_code_and_tables_and_not_the_page() -> None:
    cause = replace(broken_lobby(), cause="server-restart")
    look = screen_of_page(
        Drawing(cause, DROPS.title, cause="The server was restarted").playbook(DROPS.text).html
    )

    assert (False, ()) == (look.scrolls_sideways, look.errors)
    own_bars = ("code.", "pre.", "table.", "thead.", "tbody.", "tr.", "th.", "td.", "em.", "strong.", "a.")
    outside = [selector for selector in look.sticking_out if not selector.startswith(own_bars)]
    assert [] == outside
    assert [] == [selector for selector in look.sticking_out if selector.startswith(("pre.", "table."))]


@pytest.mark.parametrize("page", drawn.cases("reports on a phone", LIBRARY, 2, of=LIBRARY.__getitem__))
def test_a_report_with_much_to_say_is_under_ten_screens(page: Playbook) -> None:
    report = write_report(full_diagnosis(page), page, severity=1)

    unfolded = replace(story(), report=report).page().html.replace("<details>", "<details open>")
    look = screen_of_page(unfolded)

    assert (False, ()) == (look.scrolls_sideways, look.errors)
    assert look.screens < 20


def test_an_incident_with_all_folds_shut_is_under_four_screens() -> None:
    look = screen_of_page(story().page().html)

    assert (False, ()) == (look.scrolls_sideways, look.errors)
    assert look.screens < 4


ACTING = [action for action in Action if action not in READ_ONLY and action is not Action.MAINTENANCE]
BARS = 144  # CSS pixels that a phone's browser keeps for itself


@pytest.mark.parametrize("action", ACTING)
def test_the_buttons_stand_on_the_first_screen(action: Action) -> None:
    asked = Drawing(broken_lobby(), DROPS.title).ask(action, "1.aa", None, note="The incident went on since.")
    # Cut below the form, with what the browser covers: what is left of the page must be a screen.
    top, _, rest = asked.html.partition("</form>")
    look = screen_of_page(f'{top}</form><div style="height:{BARS}px"></div></div></main></body></html>')

    assert '<dl class="facts">' in rest
    assert (False, (), True) == (look.scrolls_sideways, look.errors, look.screens <= 1)


def test_what_ends_an_incident_looks_different() -> None:
    pages = {action: Drawing(broken_lobby(), DROPS.title).ask(action, "1.aa", None).html for action in ACTING}

    assert [Action.RESOLVE] == [action for action, html in pages.items() if '<button class="ends">' in html]

from datetime import UTC, date, datetime

from shared.incidents.incident import Milestone
from shared.notices.cards.milestone_card import draw_milestone
from shared.notices.cards.telling.times import Times
from tests.notices.cards.judged import texts
from tests.notices.milestones import PLAYBOOK, opened

SEEN = datetime(2026, 11, 16, 7, 22, 2, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 11, 16), date(2026, 11, 17)


def test_a_moment_of_today_has_no_date() -> None:
    assert "07:22 UTC" == Times(TODAY).write(SEEN)
    assert "2026-11-16 07:22 UTC" == Times(TOMORROW).write(SEEN)


def test_teams_writes_it_where_the_receiver_is_set_so() -> None:
    assert "{{TIME(2026-11-16T07:22:02Z)}}" == Times(TODAY, is_local=True).write(SEEN)
    assert "{{DATE(2026-11-16T07:22:02Z, SHORT)}} {{TIME(2026-11-16T07:22:02Z)}}" == Times(
        TOMORROW, is_local=True
    ).write(SEEN)
    assert "07:22 UTC" == Times(TODAY, is_local=True).utc(SEEN)


def test_only_paragraphs_of_the_body_hold_a_time_for_teams_and_utc_stands_beside_it() -> None:
    card = draw_milestone(opened(), Milestone.OPENED, playbook=PLAYBOOK, is_local=True)
    text = "\n".join(texts(card))

    assert "Began {{TIME(2026-11-12T02:10:00Z)}}" in text
    assert "Began 2026-11-12 02:10 UTC" in text  # in the evidence
    assert "{{" not in card["fallbackText"]
    assert not any("{{" in str(element) for element in card["body"] if element["type"] == "ColumnSet")


def test_without_the_setting_a_card_is_utc_alone() -> None:
    assert "{{" not in str(draw_milestone(opened(), Milestone.OPENED, playbook=PLAYBOOK))

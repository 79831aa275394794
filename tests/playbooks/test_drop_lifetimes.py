"""Connections that end at one age, told apart from those that end at one moment and from an ordinary day."""

import pytest
from ask_pubsub import ask

from local.rows.pubsub_lives import SECOND, Lives
from local.rows.pubsub_log import CONNECTIVITY

DROPS = "web-pubsub-connection-drops"


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (30, "Google Cloud"),
        (60, "nginx"),
        (100, "Cloudflare"),
        (230, "App Service"),
        (240, "Azure Load Balancer"),
        (300, "Front Door"),
        (14400, "Front Door"),
    ],
)
def test_names_the_timeout_that_cuts_connections_among_healthy_ones(seconds: float, name: str) -> None:
    lives = Lives().everyday(150).at_age(120, seconds, 0.8)

    row = ask(lives.log, DROPS, "fixed-lifetime")

    assert "supported" == row["Verdict"]
    assert name in str(row["Summary"])
    assert seconds == pytest.approx(float(str(row["LifeSeconds"])), abs=2)


def test_finds_an_age_that_no_known_timeout_has() -> None:
    row = ask(Lives().everyday(150).at_age(150, 417).log, DROPS, "fixed-lifetime")

    assert "supported" == row["Verdict"]
    assert "no timeout in our table" in str(row["Summary"])


def test_aborted_connections_have_an_age_as_well() -> None:
    lives = Lives().everyday(100).at_age(100, 240, operation="ConnectionAborted")

    assert "supported" == ask(lives.log, DROPS, "fixed-lifetime")["Verdict"]


def test_a_day_of_lives_of_all_lengths_has_no_fixed_age() -> None:
    row = ask(Lives().everyday(900).log, DROPS, "fixed-lifetime")

    assert "refuted" == row["Verdict"]


def test_loops_of_two_seconds_do_not_hide_the_age() -> None:
    lives = Lives().everyday(60).at_age(60, 240)
    lives.at_age(600, 1.5, 0.2)

    assert "supported" == ask(lives.log, DROPS, "fixed-lifetime")["Verdict"]


def test_loops_of_two_seconds_are_no_fixed_age() -> None:
    lives = Lives().everyday(150).at_age(600, 1.5, 0.2)

    assert "refuted" == ask(lives.log, DROPS, "fixed-lifetime")["Verdict"]


def test_connections_that_start_and_end_together_share_an_age_by_chance() -> None:
    lives = Lives().everyday(40).at_once(150, 40, ages=[30.0] * 150)

    assert "refuted" == ask(lives.log, DROPS, "fixed-lifetime")["Verdict"]
    assert "supported" == ask(lives.log, DROPS, "mass-close")["Verdict"]


def test_a_mass_close_of_many_ages_is_no_fixed_age() -> None:
    lives = Lives().everyday(100).at_once(200, 31)

    assert "refuted" == ask(lives.log, DROPS, "fixed-lifetime")["Verdict"]


def test_ages_drawn_around_five_minutes_are_habits_and_no_timeout() -> None:
    lives = Lives().at_age(400, 300, spread=60)

    assert "refuted" == ask(lives.log, DROPS, "fixed-lifetime")["Verdict"]


def test_an_age_that_ends_a_seventh_of_them_is_a_minor_one() -> None:
    lives = Lives().at_age(400, 300, spread=60).at_age(60, 240, 0.2)

    row = ask(lives.log, DROPS, "fixed-lifetime")

    assert ("minor", 240) == (row["Verdict"], round(float(str(row["LifeSeconds"]))))


def test_a_client_that_renews_its_token_in_time_is_no_drop() -> None:
    row = ask(Lives().everyday(60).at_age(200, 3000).log, DROPS, "fixed-lifetime")

    assert "refuted" == row["Verdict"]
    assert "renewed by the client itself" in str(row["Summary"])


def test_without_any_logged_start_there_are_no_ages() -> None:
    lives = Lives()
    for number in range(80):
        lives.one(None, number * 0.7)

    assert "no-data" == ask(lives.log, DROPS, "fixed-lifetime")["Verdict"]


def test_a_dozen_ages_decide_nothing() -> None:
    assert "inconclusive" == ask(Lives().at_age(12, 240).log, DROPS, "fixed-lifetime")["Verdict"]


def test_sees_many_connections_of_all_ages_close_at_one_moment() -> None:
    lives = Lives().everyday(150).at_once(120, 22.5)

    row = ask(lives.log, DROPS, "mass-close")

    assert "supported" == row["Verdict"]
    assert 120 <= int(str(row["Burst"])) <= 125
    assert "09:22:" in str(row["Onset"])


def test_sees_a_mass_close_without_any_logged_start() -> None:
    lives = Lives().everyday(100).at_once(120, 22.5)
    rows = lives.log.rows[CONNECTIVITY]
    lives.log.rows[CONNECTIVITY] = [row for row in rows if row["OperationName"] != "ConnectionStarted"]

    assert "supported" == ask(lives.log, DROPS, "mass-close")["Verdict"]


@pytest.mark.parametrize("refusal", ["The token is expired.", "Connection count reaches limit"])
def test_clients_refused_when_they_come_back_never_outlived_the_mass_close(refusal: str) -> None:
    lives = Lives().everyday(30).at_once(120, 22.5)
    for number in range(400):
        lives.one(None, 23 + number / 40, refusal, "ConnectionAborted")

    assert "supported" == ask(lives.log, DROPS, "mass-close")["Verdict"]


def test_a_mass_close_of_ended_connections_is_a_symptom() -> None:
    assert "supported" == ask(Lives().everyday(100).at_once(120, 22.5).log, DROPS, "symptom")["Verdict"]


def test_a_small_group_that_leaves_together_is_no_mass_close() -> None:
    lives = Lives().everyday(100).at_once(25, 22.5)
    for _ in range(150):
        lives.one(-20, None)

    assert "refuted" == ask(lives.log, DROPS, "mass-close")["Verdict"]


def test_a_busy_hour_has_no_mass_close() -> None:
    assert "refuted" == ask(Lives().everyday(900).log, DROPS, "mass-close")["Verdict"]


def test_a_burst_of_refused_connects_over_quota_is_no_mass_close() -> None:
    lives = Lives().everyday(150)
    for number in range(80):
        lives.one(None, 20 + number * SECOND / 20, "Connection count reaches limit", "ConnectionAborted")

    assert "refuted" == ask(lives.log, DROPS, "mass-close")["Verdict"]


def test_nineteen_that_close_together_decide_nothing_and_twenty_do() -> None:
    def verdict(count: int) -> object:
        return ask(Lives().everyday(12, 50).at_once(count, 22.5).log, DROPS, "mass-close")["Verdict"]

    assert ("inconclusive", "supported") == (verdict(19), verdict(20))


def test_waves_at_one_age_are_laid_to_the_age() -> None:
    lives = Lives().everyday(60)
    for wave in range(8):
        lives.at_once(40, 10 + wave * 4, ages=[4.0] * 40)

    assert "supported" == ask(lives.log, DROPS, "fixed-lifetime")["Verdict"]
    assert "refuted" == ask(lives.log, DROPS, "mass-close")["Verdict"]


def test_a_class_that_comes_and_goes_together_has_no_age_of_its_own() -> None:
    lives = Lives().everyday(8).at_once(60, 40, ages=[30.0] * 60)
    for _ in range(300):
        lives.one(-20, None)

    assert ("refuted", "refuted") == (
        ask(lives.log, DROPS, "fixed-lifetime")["Verdict"],
        ask(lives.log, DROPS, "mass-close")["Verdict"],
    )


def test_ages_that_thin_out_slowly_to_both_sides_are_no_timeout() -> None:
    row = ask(Lives().at_age(150, 300, spread=8).log, DROPS, "fixed-lifetime")

    assert "refuted" == row["Verdict"]
    assert float(str(row["Strength"])) > 0.3


def test_clients_that_stay_for_seconds_have_no_mass_close_at_their_busiest_moment() -> None:
    lives = Lives().at_age(1500, 8, 2)

    assert "refuted" == ask(lives.log, DROPS, "mass-close")["Verdict"]


def test_a_mass_close_that_takes_ten_seconds_is_seen_whole() -> None:
    lives = Lives().everyday(50)
    for number in range(100):
        end = 22 + (3 + number / 10) * SECOND
        lives.one(end - lives.chance.uniform(2, 60), end)

    row = ask(lives.log, DROPS, "mass-close")

    assert "supported" == row["Verdict"]
    assert 100 <= int(str(row["Burst"])) <= 103

"""The keepalive comb: lifetimes at k times the ping interval plus the timeout."""

import pytest
from ask_transcription import ask, verdict

from local.rows.transcription_rows import API, SHOP, closed, hang_ups, session, spread, talk, trace

CHECK = "server-keepalive-timeout"
UNANSWERED = "sent 1011 (internal error) keepalive ping timeout; no close frame received"


def comb(
    count: int, *, interval: float = 20.0, timeout: float = 20.0, **properties: object
) -> list[dict[str, object]]:
    """Killed sockets: six of ten on the first beat, the rest on the next three."""
    beats = (1, 1, 1, 2, 1, 3, 1, 2, 1, 4)
    return [
        dict(closed(second, beats[number % 10] * interval + timeout + 0.004 * (number % 9), **properties))
        for number, second in enumerate(spread(count))
    ]


def test_finds_sockets_killed_at_forty_sixty_and_eighty_seconds() -> None:
    row = ask(CHECK, [*comb(60), *hang_ups(60)])

    assert ("supported", 60, 60, 36) == (row["Verdict"], row["Bad"], row["Hits"], row["AtFirst"])


def test_says_how_many_where_and_against_what_chance() -> None:
    row = ask(CHECK, [*comb(60), *hang_ups(60)])

    assert (
        "60 of 60 dropped sockets (100.0 %) ended where a keepalive ends them: 36 at 40 s" in row["Summary"]
    )


def test_names_the_beat_of_the_server_that_dropped_them_beside_its_successor() -> None:
    daphne = [closed(3000 + life, life, 1000, asgi_server="daphne/4.1.2") for life in talk(60)]

    row = ask(CHECK, [*comb(60), *daphne])

    assert (20.0, 20.0) == (row["Interval"], row["Timeout"])
    assert "36 at 40 s" in row["Summary"]


def test_rules_the_keepalive_out_when_dropped_sockets_are_of_all_ages() -> None:
    drops = [closed(second, life) for second, life in zip(spread(80), talk(80), strict=True)]

    assert "refuted" == verdict(CHECK, [*drops, *hang_ups(60)])


def test_finds_the_comb_of_usage_sessions_that_have_no_code() -> None:
    killed = [session(second, 40.0 + 20 * (number % 3)) for number, second in enumerate(spread(40))]
    ended = [session(second + 1, life) for second, life in zip(spread(40), talk(40), strict=True)]
    row = ask(CHECK, ACSCallAutomationStreamingUsage=[*killed, *ended])

    assert ("supported", "usage sessions") == (row["Verdict"], row["Summary"][-16:-2])


def test_rules_the_keepalive_out_for_usage_sessions_of_any_length() -> None:
    ended = [session(second, life) for second, life in zip(spread(150), talk(150), strict=True)]

    assert "refuted" == verdict(CHECK, ACSCallAutomationStreamingUsage=ended)


def test_prefers_the_records_and_never_counts_a_socket_twice() -> None:
    killed = comb(40)
    sessions = [session(second, 40.0) for second in spread(40)]
    row = ask(CHECK, killed, ACSCallAutomationStreamingUsage=sessions)

    assert (40, True) == (row["Total"], "ws_closed records" in row["Summary"])


def test_judges_by_enough_records_even_where_there_are_more_sessions() -> None:
    sessions = [session(second, 40.0) for second in spread(100)]

    assert 25 == ask(CHECK, hang_ups(25), ACSCallAutomationStreamingUsage=sessions)["Total"]


def test_judges_the_usage_sessions_when_the_records_are_a_stray_few() -> None:
    sessions = [session(second, 40.0) for second in spread(40)]

    assert 40 == ask(CHECK, hang_ups(3), ACSCallAutomationStreamingUsage=sessions)["Total"]


@pytest.mark.parametrize(
    ("killed", "expected"),
    [
        pytest.param(19, "inconclusive", id="nineteen are too few"),
        pytest.param(20, "supported", id="twenty are enough"),
    ],
)
def test_needs_twenty_dropped_sockets(killed: int, expected: str) -> None:
    assert expected == verdict(CHECK, [*comb(killed), *hang_ups(30)])


def test_stays_inconclusive_on_few_sockets_even_with_the_explicit_text() -> None:
    row = ask(CHECK, [*comb(8), *(trace(second, UNANSWERED) for second in spread(8))])

    assert ("inconclusive", 8) == (row["Verdict"], row["Texts"])


@pytest.mark.parametrize("off", [-1.4, 1.4])
def test_allows_a_second_and_a_half_of_jitter(off: float) -> None:
    assert "supported" == verdict(CHECK, [closed(second, 40.0 + off) for second in spread(40)])


@pytest.mark.parametrize("off", [-1.6, 1.6, 5.0, 10.0])
def test_does_not_take_sockets_beside_the_beat_for_killed_ones(off: float) -> None:
    assert "refuted" == verdict(CHECK, [closed(second, 40.0 + off) for second in spread(40)])


def test_follows_the_drift_of_a_server_that_adds_each_round_trip() -> None:
    late = [closed(second, 20.08 * (number % 12 + 1) + 20) for number, second in enumerate(spread(48))]

    assert 48 == ask(CHECK, late)["Hits"]


def test_uses_the_ping_settings_that_the_records_carry() -> None:
    settings = {"ping_interval_s": "30", "ping_timeout_s": "45"}
    row = ask(CHECK, comb(40, interval=30, timeout=45, **settings))

    assert ("supported", 24, 75.0) == (
        row["Verdict"],
        row["AtFirst"],
        row["Interval"] + row["Timeout"],
    )


def test_finds_no_comb_of_a_server_whose_pings_are_off() -> None:
    assert "refuted" == verdict(CHECK, comb(40, ping_interval_s="none"))


def test_finds_no_comb_of_a_server_that_never_pings() -> None:
    assert "refuted" == verdict(CHECK, comb(40, asgi_server="hypercorn/0.18.0"))


def test_knows_daphne_by_fifty_seconds_of_silence_whatever_the_age() -> None:
    lives = [
        closed(second, 55 + life, asgi_server="daphne/4.2.3", idle_s=51.2)
        for second, life in zip(spread(40), talk(40), strict=True)
    ]
    row = ask(CHECK, [*lives, *hang_ups(40)])

    assert ("supported", True) == (
        row["Verdict"],
        "40 after the silence that daphne allows" in row["Summary"],
    )


def test_accepts_1005_which_newer_servers_give_for_their_own_kill() -> None:
    assert "supported" == verdict(
        CHECK, [closed(second, 39.9 + 20 * (number % 2), 1005) for number, second in enumerate(spread(60))]
    )


def test_does_not_blame_the_keepalive_for_peers_that_close_without_a_status() -> None:
    ended = [closed(second, life, 1005) for second, life in zip(spread(120), talk(120), strict=True)]

    assert ("refuted", "refuted") == (verdict(CHECK, ended), verdict("symptom", ended))


def test_takes_one_age_that_is_no_first_beat_for_a_limit_and_not_for_a_comb() -> None:
    row = ask(CHECK, [closed(second, 240.0) for second in spread(40)])

    assert ("inconclusive", True) == (row["Verdict"], "a fixed limit" in row["Summary"])


def test_names_the_moment_from_which_sockets_die_on_the_beat() -> None:
    before = [session(second, life) for second, life in zip(spread(60, 120, 1700), talk(60), strict=True)]
    after = [session(second, 40.0) for second in spread(60, 1800, 3400)]
    row = ask(CHECK, ACSCallAutomationStreamingUsage=[*before, *after])

    assert "2025-02-26T09:30:00Z" == str(row["Onset"])


def test_counts_repeated_rows_once() -> None:
    killed = comb(30)

    assert 30 == ask(CHECK, [*killed, *killed[:20]])["Bad"]


def test_reads_a_record_that_carries_its_numbers_in_its_text_alone() -> None:
    lines = [
        trace(second, f"ws_closed lifetime_s=40.0{number % 9} close_code=1006")
        for number, second in enumerate(spread(30))
    ]

    assert ("supported", 30) == (ask(CHECK, lines)["Verdict"], ask(CHECK, lines)["Hits"])


def test_leaves_other_applications_out_when_one_is_named() -> None:
    elsewhere = [
        trace(second, "ws_closed", app=SHOP, lifetime_s="40.0", close_code="1006") for second in spread(60)
    ]

    assert "refuted" == verdict(CHECK, [*elsewhere, *hang_ups(40)])


def test_says_so_when_it_read_every_application() -> None:
    assert "every application of the workspace was read" in ask(CHECK, comb(30), apps=())["Summary"]


def test_counts_log_texts_where_no_close_is_recorded() -> None:
    row = ask(CHECK, [trace(second, UNANSWERED) for second in spread(25)])

    assert ("supported", 25) == (row["Verdict"], row["Texts"])


def test_leaves_out_kills_by_somebody_elses_server() -> None:
    texts = [trace(second, UNANSWERED.replace("sent", "received")) for second in spread(25)]

    assert "no-data" == verdict(CHECK, texts)


def test_calls_late_sends_an_effect_and_counts_none() -> None:
    late = "Unexpected ASGI message 'websocket.send', after sending 'websocket.close' or response already completed."
    row = ask(CHECK, [*(trace(second, late) for second in spread(50)), *hang_ups(50)])

    assert ("refuted", 0) == (row["Verdict"], row["Texts"])


def test_has_no_data_without_a_single_socket() -> None:
    assert "no-data" == verdict(CHECK, [trace(10, "Application startup complete.", app=API)])

"""The other reasons why transcription sockets drop, each against its nearest neighbour."""

import pytest
from ask_transcription import ask, verdict

from local.rows.transcription_rows import (
    CALLCENTER,
    Row,
    at,
    closed,
    hang_ups,
    media,
    operation,
    session,
    spread,
    talk,
    trace,
)

KEEPALIVE, STARVED, PROXY = "server-keepalive-timeout", "receive-starved", "proxy-idle-timeout"
SERVICE, URL, RESTART, TTS = (
    "stream-interrupted-by-service",
    "stream-url-invalid",
    "server-restart",
    "tts-correlated",
)


def killed(count: int, **properties: object) -> list[Row]:
    return [
        closed(second, 40.0 + 20 * (number % 3), **properties) for number, second in enumerate(spread(count))
    ]


def failed(count: int, subcode: int) -> list[Row]:
    return [
        trace(
            second,
            f"Microsoft.Communication.TranscriptionFailed for callConnectionId 421f0b00-0000-4000-8000-{number:012d}: "
            f'{{"code": 500, "subCode": {subcode}, "message": "Action failed."}}',
        )
        for number, second in enumerate(spread(count))
    ]


class TestAHandlerThatDoesNotRead:
    def test_is_found_where_the_gap_reached_the_ping_timeout(self) -> None:
        row = ask(STARVED, [*killed(40, max_receive_gap_s="31.5"), *hang_ups(60, max_receive_gap_s="0.1")])

        assert ("supported", 40) == (row["Verdict"], row["Hits"])

    def test_began_before_the_keepalive_killed(self) -> None:
        rows = [*killed(40, max_receive_gap_s="31.5"), *hang_ups(60, max_receive_gap_s="0.1")]

        assert str(ask(STARVED, rows)["Onset"]) < str(ask(KEEPALIVE, rows)["Onset"])

    def test_is_found_when_the_application_notices_its_kill_late(self) -> None:
        late = [
            closed(second, 47 + life, max_receive_gap_s="31.5")
            for second, life in zip(spread(40), talk(40), strict=True)
        ]
        rows = [*late, *hang_ups(60, max_receive_gap_s="0.1")]

        assert ("supported", "inconclusive") == (verdict(STARVED, rows), verdict(KEEPALIVE, rows))

    def test_is_ruled_out_when_killed_sockets_were_read_all_the_time(self) -> None:
        assert "refuted" == verdict(STARVED, [*killed(40, max_receive_gap_s="0.2"), *hang_ups(60)])

    def test_is_no_majority_where_more_died_on_the_comb_with_a_reading_handler(self) -> None:
        rows = [*killed(50, max_receive_gap_s="0.2"), *killed(45, max_receive_gap_s="31")]

        assert "inconclusive" == verdict(STARVED, rows)

    @pytest.mark.parametrize(("gap", "expected"), [("19.9", "refuted"), ("20.0", "supported")])
    def test_begins_at_the_ping_timeout(self, gap: str, expected: str) -> None:
        assert expected == verdict(STARVED, [*killed(40, max_receive_gap_s=gap), *hang_ups(60)])

    def test_is_harmless_under_daphne(self) -> None:
        rows = [
            closed(second, life, asgi_server="daphne/4.2.3", max_receive_gap_s="31")
            for second, life in zip(spread(40), talk(40), strict=True)
        ]

        assert "refuted" == verdict(STARVED, rows)

    def test_cannot_be_seen_without_gaps(self) -> None:
        assert "no-data" == verdict(STARVED, [*killed(40), *hang_ups(60)])

    def test_cannot_be_seen_in_usage_sessions(self) -> None:
        sessions = [session(second, 40.0) for second in spread(60)]

        assert "no-data" == verdict(STARVED, ACSCallAutomationStreamingUsage=sessions)


class TestAnIdleTimeout:
    def silent(self, count: int, idle: float, **properties: object) -> list[Row]:
        return [
            closed(
                second,
                idle + life,
                idle_s=f"{idle + 0.1 * (number % 5):.1f}",
                asgi_server="hypercorn/0.18.0",
                **properties,
            )
            for number, (second, life) in enumerate(zip(spread(count), talk(count), strict=True))
        ]

    def test_of_nginx_is_named_by_its_sixty_seconds(self) -> None:
        row = ask(PROXY, [*self.silent(40, 60.0), *hang_ups(60, idle_s="0.4")])

        assert ("supported", True) == (row["Verdict"], "nginx" in row["Summary"])

    def test_of_the_load_balancer_is_named_by_its_four_minutes(self) -> None:
        row = ask(PROXY, [*self.silent(40, 240.2), *hang_ups(60, idle_s="0.4")])

        assert ("supported", True) == (row["Verdict"], "Azure Load Balancer" in row["Summary"])

    def test_is_found_at_a_value_that_nobody_documents(self) -> None:
        row = ask(PROXY, [*self.silent(40, 173.0), *hang_ups(60, idle_s="0.4")])

        assert ("supported", True) == (row["Verdict"], "none of the known ones" in row["Summary"])

    @pytest.mark.parametrize("seconds", [60, 240])
    def test_is_no_starved_handler_where_the_record_takes_silence_for_a_gap(self, seconds: int) -> None:
        quiet = self.silent(40, seconds, max_receive_gap_s=f"{seconds}.2")

        assert verdict("proxy-idle-timeout", quiet) == "supported"
        assert verdict("receive-starved", quiet) == "refuted"

    def test_is_found_among_other_drops(self) -> None:
        noise = [
            closed(second, life, idle_s="1.2") for second, life in zip(spread(20), talk(20, 3), strict=True)
        ]

        assert "supported" == verdict(PROXY, [*self.silent(40, 60.0), *noise])

    def test_is_ruled_out_where_data_flowed(self) -> None:
        assert "refuted" == verdict(PROXY, [*killed(40, idle_s="0.8"), *hang_ups(60, idle_s="0.4")])

    def test_is_ruled_out_where_silent_sockets_were_killed_on_the_comb(self) -> None:
        rows = [closed(second, 40.0, idle_s="40.0") for second in spread(40)]

        assert ("refuted", "supported") == (verdict(PROXY, rows), verdict(KEEPALIVE, rows))

    def test_is_not_what_ends_a_silent_socket_of_daphne(self) -> None:
        rows = [
            closed(second, 55 + life, asgi_server="daphne/4.2.3", idle_s="51.4")
            for second, life in zip(spread(40), talk(40), strict=True)
        ]

        assert "refuted" == verdict(PROXY, rows)

    def test_cannot_be_told_from_a_limit_of_age_by_sockets_that_never_spoke(self) -> None:
        rows = [closed(second, 60.1, idle_s="60.1") for second in spread(40)]

        assert "inconclusive" == verdict(PROXY, rows)

    def test_does_not_explain_the_keepalive(self) -> None:
        assert "refuted" == verdict(KEEPALIVE, [*self.silent(40, 60.0), *hang_ups(60, idle_s="0.4")])

    def test_cannot_be_seen_without_the_silence(self) -> None:
        assert "no-data" == verdict(PROXY, [*killed(40), *hang_ups(60)])


class TestAnInterruptionByTheService:
    @pytest.mark.parametrize("subcode", [8578, 8580, 8564, 8565, 8579])
    def test_is_found_in_the_events_that_the_application_logs(self, subcode: int) -> None:
        rows = [*failed(40, subcode), *hang_ups(60)]

        assert ("supported", "refuted") == (verdict(SERVICE, rows), verdict(URL, rows))

    @pytest.mark.parametrize(
        "status",
        [
            "streamConnectionInterrupted",
            "TranscriptionStatusDetails.STREAM_CONNECTION_INTERRUPTED",
            "speechServicesConnectionError",
        ],
    )
    def test_is_found_by_the_status_alone(self, status: str) -> None:
        rows = [trace(second, f"transcription update {status}") for second in spread(40)]

        assert "supported" == verdict(SERVICE, [*rows, *hang_ups(60)])

    def test_is_found_in_the_media_summary(self) -> None:
        rows = [media(second, "Transcription", 8580) for second in spread(40)]

        assert "supported" == verdict(SERVICE, hang_ups(60), ACSCallAutomationMediaSummary=rows)

    def test_is_not_a_prompt_that_could_not_be_spoken(self) -> None:
        rows = [media(second, "Play", 8565, 400) for second in spread(40)]

        assert "refuted" == verdict(SERVICE, hang_ups(60), ACSCallAutomationMediaSummary=rows)

    def test_is_not_a_call_that_was_over_already(self) -> None:
        assert "refuted" == verdict(SERVICE, [*failed(40, 8528), *hang_ups(60)])

    def test_counts_a_failure_once_that_two_places_tell_of(self) -> None:
        rows = [media(second, "Transcription", 8578) for second in spread(30)]

        assert 30 == ask(SERVICE, failed(30, 8578), ACSCallAutomationMediaSummary=rows)["Hits"]

    def test_takes_a_socket_and_the_failure_that_tells_of_it_for_one(self) -> None:
        drops = [closed(second, life) for second, life in zip(spread(40), talk(40), strict=True)]

        assert 40 == ask(SERVICE, [*drops, *failed(40, 8578)])["Bad"]

    def test_is_not_blamed_for_the_cut_that_the_servers_own_keepalive_made(self) -> None:
        dying = killed(40)
        records = [
            trace(second + 0.5, "TranscriptionFailed subCode 8578 streamConnectionInterrupted")
            for second in spread(40)
        ]

        assert "inconclusive" == verdict(SERVICE, [*dying, *records])

    def test_explains_little_where_most_sockets_drop_without_a_report(self) -> None:
        assert "refuted" == verdict(SERVICE, [*killed(200), *failed(4, 8578)])

    def test_is_not_examined_where_nothing_would_tell(self) -> None:
        assert "no-data" == verdict(SERVICE, killed(40))


class TestAnInvalidUrl:
    def test_is_found_by_its_subcode(self) -> None:
        rows = failed(40, 8581)

        assert ("supported", "refuted") == (verdict(URL, rows), verdict(SERVICE, rows))

    def test_is_found_by_its_sentence_in_the_media_summary(self) -> None:
        sentence = "Action failed, Transport url is not valid or web socket server is not operational."
        rows = [media(second, "", 8581, 400, sentence) for second in spread(40)]

        assert "supported" == verdict(URL, ACSCallAutomationMediaSummary=rows)

    def test_is_found_by_requests_that_are_answered_405(self) -> None:
        rows = [operation(second, "StartTranscription", f"call-{second}", 405) for second in spread(40)]

        assert "supported" == verdict(URL, ACSCallAutomationIncomingOperations=rows)

    def test_is_inconclusive_on_a_handful(self) -> None:
        assert "inconclusive" == verdict(URL, failed(7, 8581))

    def test_makes_the_symptom_even_where_no_socket_was_opened(self) -> None:
        assert "supported" == verdict("symptom", failed(40, 8581))


class TestARestart:
    def together(self, count: int, *, code: int | None = 1006, second: float = 1500.2) -> list[Row]:
        return [closed(second + 0.02 * number, life, code) for number, life in enumerate(talk(count))]

    def test_is_found_where_sockets_of_all_ages_end_in_one_second(self) -> None:
        row = ask(RESTART, [*self.together(30), *hang_ups(60)])

        assert ("supported", 30) == (row["Verdict"], row["Hits"])

    def test_is_found_by_its_close_code(self) -> None:
        rows = [closed(second, life, 1012) for second, life in zip(spread(30), talk(30), strict=True)]

        assert "supported" == verdict(RESTART, [*rows, *hang_ups(60)])

    def test_is_found_where_the_server_says_going_away(self) -> None:
        assert "supported" == verdict(RESTART, [*self.together(30, code=1001), *hang_ups(60)])

    def test_is_found_in_usage_sessions(self) -> None:
        ended = [session(second, life) for second, life in zip(spread(200), talk(200), strict=True)]
        cut = [session(1500 + 0.02 * number, life) for number, life in enumerate(talk(40))]
        usage = [*ended, *cut]

        assert ("supported", "supported") == (
            verdict(RESTART, ACSCallAutomationStreamingUsage=usage),
            verdict("symptom", ACSCallAutomationStreamingUsage=usage),
        )

    def test_is_found_by_killed_workers_that_hold_few_sockets_each(self) -> None:
        times = spread(12)
        records = [trace(second, "[CRITICAL] WORKER TIMEOUT (pid:41)") for second in times]
        dropped = [
            closed(second + 1.1 + 0.1 * number, 30 + 7 * number, None)
            for second in times
            for number in range(3)
        ]

        assert "supported" == verdict(RESTART, [*records, *dropped, *hang_ups(60)])

    def test_is_not_a_keepalive_that_ends_sockets_which_began_together(self) -> None:
        rows = [closed(1500.2 + 0.02 * number, 40.0) for number in range(40)]

        assert ("refuted", "supported") == (verdict(RESTART, rows), verdict(KEEPALIVE, rows))

    def test_is_not_busy_traffic(self) -> None:
        rows = [closed(second, life) for second, life in zip(spread(3000), talk(3000), strict=True)]

        assert "refuted" == verdict(RESTART, rows)

    def test_names_the_changes_of_the_host(self) -> None:
        change = {
            "TimeGenerated": at(1490),
            "CategoryValue": "Administrative",
            "OperationNameValue": "Microsoft.Web/sites/restart/Action",
            "ActivityStatusValue": "Success",
            "CorrelationId": "c-1",
            "_ResourceId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/transcription-api",
        }

        assert 1 == ask(RESTART, [*self.together(30), *hang_ups(60)], AzureActivity=[change])["Changes"]


class TestPrompts:
    def calls(
        self, count: int, life: float, *, play_at: float | None = None, code: int = 1006, first: int = 0
    ) -> tuple[list[Row], list[Row]]:
        sockets, plays = [], []
        for number, second in enumerate(spread(count, 300 + first % 40, 3400), start=first):
            call = f"421F0B00-0000-4000-8000-{number:012d}"
            sockets.append(closed(second, life + number % 5, code, call_connection_id=call.lower()))
            if play_at is not None:
                plays.append(operation(second - life + play_at, "Play", call))
        return sockets, plays

    def test_are_not_blamed_where_sockets_without_one_die_at_the_same_age(self) -> None:
        with_play, plays = self.calls(40, 40, play_at=20)
        without, _ = self.calls(40, 40, first=100)
        row = ask(TTS, [*with_play, *without], ACSCallAutomationIncomingOperations=plays)

        assert ("refuted", 40) == (row["Verdict"], row["Near"])

    def test_are_correlated_where_only_sockets_with_one_drop(self) -> None:
        with_play, plays = self.calls(40, 130, play_at=115)
        without, _ = self.calls(60, 300, code=1000, first=100)

        assert "supported" == verdict(TTS, [*with_play, *without], ACSCallAutomationIncomingOperations=plays)

    def test_are_not_blamed_where_sockets_end_long_after_them(self) -> None:
        with_play, plays = self.calls(40, 230, play_at=15)

        assert "refuted" == verdict(TTS, with_play, ACSCallAutomationIncomingOperations=plays)

    def test_cannot_be_judged_without_a_control(self) -> None:
        with_play, plays = self.calls(40, 40, play_at=20)

        assert "inconclusive" == verdict(TTS, with_play, ACSCallAutomationIncomingOperations=plays)

    def test_are_not_blamed_in_usage_sessions_of_equal_length(self) -> None:
        dice = list(talk(120))
        sessions = [
            session(second, life, f"call-{number}")
            for number, (second, life) in enumerate(zip(spread(120), dice, strict=True))
        ]
        plays = [
            operation(second - 5, "Play", f"call-{number}")
            for number, second in enumerate(spread(120))
            if number % 2
        ]

        assert "refuted" == verdict(
            TTS, ACSCallAutomationStreamingUsage=sessions, ACSCallAutomationIncomingOperations=plays
        )

    def test_are_not_examined_where_none_is_recorded(self) -> None:
        assert "no-data" == verdict(TTS, killed(40, call_connection_id="c-1"))


class TestTheSymptom:
    def test_is_absent_where_sockets_are_hung_up(self) -> None:
        assert "refuted" == verdict("symptom", hang_ups(60))

    def test_is_there_where_usage_sessions_sit_on_the_comb(self) -> None:
        assert "supported" == verdict(
            "symptom", ACSCallAutomationStreamingUsage=[session(second, 40.0) for second in spread(60)]
        )

    def test_is_absent_from_usage_sessions_of_any_length(self) -> None:
        ended = [session(second, life) for second, life in zip(spread(150), talk(150), strict=True)]

        assert "refuted" == verdict("symptom", ACSCallAutomationStreamingUsage=ended)

    def test_is_open_on_a_handful(self) -> None:
        assert "inconclusive" == verdict("symptom", killed(9))

    def test_has_no_data_in_an_empty_window(self) -> None:
        assert "no-data" == verdict("symptom")

    def test_leaves_out_other_modalities_and_other_resources(self) -> None:
        other = [
            *(session(second, 40.0, StreamingModality="AudioStreamingMixed") for second in spread(30)),
            *(
                session(second, 40.0, _ResourceId=CALLCENTER.replace("callcenter", "lab"))
                for second in spread(30)
            ),
        ]

        assert "no-data" == verdict("symptom", ACSCallAutomationStreamingUsage=other)

"""The checks of acs-call-connection-failures read what contradicts them, set one caller aside and say what they do not know."""

import pytest
from ask_acs import ask, unexplained, verdicts
from test_acs_calls import branch, clinic, failing, without_media

from local.rows.acs_log import OPERATIONS, STREAMS, SUMMARY, UPDATES, AcsLog, spread

PLAYBOOK = "acs-call-connection-failures"
HALF_AN_HOUR = 1800


def verdict(log: AcsLog, check: str) -> object:
    return verdicts(log, PLAYBOOK, check)[0]


def ended(code: int, subcode: object, seconds: int | None, count: int = 40, **columns: object) -> AcsLog:
    """A clinic, and legs of as many patients that ended so after so many seconds."""
    log = clinic()
    for number, minute in enumerate(spread(count)):
        log.leg(minute, code, 0, "UnexpectedClientError", user=f"patient-{number}", ParticipantDuration=seconds, **{"ParticipantEndSubCode": str(subcode), **columns})  # fmt: skip
    return log


def states(log: AcsLog, connected_for: float) -> AcsLog:
    """The client of each leg that failed logs when it was connected, and for so many minutes."""
    for row in [row for row in log.rows[SUMMARY] if row["ParticipantEndReason"] == "410"]:
        call = str(row["CorrelationId"])
        for minute, state in ((10.0, {"NewState": "Connected"}), (10.0 + connected_for, {"NewState": "Disconnected", "Code": 410})):  # fmt: skip
            log.operation(minute, "StateChanged", "Succeeded", state, call=call)
            log.rows[OPERATIONS][-1] |= {
                "ParticipantId": row["ParticipantId"],
                "ClientInstanceId": f"c-{call}",
            }
    return log


def robot(log: AcsLog, count: int = 600, code: int = 480, subcode: int = 10037) -> AcsLog:
    for minute in spread(count, 1, 59):
        log.leg(minute, code, subcode, "ExpectedError", user="8:acs:dialling-robot", SdkVersion="ACSJS-1.2")
    return log


class TestACallThatLasted:
    @pytest.mark.parametrize(
        ("code", "subcode", "hypothesis"),
        [
            pytest.param(410, "", "ice-failed", id="410 without a subcode"),
            pytest.param(410, "0", "ice-failed", id="410/0"),
            pytest.param(410, "3112", "ice-failed", id="410/3112"),
            pytest.param(410, "301004", "ice-failed", id="410/301004"),
            pytest.param(496, "7", "signalling-lost", id="network lost during the call"),
            pytest.param(495, "4507", "token-invalid", id="token ended during the call"),
            pytest.param(480, "10037", "callee-unreachable", id="480"),
            pytest.param(403, "5828", "not-permitted", id="403"),
            pytest.param(500, "10045", "platform-incident", id="500"),
        ],
    )
    def test_was_connected_whatever_its_code(self, code: int, subcode: str, hypothesis: str) -> None:
        log = ended(code, subcode, HALF_AN_HOUR)

        assert ("refuted", "refuted") == verdicts(log, PLAYBOOK, "symptom", hypothesis)

    @pytest.mark.parametrize(("seconds", "bad"), [(None, 40), (0, 40), (20, 40), (85, 40), (120, 40), (121, 0), (900, 0)])  # fmt: skip
    def test_is_one_that_went_on_for_longer_than_a_call_is_set_up(
        self, seconds: int | None, bad: int
    ) -> None:
        assert bad == ask(ended(410, "", seconds), PLAYBOOK, "symptom")[0]["Bad"]

    def test_is_told_as_a_drop(self) -> None:
        (row,) = ask(ended(410, "", HALF_AN_HOUR), PLAYBOOK, "symptom")

        assert 48 == row["Dropped"]  # with the eight of the clinic itself
        assert "were connected and then lost" in str(row["Summary"])

    @pytest.mark.parametrize("category", ["Success", ""])
    @pytest.mark.parametrize(("code", "subcode"), [(0, 0), (487, 10004), (603, 0)])
    def test_that_ended_well_is_no_drop(self, code: int, subcode: int, category: str) -> None:
        log = clinic()
        for number, minute in enumerate(spread(40)):
            log.leg(minute, code, subcode, category, user=f"patient-{number}", ParticipantDuration=HALF_AN_HOUR)  # fmt: skip

        (row,) = ask(log, PLAYBOOK, "symptom")

        assert (0, 8) == (row["Bad"], row["Dropped"])  # the eight of the clinic itself

    def test_is_known_by_the_length_of_the_call_where_two_share_it(self) -> None:
        alone = ended(410, "", None, CallType="Group", CallDuration=HALF_AN_HOUR)
        both = ended(410, "", None, CallType="P2P", CallDuration=HALF_AN_HOUR, ParticipantId="null")

        assert (40, 0) == tuple(ask(log, PLAYBOOK, "symptom")[0]["Bad"] for log in (alone, both))

    def test_is_known_by_any_version_of_its_row(self) -> None:
        log = clinic()
        for number, minute in enumerate(spread(40)):
            leg = {"user": f"patient-{number}", "call": f"round-{number}", "ParticipantId": f"p-{number}"}
            log.leg(
                minute, 410, 0, table=UPDATES, CallUpdatesVersion=1, ParticipantDuration=HALF_AN_HOUR, **leg
            )
            log.leg(minute, 410, 0, table=UPDATES, CallUpdatesVersion=2, **leg)

        assert "refuted" == verdict(log, "symptom")

    @pytest.mark.parametrize(("minutes", "expected"), [(30.0, "refuted"), (0.3, "supported")])
    def test_is_known_by_the_states_of_its_client(self, minutes: float, expected: str) -> None:
        assert expected == verdict(states(ended(410, "", None), minutes), "ice-failed")

    @pytest.mark.parametrize(("minutes", "bad"), [(30.0, 0), (0.3, 25)])
    def test_is_known_by_its_client_where_no_leg_was_written(self, minutes: float, bad: int) -> None:
        log = clinic()
        for number, minute in enumerate(spread(25, 1, 20)):
            ends = {"NewState": "Disconnected", "Code": 410, "SubCode": 0}
            for moment, payload in ((minute, {"NewState": "Connected"}), (minute + minutes, ends)):
                log.operation(moment, "StateChanged", "Succeeded", payload, call=f"late-{number}")
                log.rows[OPERATIONS][-1]["ClientInstanceId"] = f"c-{number}"

        assert bad == ask(log, PLAYBOOK, "symptom")[0]["Bad"]

    @pytest.mark.parametrize(("packets", "expected"), [(5000, "refuted"), (0, "supported")])
    def test_is_known_by_the_packets_of_its_media(self, packets: int, expected: str) -> None:
        log = ended(410, "3112", 20)
        for row in [row for row in log.rows[SUMMARY] if row["ParticipantEndSubCode"] == "3112"]:
            log.add(STREAMS, 30, CorrelationId=row["CorrelationId"], ParticipantId=row["ParticipantId"], Identifier=row["Identifier"], EndpointType="VoIP", TransportType="UDP", PacketUtilization=packets)  # fmt: skip

        assert expected == verdict(log, "ice-failed")


def test_a_stream_without_a_packet_shows_no_transport_that_works() -> None:
    log = branch("TCP")
    for number in range(10):
        log.add(STREAMS, 55, Identifier=f"branch-{number}", EndpointType="VoIP", TransportType="UDP", PacketUtilization=0)  # fmt: skip

    assert "supported" == verdict(log, "udp-blocked")


class TestNoMediaPath:
    def legs(self, people: int, log: AcsLog) -> AcsLog:
        """Sixty calls of so many people that find no media path, without any client log."""
        for number, minute in enumerate(spread(60)):
            log.leg(minute, 410, 3112, "ExpectedError", user=f"patient-{number % people}")
        return log

    def without_streams(self) -> AcsLog:
        log = clinic()
        del log.rows[STREAMS]
        return log

    @pytest.mark.parametrize(
        ("people", "expected"), [(60, "supported"), (40, "supported"), (12, "inconclusive")]
    )
    def test_stays_open_where_the_same_people_fail_and_no_stream_tells(
        self, people: int, expected: str
    ) -> None:
        assert expected == verdict(self.legs(people, self.without_streams()), "ice-failed")

    @pytest.mark.parametrize(("people", "expected"), [(60, "supported"), (12, "inconclusive")])
    def test_stays_open_where_the_same_people_always_fail_and_no_client_tells(
        self, people: int, expected: str
    ) -> None:
        assert expected == verdict(self.legs(people, clinic()), "ice-failed")


class TestARefusal:
    @pytest.mark.parametrize("subcode", [5828, 5829, 5830, 510403, 40200, 98765])
    def test_with_403_is_one_of_permission(self, subcode: int) -> None:
        log = failing(403, subcode, "ExpectedError", count=62, log=clinic(good=3))

        (row,) = ask(log, PLAYBOOK, "not-permitted")

        assert ("supported", 62, 62) == (row["Verdict"], row["Hits"], row["Callers"])
        assert f"403/{subcode} (62)" in str(row["Summary"])

    def test_with_403_and_no_subcode_is_one_of_permission_and_no_invalid_token(self) -> None:
        log = failing(403, 0)

        assert ("supported", "refuted") == verdicts(log, PLAYBOOK, "not-permitted", "token-invalid")

    def test_with_403_and_tokens_for_chat_alone_lacks_the_scope(self) -> None:
        log = failing(403, 0)
        for number in range(20):
            log.identity(-60, "CreateToken", f"patient-{number}", ("chat",))

        assert ("supported", "refuted") == verdicts(log, PLAYBOOK, "voip-scope-missing", "not-permitted")

    def test_with_401_is_none_of_permission(self) -> None:
        assert "refuted" == verdict(failing(401, 10009), "not-permitted")


class TestACodeThatNobodyKnows:
    @pytest.mark.parametrize("category", ["ExpectedError", "UnexpectedClientError", ""])
    def test_is_a_failure_whatever_its_category(self, category: str) -> None:
        assert 40 == ask(failing(477, 99123, category), PLAYBOOK, "symptom")[0]["Bad"]

    @pytest.mark.parametrize(
        ("code", "subcode"), [(486, 0), (600, 0), (429, 10110), (409, 40228), (409, 40230)]
    )
    def test_is_none_where_the_code_is_a_normal_end(self, code: int, subcode: int) -> None:
        assert 0 == ask(failing(code, subcode, "ExpectedError"), PLAYBOOK, "symptom")[0]["Bad"]

    def test_is_told_most_frequent_first(self) -> None:
        log = failing(477, 99123, "UnexpectedClientError", 30, failing(429, 5029, "ExpectedError", 12))

        assert [
            ("end code 477/99123 (UnexpectedClientError)", 30, 30, 42),
            ("end code 429/5029 (ExpectedError)", 12, 12, 42),
        ] == unexplained(log, PLAYBOOK)

    def test_is_told_with_the_operation_that_failed(self) -> None:
        log = clinic()
        for minute in spread(25):
            log.operation(minute, "StartCall", "Failed", {"Code": 418, "SubCode": 7}, status=418)

        assert [("end code 418/7 of StartCall (Failed)", 25, 25, 25)] == unexplained(log, PLAYBOOK)

    @pytest.mark.parametrize(("code", "subcode"), [(410, 3112), (401, 10009), (403, 98765), (480, 10037), (500, 10045), (430, 10315)])  # fmt: skip
    def test_is_none_that_a_hypothesis_owns(self, code: int, subcode: int) -> None:
        assert [] == unexplained(failing(code, subcode), PLAYBOOK)


class TestOneCaller:
    def test_is_told_and_shows_no_symptom_for_the_others(self) -> None:
        log = robot(clinic())

        assert ("refuted", "refuted", "supported") == verdicts(
            log, PLAYBOOK, "symptom", "callee-unreachable", "one-client"
        )

    def test_is_named_with_its_count_codes_and_version(self) -> None:
        (row,) = ask(robot(clinic()), PLAYBOOK, "one-client")

        assert (600, 1, 0) == (row["Hits"], row["Callers"], row["RestBad"])
        for part in ("8:acs:dialling-robot (600)", "480/10037 (600)", "ACSJS-1.2 (600)"):
            assert part in str(row["Summary"])

    def test_buries_no_cause_of_the_others(self) -> None:
        log = robot(failing(401, 10009))

        assert ("supported", "minor", "refuted") == verdicts(
            log, PLAYBOOK, "token-invalid", "one-client", "callee-unreachable"
        )

    def test_is_not_seen_where_the_failures_spread(self) -> None:
        assert "refuted" == verdict(failing(480, 10037), "one-client")

    def test_is_not_set_aside_where_nobody_else_calls(self) -> None:
        assert "supported" == verdict(robot(AcsLog(), 40), "callee-unreachable")


def test_a_second_fault_is_minor_and_says_whom_it_hit() -> None:
    log = failing(480, 10037, "ExpectedError", 25, failing(410, 3112, "ExpectedError", 120))

    (row,) = ask(log, PLAYBOOK, "callee-unreachable")

    assert ("minor", 25, 25) == (row["Verdict"], row["Hits"], row["Callers"])


@pytest.mark.parametrize(
    ("code", "subcode", "hypothesis"),
    [
        pytest.param(401, 10009, "token-invalid", id="token"),
        pytest.param(401, 44113, "voip-scope-missing", id="scope"),
        pytest.param(410, 3112, "ice-failed", id="media"),
        pytest.param(496, 7, "signalling-lost", id="signalling"),
        pytest.param(480, 10077, "callee-unreachable", id="callee"),
        pytest.param(503, 560503, "platform-incident", id="server"),
    ],
)
def test_a_cause_says_the_end_code_and_the_version(code: int, subcode: int, hypothesis: str) -> None:
    log = failing(code, subcode)
    for row in log.rows[SUMMARY]:
        row["SdkVersion"] = "ACSJS-1.28.4" if row["ParticipantEndReason"] == str(code) else "ACSJS-1.27.1"

    (row,) = ask(log, PLAYBOOK, hypothesis)

    assert f"They ended with {code}/{subcode} (40)." in str(row["Summary"])
    assert "SDK: ACSJS-1.28.4 (40)." in str(row["Summary"])
    assert 40 == row["Callers"]


def test_a_cause_says_the_operation_of_the_client() -> None:
    log = clinic()
    for minute in spread(25):
        log.operation(minute, "CallAgentInit", "Failed", {"Code": 401, "SubCode": 44113}, status=401)

    (row,) = ask(log, PLAYBOOK, "voip-scope-missing")

    assert "They ended with 401/44113 of CallAgentInit (25)." in str(row["Summary"])


@pytest.mark.parametrize(
    ("log", "hypothesis", "words"),
    [
        pytest.param(branch("TCP"), "udp-blocked", "belong to 10 people whose media ran only over TCP", id="transport"),
        pytest.param(without_media(30, 0), "relay-unreachable", "It hit 30 callers.", id="relay"),
        pytest.param(without_media(0, 30), "ice-failed", "of 30 callers found no media path", id="media"),
    ],
)  # fmt: skip
def test_a_cause_of_lost_media_says_how_many_it_hit(log: AcsLog, hypothesis: str, words: str) -> None:
    (row,) = ask(log, PLAYBOOK, hypothesis)

    assert words in str(row["Summary"])


@pytest.mark.parametrize(
    ("reason", "hypothesis"),
    [
        ("AccessToken does not contain 'voip' or 'voip.join' scope", "voip-scope-missing"),
        ("The token lacks the required VoIP scopes", "voip-scope-missing"),
        ("AccessToken expired", "token-invalid"),
        ("Failed to get AccessToken", "token-invalid"),
        ("Access token is expired and failed to fetch a valid one after retries", "token-invalid"),
        ("Token has expired", "token-invalid"),
        ("The provided token is invalid", "token-invalid"),
    ],
)
def test_a_refusal_in_words_alone_is_read(reason: str, hypothesis: str) -> None:
    log = clinic()
    for minute in spread(25):
        log.operation(minute, "CallAgentInit", "Failed", {"FailureReason": reason}, status=400)

    assert "supported" == verdict(log, hypothesis)


class TestMediaOverTcpAlone:
    def office(self, people: int) -> AcsLog:
        log = clinic()
        for person in range(people):
            for minute in (10, 20, 30):
                log.leg(minute, 0, 0, "Success", user=f"office-{person}")
                log.stream(minute, "TCP", f"office-{person}")
        return log

    @pytest.mark.parametrize(
        ("people", "risk"), [(0, False), (1, False), (2, False), (3, True), (5, True), (12, True)]
    )
    def test_is_a_risk_from_three_people_on_although_nobody_fails(self, people: int, risk: bool) -> None:
        (row,) = ask(self.office(people), PLAYBOOK, "udp-blocked")

        assert ("refuted", risk, people) == (row["Verdict"], row["Risk"], row["TcpPeople"])

    def test_is_no_risk_where_nobody_has_udp(self) -> None:
        log = self.office(5)
        for row in log.rows[STREAMS]:
            row["TransportType"] = "TCP"

        assert False is ask(log, PLAYBOOK, "udp-blocked")[0]["Risk"]

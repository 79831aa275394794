import asyncio
import json
import threading
from datetime import timedelta

import azure.functions as func
import pytest

from functions.report_readiness import blueprint
from shared.app import readiness as capability
from shared.errors import InputError, LinekeeperError
from shared.health.readiness import DOWN, UP, Probe, Prober, ProbeResult, Report, answer, readiness

KEY = "a-key-for-monitors"
BROKEN = Report((ProbeResult("settings"), ProbeResult("storage", "the queue work does not answer")))


def fail(error: Exception) -> None:
    raise error


def test_is_up_when_every_dependency_answers() -> None:
    report = readiness([Probe("settings", lambda: None), Probe("storage", lambda: "any value")])

    assert {
        "status": "up",
        "checks": [
            {"name": "settings", "ok": True, "problem": ""},
            {"name": "storage", "ok": True, "problem": ""},
        ],
    } == report.as_json(details=True)


def test_names_what_fails_and_still_asks_the_rest() -> None:
    wrong = InputError("resources.yaml:12", "'lobby' is not an ARM resource id", "/subscriptions/...")
    report = readiness([Probe("configuration", lambda: fail(wrong)), Probe("storage", lambda: None)])

    expected = "resources.yaml:12: 'lobby' is not an ARM resource id; expected /subscriptions/..."
    assert (ProbeResult("configuration", expected), ProbeResult("storage")) == report.checks
    assert not report.ok


def test_does_not_wait_for_a_dependency_that_hangs() -> None:
    hung = threading.Event()
    report = readiness(
        [Probe("workspace", hung.wait, within=timedelta(milliseconds=30)), Probe("storage", lambda: None)]
    )
    hung.set()

    assert (ProbeResult("workspace", "no answer within 0.03 s"), ProbeResult("storage")) == report.checks


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_of_another_kind_is_a_problem_too() -> None:
    probes = [Probe("storage", lambda: fail(ValueError("a defect"))), Probe("settings", lambda: None)]
    checks = Prober(most_threads=1).report(probes).checks

    expected = "it ended without an answer; the log of the app tells why"
    assert (ProbeResult("storage", expected), ProbeResult("settings")) == checks


def test_hanging_dependencies_hold_only_so_many_threads_over_all_reports() -> None:
    hung, came = threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        came.release()
        hung.wait()

    prober = Prober(most_threads=2, within=timedelta(milliseconds=40))
    probes = [Probe(f"workspace {number}", hang, within=timedelta(milliseconds=20)) for number in range(5)]
    reports = [prober.report(probes) for _ in range(3)]
    hung.set()

    in_vain, unasked = "no answer within 0.02 s", "not asked: too many others before it gave no answer"
    assert [in_vain, in_vain, unasked, unasked, unasked] == [check.problem for check in reports[0].checks]
    assert {unasked} == {check.problem for report in reports[1:] for check in report.checks}
    assert [True, True, False] == [came.acquire(blocking=False) for _ in range(3)]


def test_shows_no_secret_of_a_problem() -> None:
    leak = LinekeeperError("refused: AccountKey=" + "q7" * 43 + "==")
    (check,) = readiness([Probe("storage", lambda: fail(leak))]).checks

    assert "q7q7" not in check.problem


def test_a_problem_without_words_is_named_by_its_kind() -> None:
    (check,) = readiness([Probe("storage", lambda: fail(LinekeeperError("")))]).checks

    assert ProbeResult("storage", "LinekeeperError") == check


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        pytest.param(None, KEY, id="a caller without a key"),
        pytest.param("guess", KEY, id="a wrong key"),
        pytest.param("ключ", KEY, id="a wrong key beyond ASCII"),
        pytest.param(None, None, id="no key is set"),
        pytest.param("", "", id="the key set is empty"),
    ],
)
def test_anyone_learns_up_or_down_and_no_more(given: str | None, ours: str | None) -> None:
    assert (DOWN, {"status": "down"}) == answer(BROKEN, given_key=given, key=ours)
    assert (UP, {"status": "up"}) == answer(Report(()), given_key=given, key=ours)


def test_the_key_opens_names_and_problems() -> None:
    _, body = answer(BROKEN, given_key=KEY, key=KEY)

    assert BROKEN.as_json(details=True) == body


def test_the_function_answers_503_with_details_for_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capability, "report", lambda _: BROKEN)
    monkeypatch.setenv("HEALTH_KEY", KEY)
    (function,) = blueprint._function_builders
    handler = function._function.get_user_function()
    request = func.HttpRequest("GET", "/api/health/ready", headers={"X-Health-Key": KEY}, body=b"")

    answered = asyncio.run(handler(request))

    assert DOWN == answered.status_code
    assert BROKEN.as_json(details=True) == json.loads(answered.get_body())

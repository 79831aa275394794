"""Look at an app after its deployment: did it load its functions, is it ready, does an alert come through?"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from local.deploy.drills import DrillStep, alert_of_step, send_step
from local.deploy.running_app import KEY_VARIABLE, RunningApp
from shared.errors import InputError

MAY_REST = frozenset(
    {"set_alert_states", "try_line"}
)  # infra/bicep disables them where they have nothing to do


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """One thing that was tried."""

    works: bool
    text: str


def smoke(
    app: RunningApp, expected: Collection[str], health_key: str, now: datetime
) -> Iterator[SmokeResult]:
    """Try one thing after the other; `expected` are the names of the functions."""
    yield from _functions(app, expected)
    yield _host(app)
    yield _readiness(app, health_key)
    yield _drill(app, now)


def _functions(app: RunningApp, expected: Collection[str]) -> Iterator[SmokeResult]:
    answer = app.get("/admin/functions")
    if answer.status in (401, 403):
        text = f"functions: {answer.status}: {KEY_VARIABLE} must be the master key, as `az functionapp keys list` prints it"
        yield SmokeResult(False, text)
        return
    if answer.status != 200 or not isinstance(answer.document, list):
        yield SmokeResult(False, f"functions: the host answers {answer.status}")
        return
    listed = {str(each.get("name")): each for each in answer.document if isinstance(each, dict)}
    missing, others = sorted(set(expected) - set(listed)), sorted(set(listed) - set(expected))
    resting = {name for name, each in listed.items() if each.get("isDisabled") is True}
    disabled = sorted(resting - MAY_REST)
    if not listed:
        yield SmokeResult(
            False, "functions: the app loaded none; its logs say why the worker could not import it"
        )
    elif missing:
        yield SmokeResult(False, f"functions: missing {', '.join(missing)}")
    if disabled:
        yield SmokeResult(False, f"functions: disabled {', '.join(disabled)}")
    if others:
        yield SmokeResult(False, f"functions: not ours {', '.join(others)}: another version is deployed")
    if not missing and not disabled and not others:
        yield SmokeResult(True, f"functions: all {len(listed)} are loaded{_rest(resting)}")


def _rest(resting: Collection[str]) -> str:
    return (
        f"; disabled, as the template does where there is nothing to do: {', '.join(sorted(resting))}"
        if resting
        else ""
    )


def _host(app: RunningApp) -> SmokeResult:
    answer = app.get("/admin/host/status")
    status = answer.document if answer.status == 200 and isinstance(answer.document, dict) else {}
    if not status:
        return SmokeResult(False, f"host: it answers {answer.status}")
    errors = status.get("errors") or ()
    if status.get("state") != "Running" or errors:
        return SmokeResult(False, "; ".join([f"host: {status.get('state')}", *map(str, errors)]))
    bundle = (status.get("extensionBundle") or {}).get("version", "unknown")
    return SmokeResult(True, f"host: running, version {status.get('version')}, extension bundle {bundle}")


def _readiness(app: RunningApp, health_key: str) -> SmokeResult:
    answer = app.get("/api/health/ready", {"x-health-key": health_key} if health_key else {})
    if answer.status == 200:
        return SmokeResult(True, "readiness: ready")
    checks = answer.document.get("checks") if isinstance(answer.document, dict) else None
    if not isinstance(checks, list):
        return SmokeResult(False, f"readiness: {answer.status}; with HEALTH_KEY set it names what is wrong")
    wrong = [f"{each.get('name')}: {each.get('problem')}" for each in checks if each.get("ok") is not True]
    return SmokeResult(False, f"readiness: {answer.status}: {'; '.join(wrong)}")


def _drill(app: RunningApp, now: datetime) -> SmokeResult:
    step = DrillStep("smoke test", ["Sent after a deployment, from the route of alerts to this channel."])
    try:
        send_step(app, alert_of_step(step, 1, 1, now))
    except InputError as error:
        return SmokeResult(False, f"drill: {error.message}")
    return SmokeResult(True, "drill: accepted; look whether its card stands in the channel of drills")

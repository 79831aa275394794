"""Whether what runs has the versions that were tested together, and whether the clock here is right."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from local.doctor.app import WatchingApp
from local.doctor.azure import AskedAzure
from local.doctor.remark import Light, Remark, unread
from local.host.options import HOST_JSON
from shared.context.configuration import SETTINGS, SETTINGS_VERSION
from shared.context.ports import SourceUnavailableError

AREA, CLOCK = "versions", "clock"
OLDEST_PYTHON = (3, 11)
# The newest of the extension bundle 4 that was known in July 2026; the host takes the newest that host.json admits.
KNOWN_BUNDLE = "4.38.0"

_OFF = timedelta(seconds=60)  # a window of a minute is another one by then
_PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[^]]*\])?==(?P<version>[\w.]+)$")
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")


def version_remarks(app: WatchingApp | None, host_json: Path = HOST_JSON) -> Iterator[Remark]:
    """Judge Python, the packages, the extension bundle, and the runtime of the app."""
    here = sys.version_info[:2]
    yield Remark(AREA, Light.GREEN if here >= OLDEST_PYTHON else Light.RED, f"Python here: {here[0]}.{here[1]}",
                 "" if here >= OLDEST_PYTHON else "make setup PYTHON=python3.11")  # fmt: skip
    yield _packages(pins())
    yield _bundle(host_json)
    if app is not None:
        yield _runtime(app)


def clock_remark(azure: AskedAzure, resource: str, now: datetime) -> Remark:
    """Compare the clock here with that of Azure."""
    try:
        theirs = azure.time(f"{resource}{SETTINGS}", SETTINGS_VERSION)
    except SourceUnavailableError as error:
        return unread(CLOCK, "the time of Azure", error)
    seconds = round((now - theirs).total_seconds())
    if abs(seconds) <= _OFF.total_seconds():
        return Remark(CLOCK, Light.GREEN, f"this machine and Azure differ by {abs(seconds)} s")
    way = "ahead of" if seconds > 0 else "behind"
    text = f"this machine is {abs(seconds)} s {way} Azure, so that tokens and windows made here are wrong"
    return Remark(CLOCK, Light.RED, text, "sudo timedatectl set-ntp true")


def pins() -> dict[str, str]:
    """Return the versions that the project pins, by package; nothing where it is not installed."""
    try:
        lines = requires("linekeeper") or ()
    except PackageNotFoundError:
        return {}
    matches = filter(None, (_PIN.match(line) for line in lines))  # those of extras have a condition
    return {match["name"]: match["version"] for match in matches}


def _packages(pinned: dict[str, str]) -> Remark:
    if not pinned:
        return Remark(AREA, Light.UNREAD, "which versions are pinned: Linekeeper is not installed here")
    others = [
        f"{name} {there or 'missing'} instead of {pin}"
        for name, pin in pinned.items()
        if (there := _installed(name)) != pin
    ]
    if others:
        return Remark(AREA, Light.RED, f"packages here: {', '.join(others)}", "python -m pip install -r requirements.txt")  # fmt: skip
    sdks = [name for name in pinned if name.startswith("azure-")]
    return Remark(
        AREA,
        Light.GREEN,
        f"packages here are the {len(pinned)} that are pinned, {len(sdks)} SDKs of Azure among them",
    )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _bundle(host_json: Path) -> Remark:
    try:
        wanted = str(json.loads(host_json.read_text(encoding="utf-8"))["extensionBundle"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return Remark(AREA, Light.UNREAD, "which extension bundle host.json asks for: it cannot be read")
    if not wanted.startswith("[4."):
        mend = f'edit {host_json.name}: "extensionBundle": {{ "version": "[4.*, 5.0.0)" }}'
        return Remark(
            AREA, Light.RED, f"host.json asks for the extension bundle {wanted}; 4 was tested", mend
        )
    return Remark(
        AREA, Light.GREEN, f"host.json asks for the extension bundle {wanted}; {KNOWN_BUNDLE} is known"
    )


def _runtime(app: WatchingApp) -> Remark:
    number = _VERSION.search(app.runtime)
    if not app.runtime or number is None:
        return Remark(AREA, Light.UNREAD, f"the runtime of {app.name} is not told")
    if app.runtime.startswith("python") and _at_least(number.groups()):
        return Remark(AREA, Light.GREEN, f"{app.name} runs on {app.runtime}")
    return Remark(
        AREA,
        Light.RED,
        f"{app.name} runs on {app.runtime}, and needs Python 3.11 or later",
        f"az functionapp runtime config set {app.target} --runtime-version 3.11",
    )


def _at_least(number: Iterable[str]) -> bool:
    return tuple(int(part or 0) for part in number) >= OLDEST_PYTHON

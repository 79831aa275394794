"""Open a channel's page in headless Chromium, which comes from npm, and read what stands on the screen."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.machine.node import node_command, package_folder
from local.machine.places import ROOT, cache_folder

PHONE = 390  # CSS pixels, the width of most phones
DESK = 1280  # CSS pixels, of a laptop
VISIBLE_TO = 788  # CSS pixels: 844 high, with a bar of 56 below; the one above takes 64

_HERE = Path(__file__).parent
_PATIENCE = 60  # seconds
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{own}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


class BrowserError(Exception):
    """The browser could not be started, or could not draw; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class MessageOnScreen:
    """One message of a channel, as it stands on the screen.

    Attributes:
        links: where the buttons lead.
        anchors: where links within the text lead.
        tags: the kinds of elements that it is made of.
        objections: what the renderer found wrong with its card.
        bottoms: where each element with an id, and each button by its title, ends: CSS pixels from the top of the page, were
            this message its first.
    """

    text: str
    buttons: tuple[str, ...]
    links: tuple[str, ...]
    anchors: tuple[str, ...]
    tags: tuple[str, ...]
    objections: tuple[str, ...]
    bottoms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FoldOnScreen:
    """A fold of a card: the text of its row, and all its text before and after one has touched it."""

    title: str
    shut: str
    open: str


@dataclass(frozen=True, slots=True)
class Screen:
    """A page, as it stands on the screen.

    Attributes:
        screens: how many screens of the phone it is long.
        scrolls_sideways: whether it is wider than the screen.
        sticking_out: what does not fit within the width.
        errors: what the browser complained about.
        origins: the hosts that anything was loaded from.
        folds: every fold, in order; none where they were not to be opened.
    """

    messages: tuple[MessageOnScreen, ...]
    screens: float
    scrolls_sideways: bool
    sticking_out: tuple[str, ...]
    errors: tuple[str, ...]
    origins: tuple[str, ...]
    folds: tuple[FoldOnScreen, ...] = ()


def screen_of(
    page: str,
    *,
    messages: int,
    width: int = PHONE,
    picture: Path | None = None,
    dark: bool = False,
    phone: bool = False,
    opened: bool = False,
    patience: float = 20,
) -> Screen:
    """Open a page, wait until it shows so many messages, and write a picture of the last, if wanted.

    A page that shows none is drawn whole. A screen that is wider than a phone is that of a desk.

    With `phone` the bars of Teams lie over the page, and the picture is of the first screen; with `opened` every fold is
    opened, and the picture is of the whole page.

    Raises:
        BrowserError: Chromium did not start, or the page did not come to show so many.
    """
    unpacked = unpacked_chromium()
    options = {
        "executable": str(unpacked / "chromium"),
        "address": page,
        "messages": messages,
        "width": width,
        "picture": str(picture) if picture else None,
        "dark": dark,
        "phone": phone,
        "open": opened,
        "patience": patience * 1000,
    }
    output = _node([str(_HERE / "look.mjs"), json.dumps(options)], browser_environment(unpacked))
    screen = json.loads(output)
    messages_on_screen = tuple(_message(fields) for fields in screen.pop("messages"))
    folds = tuple(FoldOnScreen(**fields) for fields in screen.pop("folds"))
    return Screen(
        messages=messages_on_screen, folds=folds, **{name: _listed(value) for name, value in screen.items()}
    )


def screen_of_page(
    html: str, *, width: int = PHONE, picture: Path | None = None, dark: bool = False
) -> Screen:
    """Open a page of ours that is not served, and write a picture of all of it, if wanted.

    Raises:
        BrowserError: Chromium did not start, or could not draw it.
    """
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(html.replace("<body>", '<body data-drawn="0">'), encoding="utf-8")
        return screen_of(page.as_uri(), messages=0, width=width, picture=picture, dark=dark)


def unpacked_chromium(folder: Path | None = None) -> Path:
    """Return the folder of the unpacked browser; the first call on a machine unpacks it, in seconds.

    It is unpacked beside its place and then put there at once: no other process sees half of it.
    """
    folder = folder or cache_folder("chromium")
    package = package_folder("@sparticuz/chromium") / "package.json"
    version = str(json.loads(package.read_text(encoding="utf-8"))["version"])
    place = folder / version
    if not (place / "chromium").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f"{version}-", dir=folder))
        _node([str(_HERE / "unpack.mjs")], {**os.environ, "TMPDIR": str(making)})
        fonts = _FONTS.format(own=place / "fonts", cache=place / "fonts-cache")
        (making / "fonts.conf").write_text(fonts, encoding="utf-8")
        try:
            making.rename(place)
        except OSError:  # another process was faster
            shutil.rmtree(making)
    return place


def browser_environment(unpacked: Path) -> Mapping[str, str]:
    """Return an environment in which the browser finds what came with it, and needs nothing of the system."""
    own = str(unpacked / "al2023/lib")
    paths = os.environ.get("LD_LIBRARY_PATH")
    return {
        **os.environ,
        "LD_LIBRARY_PATH": os.pathsep.join([own, paths] if paths else [own]),
        "FONTCONFIG_FILE": str(unpacked / "fonts.conf"),
    }


def _node(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    try:
        process = subprocess.run(  # noqa: S603  # the command is ours
            [*node_command(), *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise BrowserError(f"{Path(arguments[0]).name} took more than {_PATIENCE} s") from expired
    if process.returncode:
        raise BrowserError(
            f"{Path(arguments[0]).name} ended with {process.returncode}: {process.stderr[-2000:]}"
        )
    return process.stdout


def _message(fields: Mapping[str, Any]) -> MessageOnScreen:
    return MessageOnScreen(**{name: _listed(value) for name, value in fields.items()})


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value

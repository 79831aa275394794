"""Linekeeper, installed: one top-level package that holds the app as it stands in the repository.

`shared`, `functions` and `local` would be rude names in somebody's site-packages. The wheel keeps them, with
everything else that the app reads, in the folder `app` of this package, and the entry point puts that folder first
on the path. In a clone there is no such folder, and the repository itself is the app.
"""

import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def app_folder() -> Path:
    """Return the folder that holds `shared`, `functions` and `local`: the wheel's own, or the clone's root."""
    inside = _HERE / "app"
    return inside if inside.is_dir() else _HERE.parents[1]


def main() -> int:
    """Run the command line, and return its exit status."""
    folder = str(app_folder())
    sys.path.insert(0, folder)
    # Servers that a command starts are processes of their own.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
    try:
        from local import __main__ as command_line  # noqa: PLC0415  # only now is it on the path
    except KeyboardInterrupt:  # while it loads
        return 130
    return command_line.leave(command_line.main())

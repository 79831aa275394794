"""Show what an edit changes, line by line."""

import difflib

from local.output.results import safe


def difference(file: str, before: bytes, after: bytes) -> str:
    """Return the difference of two versions of a file; no secret of the former one is printed."""
    lines = difflib.unified_diff(
        _lines(before), _lines(after), f"{file} in the container", f"{file} from here", lineterm=""
    )
    return "\n".join(map(safe, lines))


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8-sig", errors="replace").splitlines()

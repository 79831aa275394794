"""Copies of the templates in which one text is another."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "infra" / "bicep"
PUBLISHED = Path(__file__).parent / "published"


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the templates, change one text of one file, and return the copy."""
    copy = folder / "bicep"
    shutil.copytree(TEMPLATES, copy)
    text = (copy / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{file} does not hold {old!r}"
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return copy

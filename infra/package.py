"""`python -m infra.package [FILE]`: pack what is deployed, for those who deploy without azd and Core Tools."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).parents[1]
USUAL = ROOT / "out" / "app.zip"
ANYWHERE = "**/"


def patterns_of(folder: Path) -> Sequence[str]:
    """Return what `.funcignore` leaves out."""
    return (folder / ".funcignore").read_text(encoding="utf-8").split()


def is_left_out(path: PurePosixPath, patterns: Iterable[str]) -> bool:
    """Tell it as Core Tools do: a plain name stands for what is at the root alone."""
    return any(
        pattern.removeprefix(ANYWHERE) in (path.parts if pattern.startswith(ANYWHERE) else path.parts[:1])
        for pattern in patterns
    )


def pack(folder: Path, target: Path) -> Path:
    """Pack what is deployed of a folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for path in sorted(_deployed(folder)):
            archive.write(folder / path, str(path))
    return target


def _deployed(folder: Path) -> Iterator[PurePosixPath]:
    """Walk through a folder, and not into what is left out: some of it holds ten thousands of files."""
    patterns = patterns_of(folder)
    for place, folders, files in os.walk(folder):
        here = PurePosixPath(Path(place).relative_to(folder).as_posix())
        folders[:] = [name for name in folders if not is_left_out(here / name, patterns)]
        yield from (here / name for name in files if not is_left_out(here / name, patterns))


def main(arguments: list[str]) -> int:
    """Pack this clone."""
    target = pack(ROOT, Path(arguments[0]) if arguments else USUAL)
    with ZipFile(target) as archive:
        count = len(archive.namelist())
    print(f"{target}: {count} files, {target.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

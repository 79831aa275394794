"""Where the stand-ins find what ships with them, and where they write what they make."""

from pathlib import Path

from platformdirs import user_cache_path

ROOT = Path(__file__).resolve().parents[2]  # of the clone, or of the folder that an installed package holds


def cache_folder(name: str) -> Path:
    """Return a folder of the user's cache, which may have to be made; what is installed may be read-only."""
    return user_cache_path("linekeeper", appauthor=False) / name


def npm_folder() -> Path:
    """Return where the npm packages are installed: in the clone, else in the cache."""
    return ROOT if (ROOT / "Makefile").is_file() else cache_folder("npm")

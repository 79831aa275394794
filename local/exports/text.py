"""Read a file as text, whatever byte order mark its writer left."""

import codecs
from pathlib import Path

from shared.errors import InputError

# Excel's "Unicode text" and Windows PowerShell's redirection write UTF-16 with a byte order mark.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, name: str) -> str:
    """Return the text of a file that errors call `name`.

    Raises:
        InputError: the file cannot be read, or its bytes are not text.
    """
    return decoded(read_bytes(path, name), name)


def read_bytes(path: Path, name: str) -> bytes:
    """Return the bytes of a file that errors call `name`.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(name, f"it cannot be read ({error.strerror})", "a readable file") from error


def decoded(data: bytes, name: str) -> str:
    """Return bytes as text.

    Raises:
        InputError: they are not text.
    """
    encoding = next((codec for mark, codec in _MARKS if data.startswith(mark)), _unmarked(data))
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = f"byte 0x{data[error.start]:02x} is not {error.encoding} text"
        raise InputError(f"{name}:{line}", wrong, "UTF-8, or UTF-16 with a byte order mark") from error


def _unmarked(data: bytes) -> str:
    """Tell UTF-16 without a mark by the zero bytes beside the letters of its first header."""
    if data[1:4:2] == b"\0\0":
        return "utf-16-le"
    return "utf-16-be" if data[0:3:2] == b"\0\0" else "utf-8"

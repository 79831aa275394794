"""Where a person edits configuration: the container of an app, and the folder on this machine."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from shared.app.runtime import current
from shared.app.stores import config_files
from shared.cloud.storage.account import Storage
from shared.configuration.files.folder import TextFolder
from shared.configuration.versions.good import LOOK
from shared.configuration.versions.judge import FILES, problems_of
from shared.configuration.versions.store import FileStore, StoredFile
from shared.errors import InputError
from shared.settings import Settings

CONTAINER = "configuration"  # that of the templates
SOON = f"Every instance of the app reads it within {LOOK.seconds} seconds."

# A check of the files does not depend on the settings of the machine that it runs on.
ANY_WORKSPACE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class EditingDesk:
    """The files of a container, and those of a folder."""

    store: FileStore
    container: str
    folder: Path
    storage: Callable[[], Storage]  # of the app, where silences that were made from cards are kept

    def local(self, file: str) -> bytes | None:
        """Return a file of the folder, None where there is none.

        Raises:
            InputError: it cannot be read.
        """
        try:
            return (self.folder / file).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(file, f"it cannot be read ({error.strerror})", "a readable file") from error

    def newest(self, file: str) -> tuple[bytes | None, StoredFile | None]:
        """Return a file of the container, or where that has none of the folder; and what the container has."""
        stored = self.store.read(file)
        return (self.local(file) if stored is None else stored.content), stored


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let a person say which app, which container and which folder is meant."""
    parser.add_argument(
        "--app",
        metavar="ACCOUNT",
        help="name of the app's storage account, reached with your `az login` (default: AzureWebJobsStorage)",
    )
    parser.add_argument(
        "--container", help=f"the app's CONFIG_CONTAINER (default: that setting, else {CONTAINER})"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=argparse.SUPPRESS,
        help="another folder (default: the setting CONFIG_FOLDER)",
    )


def desk_of(options: argparse.Namespace) -> EditingDesk:
    """Return the desk that is meant; nothing is asked before first use."""
    settings = Settings.from_environment()
    container = options.container or settings.config_container or CONTAINER
    storage = partial(Storage.of_account, options.app) if options.app else lambda: current().storage
    folder = getattr(options, "folder", None) or settings.config_folder
    return EditingDesk(config_files(storage, container), container, folder, storage)


def require_good(file: str, content: bytes, workspace: str | None) -> None:
    """Make sure that a file would count.

    Raises:
        InputError: it would not; the first problem.
    """
    for problem in problems_of(file, TextFolder({file: content}), workspace or ANY_WORKSPACE):
        raise problem


def file_named(text: str) -> str:
    """Return the name of a file of configuration, written with its ending, without it, or with its folder.

    Raises:
        InputError: there is no such file.
    """
    name = f"{Path(text).name.removesuffix('.yaml')}.yaml"
    if name not in FILES:
        raise InputError("FILE", f"{text!r} is not a file of configuration", f"one of {', '.join(FILES)}")
    return name

"""Use the last good version of each file: an edit that breaks one is told, and takes nothing away."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.configuration.files.folder import Folder, TextFolder
from shared.configuration.versions.store import FileOrigin, FileStore, StoredFile
from shared.errors import InputError, LinekeeperError
from shared.races import LostRaceError

LOOK = timedelta(
    seconds=10
)  # so often storage is asked for a file, and for so long it is left alone where it is down
_PATIENCE = timedelta(seconds=2)  # of those who do not wait, where nothing is known

_GONE = "the file, with comments alone where the defaults are meant"

Judge = Callable[[str, Folder], Sequence[InputError]]


@dataclass(frozen=True, slots=True)
class Version:
    """The version of a file that counts.

    Attributes:
        problems: what is wrong with the newest version.
        instead: what counts in its place, in words; empty where the newest counts, and of a wrong one what is right.
    """

    file: str
    content: bytes | None
    problems: tuple[InputError, ...] = ()
    instead: str = ""

    @property
    def folder(self) -> Folder:
        """Return a folder that holds it."""
        return TextFolder({self.file: self.content})

    @property
    def is_whole(self) -> bool:
        """Tell whether all of it counts, and not what is right of a wrong one."""
        return not self.problems or bool(self.instead)

    def require(self) -> None:
        """Make sure that the newest version counts.

        Raises:
            InputError: it does not, by its first problem.
        """
        if self.problems:
            first = self.problems[0]
            until = f"; until then {self.instead} counts" if self.instead else ""
            raise InputError(first.where, first.wrong, f"{first.expected}{until}")


@dataclass(slots=True)
class _Newest:
    """What a team wrote last: None as content where the file is gone."""

    content: bytes | None
    origin: FileOrigin
    fault: InputError | None = None


@dataclass(slots=True)
class _Known:
    """What a process knows of one file."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    newest: _Newest | None = None
    version: Version | None = None
    edited: StoredFile | None = None  # in the container
    edited_at: datetime | None = None  # when the container answered
    kept: StoredFile | None = None  # the last good one that is stored
    kept_at: datetime | None = None
    # The last good one that this process saw; its tag is empty until it is stored.
    good: StoredFile | None = None
    asking: threading.Thread | None = None  # in the background
    error: LinekeeperError | None = None  # what came of it last
    waits: bool = True  # whether whoever asks now can wait


class GoodFiles:
    """The files of config/ as one process uses them; may be used by several threads.

    The newest version of a file stands in the container, or where that has none in the package. It counts once it is
    found good. Until then the last good one does: of those that this process saw and the one that is stored, the later.
    """

    def __init__(
        self,
        package: Folder,
        judge: Judge,
        clock: Clock,
        *,
        edited: Callable[[], FileStore] | None,
        kept: Callable[[], FileStore] | None,
    ) -> None:
        """Take what returns the stores of what is edited and of what was good; None where there is no such store.

        Neither is asked for before it is needed.
        """
        self._package = package
        self._judge = judge
        self._clock = clock
        self._edited = edited
        self._kept = kept
        self._files: dict[str, _Known] = {}
        self._lock = threading.Lock()
        self._silent_since: datetime | None = None
        self._silent_file = ""  # for which storage was asked then

    def version(self, file: str, *, waits: bool = True) -> Version:
        """Return the version that counts; the same object while nothing changed.

        Who does not wait gets what is known, where anything is: storage is asked for it in the background.

        Raises:
            LinekeeperError: storage does not answer, and without it nobody knows which version counts.
        """
        known = self._files.setdefault(file, _Known())
        return self._found(file, known, waits=True) if waits else self._known(file, known)

    def _found(self, file: str, known: _Known, *, waits: bool) -> Version:
        with known.lock:
            known.waits = waits
            newest = self._newest(file, known)
            if known.version is None or newest != known.newest or known.version.problems:
                version = self._chosen(file, newest, known)
                if version != known.version:
                    known.version = version
                known.newest = newest
            return known.version

    def _known(self, file: str, known: _Known) -> Version:
        """Return what is known, or becomes known in a moment.

        Raises:
            LinekeeperError: nothing is.
        """
        version = known.version
        is_sure = version is not None and self._edited is not None and not version.problems
        if is_sure and not self._is_due(known.edited_at):
            return version  # type: ignore[return-value]  # it is sure
        asking = self._asking(file, known)
        if version is None or self._edited is None:
            asking.join(_PATIENCE.total_seconds())
        if asking.is_alive():
            self._silent_since, self._silent_file = self._clock.now(), file
        if known.version is None:
            raise known.error or LinekeeperError(
                f"nobody knows yet which version of {file} counts", permanent=False
            )
        return version if version is not None and self._edited is not None else known.version

    def _asking(self, file: str, known: _Known) -> threading.Thread:
        """Return the thread that asks for a file, begun now where there is none."""

        def ask() -> None:
            try:
                self._found(file, known, waits=False)
            except LinekeeperError as error:
                known.error = error

        with self._lock:
            if known.asking is None or not known.asking.is_alive():
                known.asking = threading.Thread(target=ask, daemon=True)
                known.asking.start()
            return known.asking

    def keep(self, versions: Iterable[Version]) -> None:
        """Store the last good version of files, as they were found, where another one is stored.

        What cannot be stored now is stored by a later call.
        """
        for version in versions:
            known = self._files[version.file]
            with known.lock, suppress(LinekeeperError):
                self._keep(version, known)

    def _newest(self, file: str, known: _Known) -> _Newest:
        self._ask_container(file, known)
        if known.edited is not None:
            return _Newest(known.edited.content, FileOrigin.CONTAINER)
        return self._packaged(file)

    def _ask_container(self, file: str, known: _Known) -> None:
        if self._edited is None or not self._is_due(known.edited_at):
            return
        try:
            with self._storage(file, known):
                known.edited = self._edited().read(file, known.edited)
                known.edited_at = self._clock.now()
        except LinekeeperError as error:
            if known.edited_at is None:
                raise LinekeeperError(
                    f"nobody knows which version of {file} counts: {error.message}", permanent=False
                ) from error

    def _packaged(self, file: str) -> _Newest:
        try:
            return _Newest((self._package / file).read_bytes(), FileOrigin.PACKAGE)
        except FileNotFoundError:
            return _Newest(None, FileOrigin.PACKAGE)
        except OSError as error:
            wrong = InputError(file, f"it cannot be read ({error.strerror})", "a readable file")
            return _Newest(None, FileOrigin.PACKAGE, wrong)

    def _chosen(self, file: str, newest: _Newest, known: _Known) -> Version:
        problems = self._problems(file, newest)
        if not problems and newest.content is not None and not self._is_withdrawn(file, newest, known):
            if known.good is None or known.good.content != newest.content:
                known.good = StoredFile(newest.content, "", self._clock.now(), newest.origin)
            return Version(file, newest.content)
        last = self._last_good(file, known)
        if last is None and newest.origin is FileOrigin.CONTAINER:
            last = self._good_package(file, known)
        if last is None:
            return Version(file, newest.content, problems)
        instead = f"the version of {last.at:%Y-%m-%d %H:%M} UTC"
        return Version(file, last.content, problems or (_gone(file, last),), instead)

    def _good_package(self, file: str, known: _Known) -> StoredFile | None:
        """Return the file of the package where it is good: a first version in the container may be wrong."""
        packaged = self._packaged(file)
        if packaged.content is not None and not self._problems(file, packaged):
            known.good = StoredFile(packaged.content, "", self._clock.now(), FileOrigin.PACKAGE)
            return known.good
        return None

    def _problems(self, file: str, newest: _Newest) -> tuple[InputError, ...]:
        if newest.fault is not None:
            return (newest.fault,)
        return tuple(self._judge(file, TextFolder({file: newest.content})))

    def _is_withdrawn(self, file: str, newest: _Newest, known: _Known) -> bool:
        """Tell whether the file is gone from the container: that of the package says what held before it was there."""
        if self._edited is None or newest.origin is FileOrigin.CONTAINER:
            return False
        last = self._last_good(file, known)
        return last is not None and last.origin is FileOrigin.CONTAINER

    def _last_good(self, file: str, known: _Known) -> StoredFile | None:
        """Return the last good version, the stored one or that which this process saw."""
        if self._kept is not None and self._is_due(known.kept_at):
            try:
                with self._storage(file, known):
                    known.kept = self._kept().read(file, known.kept)
                    known.kept_at = self._clock.now()
            except LinekeeperError as error:
                if known.kept_at is None and known.good is None:
                    raise LinekeeperError(
                        f"nobody knows the last good version of {file}: {error.message}", permanent=False
                    ) from error
        versions = [version for version in (known.kept, known.good) if version is not None]
        return max(versions, key=lambda version: version.at, default=None)

    def _keep(self, version: Version, known: _Known) -> None:
        good = known.good
        if self._kept is None or good is None:
            return
        if not version.instead and known.kept_at is None:
            self._last_good(version.file, known)
        stored = known.kept
        if stored is not None and (stored.content, stored.origin) == (good.content, good.origin):
            return
        if version.instead and stored is not None and stored.at >= good.at:
            return  # another process saw a later one
        try:
            with self._storage(version.file, known):
                known.kept = self._kept().write(version.file, good.content, stored, good.origin)
        except LostRaceError:
            known.kept_at = None  # read again
        else:
            known.good = known.kept

    def _is_due(self, asked_at: datetime | None) -> bool:
        return asked_at is None or abs(self._clock.now() - asked_at) >= LOOK

    def _is_silent(self) -> bool:
        return self._silent_since is not None and not self._is_due(self._silent_since)

    @contextmanager
    def _storage(self, file: str, known: _Known) -> Iterator[None]:
        """Ask storage, unless it did not answer a moment ago: nobody waits for each file anew.

        Whoever can wait finds out by the same file whether it answers again.

        Raises:
            LinekeeperError: it does not answer.
        """
        if self._is_silent() and not (known.waits and file == self._silent_file):
            raise LinekeeperError("storage did not answer a moment ago", permanent=False)
        try:
            yield
        except LostRaceError:
            raise
        except LinekeeperError:
            self._silent_since, self._silent_file = self._clock.now(), file
            raise
        self._silent_since = None


def _gone(file: str, last: StoredFile) -> InputError:
    where = "container" if last.origin is FileOrigin.CONTAINER else "folder"
    return InputError(file, f"it is gone from the {where}", _GONE)

"""What goes wrong beside the requests: rows that nobody can read, and files of the configuration that somebody breaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.app.names import Container, Table
from tests.simulation.chance import Chance, Decision
from tests.simulation.network import Network
from tests.simulation.storage.tables import Row
from tests.simulation.story import LOBBY

BYSTANDER = "bystander"  # stands in the keys of rows that nobody can read; all others must go on as if there were none
RESOURCES = f"resources:\n  - id: {LOBBY}\n    region: westeurope\n"
_FILES: Mapping[str, str] = {"resources.yaml": RESOURCES, "receivers.yaml": ""}
_BROKEN = ("resources:\n\t- no tab may stand here\n", "receivers: [{name: on-call")
_GARBLED: Mapping[str, tuple[str, object]] = {
    Table.INCIDENTS: ("state", "glorious"),
    Table.LANES: ("since", "yesterday"),
    Table.SHARED_CARDS: ("since", "yesterday"),
}


@dataclass
class Mischief:
    """Does what a person or a fault of storage might do."""

    chance: Chance
    network: Network
    rows: Mapping[str, dict[tuple[str, str], Row]]
    folder: Path
    containers: Mapping[str, Mapping[str, Any]]  # of blobs
    _broken_until: dict[str, datetime] = field(default_factory=dict)

    def happen(self, key: str, now: datetime) -> None:
        """Let happen at a point what was drawn for it."""
        if self.chance.decides(Decision.GARBLED, key):
            self._garble(key)
        if self.chance.decides(Decision.FILE, key):
            self._break_file(key, now)
        for file in [file for file, until in self._broken_until.items() if until <= now]:
            self._mend(file)

    def end(self) -> None:
        """Mend what is broken."""
        for file in list(self._broken_until):
            self._mend(file)

    def _garble(self, key: str) -> None:
        tables = [table for table in _GARBLED if self.rows.get(table)]
        if not tables:
            return
        table = self.chance.one_of(f"{key} garbled table", tables)
        place, row = self.chance.one_of(f"{key} garbled row", sorted(self.rows[table].items(), key=_first))
        if place[1].startswith("slot~"):
            return
        name, value = _GARBLED[table]
        here = (BYSTANDER, place[1]) if table == Table.INCIDENTS else (place[0], f"{BYSTANDER}~default")
        properties = {**row.properties, "PartitionKey": here[0], "RowKey": here[1], name: value}
        self.rows[table][here] = Row(properties, row.etag, row.timestamp)
        self.network.note(f"a row of {table} cannot be read")

    def _break_file(self, key: str, now: datetime) -> None:
        file = self.chance.one_of(f"{key} file", sorted(_FILES))
        if _FILES[file] and file not in self.containers.get(Container.GOOD_FILES, {}):
            return  # without a last good version nothing is watched, and no alert fits
        (self.folder / file).write_text(self.chance.one_of(f"{key} text", _BROKEN), encoding="utf-8")
        self._broken_until[file] = now + timedelta(minutes=self.chance.between(f"{key} minutes", 0.5, 15))
        self.network.note(f"{file} is broken")

    def _mend(self, file: str) -> None:
        del self._broken_until[file]
        if _FILES[file]:
            (self.folder / file).write_text(_FILES[file], encoding="utf-8")
        else:
            (self.folder / file).unlink()
        self.network.note(f"{file} is mended")


def _first(item: tuple[Any, Any]) -> Any:
    return item[0]

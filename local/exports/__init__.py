"""Read log tables as people export them: NDJSON, the portal's CSV, and the JSON of the CLI and the API."""

from local.exports.folder import Export, read_folder

__all__ = ["Export", "read_folder"]

"""Read log tables as people export them: NDJSON, CSV of any language, the JSON of the CLI and the API, and blobs."""

from local.exports.folder import Export, read_folder

__all__ = ["Export", "read_folder"]

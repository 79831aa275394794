"""`serve` leaves its settings where a shell can read them, so that other commands reach what it serves."""

import subprocess
from pathlib import Path

from local.commands.serve import settings_file


def test_a_shell_reads_what_was_written_and_nobody_else_while_it_is_served(tmp_path: Path) -> None:
    file = tmp_path / "out" / "serve.env"
    connection = "AccountKey=a/b+c==;TableEndpoint=https://127.0.0.1:1/x y'$HOME"

    with settings_file({"AzureWebJobsStorage": connection}, file):
        output = subprocess.run(  # the command is ours
            ["/bin/sh", "-c", f'. "{file}"; printf %s "$AzureWebJobsStorage"'],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        mode = file.stat().st_mode & 0o777

    assert (connection, 0o600, False) == (output, mode, file.exists())

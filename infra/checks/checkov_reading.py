"""Print what checkov reads of a folder, as JSON; run by the Python of checkov's own environment."""

import importlib
import json
import logging
import os
import sys
from pathlib import Path


def main(folder: str) -> None:
    """Read one folder.

    checkov's command line names no file for which it has no check, so its parts are called.
    """
    logging.disable(logging.CRITICAL)
    importlib.import_module("checkov.arm.runner")  # brings the checks, which templates of both kinds share
    runners = importlib.import_module("checkov.bicep.runner")
    filters = importlib.import_module("checkov.runner_filter")
    runner = runners.Runner()
    report = runner.run(root_folder=folder, runner_filter=filters.RunnerFilter(framework=["bicep"]))
    files = {
        os.path.relpath(file, folder): sorted([*held.get("resources", {}), *held.get("modules", {})])
        for file, held in runner.definitions.items()
    }
    failures = [
        [check.check_id, Path(check.file_path).name, check.resource] for check in report.failed_checks
    ]
    answer = {"files": files, "unread": sorted(report.parsing_errors), "failures": failures}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])

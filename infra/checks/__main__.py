"""`python -m infra.checks [FOLDER]`: say what is wrong with the templates; the status is 1 where something is."""

import sys
from pathlib import Path

from infra.checks.check import check_folder, templates_of
from infra.checks.shapes import shapes_of

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "infra" / "bicep"
PUBLISHED = ROOT / "tests" / "infra" / "published" / "azure-resources.json"


def main(arguments: list[str]) -> int:
    """Check one folder."""
    folder = Path(arguments[0]) if arguments else TEMPLATES
    faults = check_folder(folder, shapes_of(PUBLISHED))
    for fault in faults:
        print(fault)
    templates = templates_of(folder)
    resources = sum(len(template.resources()) for template in templates.values())
    print(f"{len(templates)} templates, {resources} resources, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

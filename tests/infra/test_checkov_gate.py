"""The gate counts what checkov read, not how it ended."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from mended import ROOT, TEMPLATES

from infra.checks.check import templates_of
from infra.checks.checkov_gate import EXCEPTIONS, Reading, gate_faults, read_with_checkov

REASONS = yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))
CHECKOV = ROOT / ".checkov" / "bin" / "python"


def complete() -> Reading:
    """A run that read everything, in which only what has a reason fails."""
    files = {
        template.name: frozenset(
            "__".join(
                [
                    *([one.owner.owner.name] if one.owner and one.owner.owner else []),
                    *([one.owner.name] if one.owner else []),
                    one.name,
                ]
            )
            for one in template.declarations
            if one.kind in {"resource", "module"}
        )
        for template in templates_of(TEMPLATES).values()
    }
    return Reading(files, (), tuple((check, "app.bicep", "app") for check in REASONS))


def test_a_whole_reading_passes() -> None:
    assert [] == gate_faults(complete(), TEMPLATES, REASONS)


def test_a_file_that_could_not_be_parsed_is_told() -> None:
    files = {file: names for file, names in complete().files.items() if file != "modules/vault.bicep"}
    reading = replace(complete(), files=files, unread=("/modules/vault.bicep",))

    assert [
        "/modules/vault.bicep: checkov could not parse it",
        "modules/vault.bicep: checkov did not read the file",
    ] == gate_faults(reading, TEMPLATES, REASONS)


def test_a_resource_that_was_passed_over_is_told() -> None:
    """Of two resources that stand in another, its parser keeps one and says nothing."""
    files = {**complete().files, "modules/storage.bicep": frozenset({"account", "account__blobs"})}
    faults = gate_faults(replace(complete(), files=files), TEMPLATES, REASONS)

    assert any(fault.endswith("checkov did not read package") for fault in faults)


def test_a_check_that_fails_without_a_reason_is_told() -> None:
    failures = (
        *complete().failures,
        ("CKV_AZURE_3", "storage.bicep", "Microsoft.Storage/storageAccounts.account"),
    )

    assert ["storage.bicep: CKV_AZURE_3 refuses Microsoft.Storage/storageAccounts.account"] == gate_faults(
        replace(complete(), failures=failures), TEMPLATES, REASONS
    )


def test_a_reason_that_nothing_needs_is_told() -> None:
    failures = tuple(failure for failure in complete().failures if failure[0] != "CKV_AZURE_80")

    assert ["CKV_AZURE_80: an exception that nothing needs"] == gate_faults(
        replace(complete(), failures=failures), TEMPLATES, REASONS
    )


@pytest.mark.skipif(not CHECKOV.exists(), reason="`make bicep` installs checkov")
def test_checkov_reads_every_file_and_every_resource() -> None:
    assert [] == gate_faults(read_with_checkov(str(CHECKOV), TEMPLATES), TEMPLATES, REASONS)


@pytest.mark.skipif(not CHECKOV.exists(), reason="`make bicep` installs checkov")
def test_checkov_passes_over_what_is_outside_of_the_subset(tmp_path: Path) -> None:
    faulty = Path(__file__).parent / "faulty" / "outside-the-subset"

    assert "main.bicep: checkov did not read the file" in gate_faults(
        read_with_checkov(str(CHECKOV), faulty), faulty, {}
    )

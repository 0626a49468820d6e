"""What the validator of RO-Crates says of a folder, without a network."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from crate_context import make_cache

PROFILE = "workflow-run-crate-0.5"
VALIDATOR = Path(sys.executable).with_name("rocrate-validator")


def validate(folder: Path, scratch: Path, severity: str = "required") -> dict[str, Any]:
    """Its report: `passed` and `issues`, each with the rule and what it is about."""
    report = scratch / f"{severity}.json"
    answer = subprocess.run(
        [
            str(VALIDATOR), "--no-interactive", "validate", *offline(scratch), "--no-paging", "--output-format", "json",
            "--output-file", str(report), "--profile-identifier", PROFILE, "--requirement-severity", severity,
            # By its name: with a space in an absolute path the validator takes the root for something else.
            folder.name,
        ],
        cwd=folder.parent, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert report.exists(), answer.stdout + answer.stderr
    return dict(json.loads(report.read_text(encoding="utf-8")))


def offline(scratch: Path) -> list[str]:
    """The options that keep it from asking the network."""
    return ["--offline", "--cache-path", str(make_cache(scratch / "cache"))]

"""The pages on environments and on reuse: for each command the test that runs it, or why none does."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / name for name in ("environments.md", "reuse.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_command_is_run_by_a_test_or_said_not_to_be(page: Path) -> None:
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
        for line in block.splitlines():
            command, _, remark = line.partition("  # ")
            by = re.fullmatch(r"run by (\S+)", remark)
            assert by or re.fullmatch(r"not run by a test: .+", remark), line
            if by:
                text = (ROOT / by[1]).read_text(encoding="utf-8")
                words = command.split()
                # CI runs `make test`, which makes the environment and runs every test.
                assert by[1] == ".ci/run" or all(word in text for word in words[1:]), line

"""docs/reliability.md names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_every_test_that_it_names_is_there() -> None:
    named = re.findall(r"(\w+)/(test_\w+)(?:: (test_\w+)(…?))?", TEXT)
    assert len(named) > 60
    for room, module, function, is_cut in named:
        files = sorted((ROOT / "tests" / room).glob(f"{module}*.py"))
        assert files, f"tests/{room}/{module}.py"
        if function:
            whole = function if is_cut else f"{function}("
            assert any(f"def {whole}" in path.read_text(encoding="utf-8") for path in files), (
                f"{room}/{module}: {function}"
            )


def test_every_row_has_its_test_and_nothing_is_left_to_fill_in() -> None:
    rows = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if line.startswith("| ")][1:]
    assert all(len(row) == 3 and "test_" in row[2] for row in rows if not row[0].startswith("**"))
    assert not re.search(r"^[A-Z]+$", TEXT, re.MULTILINE)

"""What every refusal has in common: status 1, one sentence that says what to do, nothing new in place, nothing lost."""

import re
from pathlib import Path

from rule_script import Outcome


def refusal(end: Outcome, *said: str) -> str:
    """The sentence in which a script refused, with each of `said` in it."""
    assert end.code == 1, end.log
    assert "Traceback" not in end.log
    sentence = end.error
    assert end.log.count("error: ") == 1, end.log
    # What was expected, what was found, and what to do about it.
    assert re.search(r"expected .+, found .+; .+", sentence), sentence
    for part in said:
        assert part in sentence, f"{part!r} is not in: {sentence}"
    return sentence


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in the folder, hidden ones too, by its path there; empty where there is no folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

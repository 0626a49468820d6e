"""What every refused input has in common: status 1, one error message, no traceback."""

from pathlib import Path

from rule_script import Outcome


def refusal(end: Outcome, *said: str) -> str:
    """The error message of a script, which contains each of `said`."""
    assert end.code == 1, end.log
    assert "Traceback" not in end.log
    sentence = end.error
    assert end.log.count("error: ") == 1, end.log
    for part in said:
        assert part in sentence, f"{part!r} is not in: {sentence}"
    return sentence


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in the folder, hidden ones too, by its path there; empty where there is no folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

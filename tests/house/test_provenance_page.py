"""The settings for the workflow catalogue, as docs/provenance.md describes them."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_the_catalogue_finds_what_it_asks_for() -> None:
    """All but `workflow/Snakefile`, as the page says."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8").lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    assert (ROOT / "Snakefile").is_file()
    assert list((ROOT / "rules").glob("*.smk"))
    assert (ROOT / "config" / "README.md").is_file()
    assert not (ROOT / "workflow").exists(), "the catalogue would look for the Snakefile in there"
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert usage["report"] is True
    assert usage["software-stack-deployment"] == {"conda": True, "apptainer": False, "apptainer+conda": False}

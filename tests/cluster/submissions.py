"""How often the Slurm profile submits, worked out from the table of jobs and the profile's groups."""

from collections import Counter
from math import ceil
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
# Rules that run where Snakemake does: downloads, and `all`, which does nothing.
LOCAL = {"all", "fetch_dataset", "fetch_squeezenet", "prepare_image", "import_network"}
# Groups whose jobs all hang together through their files: one submission, however many jobs.
CONNECTED = {"start", "end"}


def submissions(jobs: dict[str, int], profile: str = "slurm") -> Counter[str]:
    """Submissions by rule or group, for so many jobs of each rule."""
    text = (ROOT / "config" / "profiles" / profile / "profile.yaml").read_text(encoding="utf-8")
    settings = yaml.safe_load(text)
    groups = dict(line.split("=") for line in settings["groups"])
    components = {name: int(count) for name, count in (line.split("=") for line in settings["group-components"])}
    members: Counter[str] = Counter()
    for rule, count in jobs.items():
        if rule not in LOCAL:
            members[groups.get(rule, rule)] += count
    found: Counter[str] = Counter()
    for name, count in members.items():
        if name in CONNECTED:
            found[name] = 1
        elif name in components:
            found[name] = ceil(count / components[name])
        else:
            found[name] = count
    return found

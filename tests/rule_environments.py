"""Which rule runs in which environment, as the rules say, and what each environment holds, as its file says."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))


def environments_of_rules() -> dict[str, str]:
    """The environment of each rule, by the rule's name."""
    found = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for body in re.split(r"^ *rule(?= \w+:|:)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            # named in its first line, in a loop by the first text of its directive `name:`, or by a table's keys
            name = re.match(r' (\w+):|:\s+name:\s+"(\w+)"', body)
            table = re.findall(r'^    "(draw_\w+)": \{', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert name or table, body[:80]
            environment = re.findall(r'"\.\./envs/(\w+)\.yaml"', body)[0]
            found |= dict.fromkeys([name[1] or name[2]] if name else table, environment)
    return found


def pins(environment: str) -> dict[str, str]:
    """Version of each package of the environment's pip section."""
    text = (ROOT / "envs" / f"{environment}.yaml").read_text(encoding="utf-8")
    return dict(re.findall(r"^      - ([a-z0-9-]+)==(\S+)$", text, flags=re.MULTILINE))


def conda_pin(environment: str, package: str) -> str:
    """The version of a package that conda itself installs: `python` or `pip`."""
    text = (ROOT / "envs" / f"{environment}.yaml").read_text(encoding="utf-8")
    return re.findall(rf"^  - {package}=(\S+)$", text, flags=re.MULTILINE)[0]

"""Conventions that the workflow depends on: thin scripts, a script and a code hash per rule, safe calls."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "workflow_scripts").glob("*.py"))
PACKAGE = ROOT / "workflow_scripts" / "robust_style"
MODULES = sorted(PACKAGE.rglob("*.py"))
RULE_FILES = sorted((ROOT / "rules").glob("*.smk"))
# `rule NAME:`; in a loop `rule:` with a directive `name:` whose first text it is; or an entry of the table of figures.
RULE = r'^ *rule(?: (\w+):|:\s+name:\s+"(\w+)")|^    "(draw_\w+)": \{'
RULES = {
    "".join(names): path
    for path in RULE_FILES
    for names in re.findall(RULE, path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_thin(script: Path) -> None:
    """Imports and one block `with step(snakemake)` of calls: no definitions, no branches, no loops."""
    text = script.read_text(encoding="utf-8")
    tree = ast.parse(text)
    logic = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.Lambda)
    assert not [node for node in ast.walk(tree) if isinstance(node, logic)]
    (block,) = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert isinstance(block, ast.With)
    assert "with step(snakemake):" in text


def test_each_rule_has_the_script_of_its_name_and_the_hash_of_its_code() -> None:
    assert set(RULES) == {script.stem for script in SCRIPTS}
    for name, path in RULES.items():
        text = path.read_text(encoding="utf-8")
        # A loop over a table has the name in the variable `rule`.
        assert f'"../workflow_scripts/{name}.py"' in text or 'f"../workflow_scripts/{rule}.py"' in text
        assert f'fingerprint("{name}")' in text or "fingerprint(rule)" in text


def test_each_rule_has_all_directives_and_no_shell() -> None:
    for path in RULE_FILES:
        for body in re.split(r"^ *rule(?: \w+)?:", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            for directive in ("message:", "input:", "output:", "log:", "benchmark:", "resources:", "conda:", "script:"):
                assert f"    {directive}" in body, f"{path.name}: {directive} missing in\n{body[:120]}"
            assert not re.search(r"^ +(shell|run):", body, flags=re.MULTILINE), body[:120]


def test_checkpoints_are_read_in_one_place_and_without_code() -> None:
    """Ruff (S) refuses eval, exec, pickle, yaml.load, shells and unpacked archives."""
    readers = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in MODULES}
    (reader,) = [name for name, text in readers.items() if "torch.load(" in text]
    assert reader == "files/checkpoint.py"
    assert "weights_only=True" in readers[reader]


def test_no_global_randomness() -> None:
    """Every draw names its generator; the global ones of torch and numpy are for foreign code only."""
    for module in MODULES:
        if module == PACKAGE / "compute" / "randomness.py":
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                call, keywords = ast.unparse(node.func), {keyword.arg for keyword in node.keywords}
                draws = re.fullmatch(r"torch\.(rand|randn|randint|randperm|normal|bernoulli)", call)
                assert not draws or "generator" in keywords, f"{module.name}:{node.lineno}: {call} without a generator"
                is_global = re.fullmatch(r"(np|numpy)\.random\.(?!default_rng|Generator|SeedSequence)\w+", call)
                assert not is_global, f"{module.name}:{node.lineno}: {call}"


def test_no_path_of_one_machine() -> None:
    texts = [ROOT / "Snakefile", ROOT / "Makefile", *ROOT.glob("*.md"), *(ROOT / "config").rglob("*.yaml")]
    for path in [*texts, *MODULES, *SCRIPTS, *RULE_FILES]:
        assert not re.search(r"/(home|root|work|Users)/\w", path.read_text(encoding="utf-8")), path

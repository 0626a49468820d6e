"""The rules of the house that a machine can check."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "workflow_scripts").glob("*.py"))
PACKAGE = ROOT / "workflow_scripts" / "robust_style"
MODULES = sorted(PACKAGE.rglob("*.py"))
CHAPTERS = sorted((ROOT / "rules").glob("*.smk"))
# `rule NAME:`; in a loop `rule:` with a directive `name:` whose first text it is; or an entry of the table of figures.
RULE = r'^ *rule(?: (\w+):|:\s+name:\s+"(\w+)")|^    "(draw_\w+)": \{'
RULES = {
    "".join(names): path
    for path in [ROOT / "Snakefile", *CHAPTERS]
    for names in re.findall(RULE, path.read_text(encoding="utf-8"), re.MULTILINE)
}
FORBIDDEN_CALLS = {"eval", "exec", "os.system", "os.popen"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_thin(script: Path) -> None:
    """Imports and one block of calls: no definitions, no branches, no loops."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    logic = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.Lambda)
    assert not [node for node in ast.walk(tree) if isinstance(node, logic)]
    blocks = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert len(blocks) == 1
    assert isinstance(blocks[0], ast.With)


def test_each_script_leaves_a_record() -> None:
    for script in SCRIPTS:
        assert "with step(snakemake):" in script.read_text(encoding="utf-8"), script


def test_each_rule_has_the_script_of_its_name() -> None:
    assert set(RULES) - {"all"} == {script.stem for script in SCRIPTS}
    for name, path in RULES.items():
        if name != "all":
            text = path.read_text(encoding="utf-8")
            # A loop over a table names its rules in the variable `rule`.
            assert f'"../workflow_scripts/{name}.py"' in text or 'f"../workflow_scripts/{rule}.py"' in text
            assert f'fingerprint("{name}")' in text or "fingerprint(rule)" in text


def test_each_rule_says_what_it_does_and_keeps_a_log() -> None:
    for path in CHAPTERS:
        for body in re.split(r"^ *rule(?: \w+)?:", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            for directive in ("message:", "input:", "output:", "log:", "benchmark:", "resources:", "conda:", "script:"):
                assert f"    {directive}" in body, f"{path.name}: {directive} missing in\n{body[:120]}"


def test_snakefile_is_a_table_of_contents() -> None:
    lines = (ROOT / "Snakefile").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
    included = re.findall(r'include: "rules/(\w+)\.smk"', "\n".join(lines))
    assert sorted(included) == [path.stem for path in CHAPTERS]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_modules_are_short_and_safe(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 450
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            assert call not in FORBIDDEN_CALLS, f"{call}() in line {node.lineno}"
            assert not call.endswith(".extractall"), f"{call}() in line {node.lineno}"
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            assert not _is_constant(keywords.get("shell"), True)
            assert not _is_constant(keywords.get("weights_only"), False)
            assert not re.fullmatch(r"(pickle|dill|yaml)\.loads?", call), f"{call}() in line {node.lineno}"


def test_no_command_takes_abbreviated_options() -> None:
    """`--style-weight` must never be read as another option that begins with it."""
    for module in [*MODULES, *sorted((ROOT / "benchmarks").glob("*.py"))]:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ArgumentParser"):
                keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                assert _is_constant(keywords.get("allow_abbrev"), False), f"{module.name}:{node.lineno}"


def _is_constant(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def test_no_global_randomness() -> None:
    """Every draw names its generator; torch's and numpy's global ones are only ever lent to the library."""
    for module in MODULES:
        if module == PACKAGE / "compute" / "randomness.py":
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            call = ast.unparse(node.func)
            keywords = {keyword.arg for keyword in node.keywords}
            if re.fullmatch(r"torch\.(rand|randn|randint|randperm|normal|bernoulli)", call):
                assert "generator" in keywords, f"{module.name}:{node.lineno}: {call} without a generator"
            assert not re.fullmatch(r"(np|numpy)\.random\.(?!default_rng|Generator|SeedSequence)\w+", call), (
                f"{module.name}:{node.lineno}: {call}"
            )


def test_nothing_of_one_machine_is_tracked() -> None:
    """No absolute path of a home or work folder in any text of the project."""
    texts = [ROOT / "Snakefile", ROOT / "Makefile", *ROOT.glob("*.md"), *(ROOT / "config").rglob("*.yaml")]
    for path in [*texts, *MODULES, *SCRIPTS, *CHAPTERS]:
        assert not re.search(r"/(home|root|work|Users)/\w", path.read_text(encoding="utf-8")), path

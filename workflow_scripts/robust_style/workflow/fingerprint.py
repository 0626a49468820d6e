"""A hash of the code that a rule's script imports, for the `params` of the rule.

Snakemake tracks a rule's script, not the modules that it imports. The hash covers the modules of this package that the
script imports, directly or indirectly, without comments, docstrings, type annotations and texts of errors: better
documentation must not repeat a day of training.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "robust_style"
# Suffixes of the files that a module reads from its own folder.
DATA = {".html", ".css", ".js", ".json"}
# Writes the record of a job, which does not affect its products.
RECORDING = "robust_style.provenance.job"


def fingerprint(script: Path) -> str:
    """Hexadecimal hash (16 digits) of `script` and of every module of the package that it imports.

    `script` lies in the folder of the package. HTML, CSS, JavaScript and JSON beside an imported module (the page's
    template, the spread of texture statistics) count with their bytes. The text of a syntax tree differs between
    Python's minor versions, so changing the version re-runs everything once.
    """
    root = script.parent
    digest = hashlib.sha256()
    for path in sorted(_reached(script, root)):
        digest.update(f"{path.relative_to(root).as_posix()}:{_meaning(path)}\n".encode())
    return digest.hexdigest()[:16]


def _reached(script: Path, root: Path) -> set[Path]:
    reached: set[Path] = set()
    queue = [script]
    while queue:
        path = queue.pop()
        if path in reached:
            continue
        reached.add(path)
        if path.suffix == ".py":
            queue += _imported(path, root)
        if path.parent != root:
            reached.update(p for p in path.parent.iterdir() if p.is_file() and p.suffix in DATA)
    return reached


@cache
def _imported(path: Path, root: Path) -> tuple[Path, ...]:
    names: list[str] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    ours = [name for name in names if name.split(".")[0] == PACKAGE and name != RECORDING]
    return tuple(module for name in ours for module in _files(name, root))


def _files(name: str, root: Path) -> Iterator[Path]:
    """The file of a module and the `__init__` of each package above it; nothing for a name that is not a module."""
    parts = name.split(".")
    module = root.joinpath(*parts).with_suffix(".py")
    if module.is_file():
        yield module
    for length in range(1, len(parts) + 1):
        package = root.joinpath(*parts[:length], "__init__.py")
        if package.is_file():
            yield package


@cache
def _meaning(path: Path) -> str:
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    tree = _Meaning().visit(_tree(path))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


class _Meaning(ast.NodeTransformer):
    """Removes what no result depends on."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None  # docstring
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        call = node.exc
        if isinstance(call, ast.Call):
            call.args, call.keywords = [], []  # the text of an error
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

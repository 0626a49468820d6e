"""What in Python source could run what somebody else wrote: found in its tree, whatever names it was imported by."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

# Modules whose purpose is to rebuild objects, or to make code of texts.
MODULES = {
    "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle", "copyreg",
    "code", "codeop", "runpy", "imp", "importlib.util", "importlib.machinery", "ctypes", "cffi", "jinja2", "mako",
    "pty", "xml", "lxml", "torch.hub", "torch.package", "torch.utils.cpp_extension", "numpy.ctypeslib",
}  # fmt: skip
FUNCTIONS = {
    "eval", "exec", "compile", "__import__", "breakpoint", "builtins.eval", "builtins.exec", "builtins.compile",
    "builtins.__import__", "importlib.import_module", "importlib.__import__", "os.system", "os.popen",
    "os.startfile", "subprocess.getoutput", "subprocess.getstatusoutput", "yaml.load", "yaml.load_all",
    "yaml.full_load", "yaml.full_load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.Loader",
    "yaml.FullLoader", "yaml.UnsafeLoader", "yaml.CLoader", "torch.load", "torch.jit.load", "torch.serialization.load",
    "numpy.load", "numpy.lib.npyio.load", "pandas.read_pickle", "pandas.eval", "pandas.read_hdf",
    "shutil.unpack_archive", "tempfile.mktemp", "ssl._create_unverified_context",
}  # fmt: skip
PREFIXES = ("os.exec", "os.spawn", "os.posix_spawn")
# Methods of archives: what is in one is read, never written to where it says.
METHODS = {"extractall", "extract", "read_pickle", "to_pickle"}
# What these keywords may say at most; `True` in the table: must be given and be exactly so.
KEYWORDS = {"shell": False, "allow_pickle": False, "weights_only": True, "verify": True, "trust_remote_code": False}
SWITCHES = {"LOAD_TRUNCATED_IMAGES", "MAX_IMAGE_PIXELS"}
_IN_RULES = re.compile(
    r"\b(?:eval|exec|compile|__import__|breakpoint) \("
    r"|\b(?:pickle|dill|marshal|shelve|joblib|runpy|ctypes|jinja2|subprocess|importlib)\b"
    r"|\bos \. (?:system|popen|exec\w*|spawn\w*)|\byaml \. (?!safe_)\w+|\b(?:torch|np|numpy) \. load\b"
    r"|\. (?:extract|extractall) \(|\bshell = True|^(?:shell|run) :"
)
SUBPROCESS = {f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")}


def dangers(source: str) -> list[str]:
    """What of it is there, as `line: name`, in the order of the lines."""
    tree = ast.parse(source)
    origins = dict(_origins(tree))
    found = {
        (node.lineno, what) for node in ast.walk(tree) if hasattr(node, "lineno") for what in _of_node(node, origins)
    }
    return [f"{line}: {what}" for line, what in sorted(found)]


def dangers_of_rules(source: str) -> list[str]:
    """The same of a file in Snakemake's language, which Python cannot parse: by its words alone."""
    lines: dict[int, list[str]] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER):
            lines.setdefault(token.start[0], []).append(token.string)
    return [f"{line}: {hit[0]}" for line, words in lines.items() for hit in _IN_RULES.finditer(" ".join(words))]


def _origins(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every imported name with what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _of_node(node: ast.AST, origins: dict[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for _, origin in _origins(node):
            yield from _of_name(origin)
        if isinstance(node, ast.Import):
            yield from (name for alias in node.names for name in _of_name(alias.name))
    elif isinstance(node, ast.Name | ast.Attribute):
        yield from _of_name(_full(node, origins))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in SWITCHES:
            yield node.attr
    elif isinstance(node, ast.Call):
        yield from _of_call(node, origins)


def _of_name(name: str) -> Iterator[str]:
    parts = name.split(".")
    if name in FUNCTIONS or name.startswith(PREFIXES) or any(".".join(parts[:n]) in MODULES for n in (1, 2, 3)):
        yield name


def _of_call(node: ast.Call, origins: dict[str, str]) -> Iterator[str]:
    name = _full(node.func, origins)
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    for keyword, allowed in KEYWORDS.items():
        if keyword in given and not _is(given[keyword], allowed):
            yield f"{name}({keyword}={ast.unparse(given[keyword])})"
    if name in ("torch.load", "torch.serialization.load") and "weights_only" not in given:
        yield f"{name}() without weights_only=True"
    if name.endswith((".read_array", ".write_array")) and "allow_pickle" not in given:
        yield f"{name}() without allow_pickle=False"
    if name in SUBPROCESS and not (node.args and isinstance(node.args[0], ast.List)):
        yield f"{name}() of something that is no list of words"
    if isinstance(node.func, ast.Attribute):
        method, first = node.func.attr, node.args[0] if node.args else None
        if method in METHODS:
            yield f".{method}()"
        if method == "eval" and first is not None:
            yield ".eval() of an argument"
        if method == "query" and isinstance(first, ast.Constant | ast.JoinedStr):
            yield ".query() of a text"
        if method == "format" and not isinstance(node.func.value, ast.Constant):
            yield ".format() of a text that is not written here"


def _is(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _full(node: ast.expr, origins: dict[str, str]) -> str:
    """`np.load` as `numpy.load`; of anything but names and dots nothing."""
    if isinstance(node, ast.Name):
        return origins.get(node.id, node.id if node.id in FUNCTIONS else "")
    if isinstance(node, ast.Attribute):
        return f"{_full(node.value, origins)}.{node.attr}"
    return ""

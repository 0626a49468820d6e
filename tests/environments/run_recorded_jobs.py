"""Runs recorded jobs with the interpreter it is started with, outside Snakemake.

    python -I run_recorded_jobs.py TASK.json REPORT.json      in the folder that the jobs' paths are relative to

With `-I` the interpreter sees its own packages and the folders that the task names, and nothing else; Snakemake lends a
script the packages of its own environment. The report says which file each loaded module came from.
"""

import functools
import importlib
import json
import shutil
import sys
import sysconfig
from pathlib import Path


def main(task_path, report_path):
    """Exit status 0 if every job did its work; the report is written in that case only."""
    task = json.loads(Path(task_path).read_text(encoding="utf-8"))
    sys.path[:0] = task["path"]
    from rule_script import run_script

    for job in task["jobs"]:
        make_way(job["arguments"]["output"])
        if "instead" in job:
            module, name = importlib.import_module(job["instead"]["module"]), job["rule"]
            setattr(module, name, resized(getattr(module, name), job["instead"]["arguments"]))
        outcome = run_script(job["rule"], Path(job["log"]), **job["arguments"])
        if outcome.code:
            sys.exit(f"{job['rule']}: {outcome.log}")
        absent = [path for path in paths(job["arguments"]["output"]) if not path.exists()]
        if absent:
            sys.exit(f"{job['rule']}: did not make {', '.join(map(str, absent))}")
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    report = {
        # torch names a file that there is not for modules that it makes up (torch.ops).
        "modules": {name: file for name, file in files.items() if file and Path(file).exists()},
        "standard_library": [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")],
    }
    Path(report_path).write_text(json.dumps(report), encoding="utf-8")


def paths(output):
    for value in output.values():
        yield from map(Path, [value] if isinstance(value, str) else value)


def make_way(output):
    """What is there later was made by the job."""
    for path in paths(output):
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)


def resized(function, arguments):
    """The function, with these arguments whatever it is called with."""
    return functools.wraps(function)(lambda **given: function(**{**given, **arguments}))


if __name__ == "__main__":
    main(*sys.argv[1:])

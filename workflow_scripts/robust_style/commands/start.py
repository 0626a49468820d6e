"""Entry point of the console script: Ctrl-C during the imports, which take seconds, prints one line, no traceback."""

import os
import signal


def main() -> None:
    """Run the command that `sys.argv` names."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    # Read when torch is imported. With `--device mps`, torch computes on the CPU what it lacks for Apple's GPU.
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    # OpenMP's threads sleep while they wait. MEASURED (128 px, 2 threads, another process on one of 2 cores): 0.15 s an
    # iteration; 1.5 s if they spin, its default.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from robust_style.commands.main import main as run_command  # takes seconds

    run_command()


def _leave(number: int, frame: object) -> None:
    os.write(2, b"interrupted (SIGINT); nothing was begun\n")
    os._exit(130)

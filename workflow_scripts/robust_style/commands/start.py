"""Entry point of the console script: Ctrl-C during the imports, which take seconds, prints one line, no traceback."""

import os
import signal


def main() -> None:
    """Run the command that `sys.argv` names."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from robust_style.commands.main import main as run_command  # takes seconds

    run_command()


def _leave(number: int, frame: object) -> None:
    os.write(2, b"interrupted (SIGINT); nothing was begun\n")
    os._exit(130)

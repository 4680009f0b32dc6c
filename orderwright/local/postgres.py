"""PostgreSQL as a child of ours: made, started, believed in after SELECT 1, stopped."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from orderwright.local import binaries
from orderwright.local.ports import free_port
from orderwright.local.process import Account, Child, ServerFailed
from orderwright.local.waiting import never, wait_until

USER = "orderwright"
_ENV = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C",
    "TZ": "UTC",
}  # nothing of the user's shell may change the server
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "10min",
}
_SAFE = {"fsync": "on"}


class Postgres:
    """One cluster in `folder`, reached over 127.0.0.1 with a generated password; no socket file anywhere.

    `fast` gives up durability and is for tests. As root everything runs as `nobody`; then, where `folder`
    lies in a private home, the data is kept in a folder of its own under /var/tmp, keyed by `folder`.
    """

    name = "postgres"

    def __init__(
        self, folder: Path, *, port: int | None = None, fast: bool = False, log: Path | None = None
    ) -> None:
        self.port = port or free_port()
        self._given_port = port is not None
        self._fast = fast
        self._account = binaries.postgres_account()
        self._folder = folder.resolve()
        if self._account and not binaries.reachable(self._folder.parent):
            self._folder = binaries.shared_folder(str(self._folder)) / "postgres"
        self._log = log or folder.with_name("postgres.log")
        self.patience = 20.0  # seconds in which a server that ends at once is started again
        self._child: Child | None = None

    @property
    def folder(self) -> Path:
        """Where data and password really are."""
        return self._folder

    @property
    def child(self) -> Child | None:
        """The server process, once started."""
        return self._child

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self._child is not None and self._child.running

    @property
    def password(self) -> str:
        """The generated password; it is kept beside the data, readable to its owner only."""
        return (self._folder / "password").read_text().strip()

    def url(self, database: str = USER) -> str:
        """The address of a database in the form that SQLAlchemy and the settings take."""
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def dsn(self, database: str = USER) -> str:
        """The address of a database in the form that psycopg and psql take."""
        return self.url(database).replace("+psycopg", "", 1)

    def prepare(self) -> str:
        """Make the cluster if there is none; the URL of its database, which answers after `start`."""
        if not (self._folder / "data" / "PG_VERSION").exists():
            self._make(binaries.runnable_postgres(self._account))
        return self.url()

    def start(self, interrupted: Callable[[], bool] = never) -> None:
        """Make the cluster if there is none, start it, return once it answers. Raises ServerFailed."""
        if self.running:
            return
        self.prepare()
        programs = binaries.runnable_postgres(self._account)
        self._forget_dead_server()
        until = time.monotonic() + self.patience
        while True:
            child = self._child = self._server(programs)
            child.start()
            if wait_until(self.answers, seconds=60, alive=lambda: self.running, interrupted=interrupted):
                break
            if self.running or time.monotonic() > until:
                child.kill()
                raise child.failed("did not start")
            self._before_next_try()
        self._create_database()

    def launch(self) -> None:
        """Start and wait: a cluster that was killed may need several tries."""
        self.start()

    def stop(self) -> None:
        """Disconnect everybody and shut down in order. Data stays."""
        if self._child:
            self._child.stop()

    def kill(self) -> None:
        """End it as a power cut would; the next start recovers from the log."""
        if self._child:
            self._child.kill()

    def answers(self) -> bool:
        """Whether SELECT 1 succeeds now."""
        import psycopg  # noqa: PLC0415 - 100 ms that `orderwright --help` need not pay

        try:
            with psycopg.connect(self.dsn("postgres"), connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error:
            return False

    def execute(self, statement: str) -> None:
        """Run one administrative statement, outside of a transaction, on the database `postgres`."""
        import psycopg  # noqa: PLC0415 - see answers
        from psycopg import sql  # noqa: PLC0415

        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement))  # ours, never a user's text

    def _server(self, programs: Path) -> Child:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "dynamic_shared_memory_type": "mmap" if not os.access("/dev/shm", os.W_OK) else "posix",  # noqa: S108
            **(_FAST if self._fast else _SAFE),
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Child(
            self.name,
            [programs / "postgres", "-D", self._folder / "data", *settings],
            log=self._log,
            env=_ENV,
            cwd=self._folder.parent,
            account=self._account,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
            grace=30,
        )

    def _make(self, programs: Path) -> None:
        """Run initdb into a fresh folder; a half-made one is made anew."""
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        password = self._folder / "password"
        if not password.exists():
            with open(os.open(password, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(secrets.token_hex(16))
        if self._account:
            for path in (self._folder, password):
                os.chown(path, self._account.uid, self._account.gid)
        making = self._folder / "data.making"
        shutil.rmtree(making, ignore_errors=True)
        self._initdb(programs, making, password, self._account)
        making.rename(self._folder / "data")

    def _initdb(self, programs: Path, target: Path, password: Path, account: Account | None) -> None:
        command: list[str | Path] = [programs / "initdb", "-D", target, "-U", USER, f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["-c", "scram_iterations=1"]  # slows a guesser of words; ours is random, 128 bits
        command += ["--no-sync"] if self._fast else []
        made = subprocess.run(  # noqa: S603 - a fixed program, no shell
            command,
            env=_ENV,
            cwd=self._folder.parent,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ServerFailed(f"initdb failed: {made.stderr.strip()[-800:]}")

    def _forget_dead_server(self) -> None:
        """Drop the pid file of a killed server whose number another process bears by now."""
        pid_file = self._folder / "data" / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if str(self._folder).encode() not in command:
                pid_file.unlink()

    def _before_next_try(self) -> None:
        """A killed server's last helpers may hold the memory, or somebody took our port."""
        time.sleep(0.3)
        if not self._given_port:
            self.port = free_port()

    def _create_database(self) -> None:
        import psycopg  # noqa: PLC0415 - see answers

        with contextlib.suppress(psycopg.errors.DuplicateDatabase):
            self.execute(f"CREATE DATABASE {USER}")

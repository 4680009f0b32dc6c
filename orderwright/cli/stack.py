"""`orderwright up`, `down`, `status` and `logs`: the whole product on this machine."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where data, logs and state are kept.")]


def _say(line: str) -> None:
    """One line, at once; plain and unwrapped where it goes to a log or a program."""
    if not sys.stdout.isatty():
        print(line, flush=True)
        return
    from rich.console import Console  # noqa: PLC0415 - keeps `--help` fast

    Console().print(line, markup=False, soft_wrap=True)


def _folder(chosen: Path | None) -> Path:
    from orderwright.local.state import default_data_dir  # noqa: PLC0415 - keeps `--help` fast

    return (chosen or default_data_dir()).resolve()


def _ports(given: list[str], free: bool) -> Any:
    """What Stack takes; Any: a mapping, "auto" or None."""
    try:
        numbers = {name: int(number) for name, _, number in (entry.partition("=") for entry in given)}
    except ValueError:
        raise typer.BadParameter("use NAME=NUMBER, as in --port api=8090") from None
    from orderwright.local.environment import DEFAULT_PORTS  # noqa: PLC0415 - keeps `--help` fast

    if unknown := set(numbers) - set(DEFAULT_PORTS):
        raise typer.BadParameter(
            f"no port is named {', '.join(unknown)}; there are {', '.join(DEFAULT_PORTS)}"
        )
    return numbers or ("auto" if free else None)


def up(
    data_dir: DataDir = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once everything is ready.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Start only these parts: postgres,temporal,…")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=16, help="How many worker processes.")] = 1,
    port: Annotated[list[str] | None, typer.Option(help="A port of your choice: api=8090.")] = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Any free ports, not the usual ones.")
    ] = False,
    instant: Annotated[
        bool, typer.Option("--instant", help="The simulator ships and delivers at once.")
    ] = False,
    migrate: Annotated[bool, typer.Option(help="Migrate the database and make local API keys.")] = True,
) -> None:
    """Start PostgreSQL, Temporal, the simulated world, a worker and the API. Ctrl-C stops; data stays."""
    from orderwright.local import supervisor  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.local.stack import COMPONENTS, Stack  # noqa: PLC0415

    folder = _folder(data_dir)
    parts = [part for entry in only or [] for part in entry.split(",") if part] or list(COMPONENTS)
    if unknown := set(parts) - set(COMPONENTS):
        raise typer.BadParameter(
            f"there is no {', '.join(sorted(unknown))}; there are {', '.join(COMPONENTS)}"
        )
    ports = _ports(port or [], free_ports)
    if detach:
        arguments = ["up", "--data-dir", str(folder), "--only", ",".join(parts), "--workers", str(workers)]
        arguments += [f"--port={entry}" for entry in port or []]
        arguments += (
            ["--free-ports"] * free_ports + ["--instant"] * instant + ["--no-migrate"] * (not migrate)
        )
        raise typer.Exit(supervisor.detach(folder, arguments, _say))
    stopping = supervisor.stop_signal()
    stack = Stack(
        folder,
        components=parts,
        ports=ports,
        workers=workers,
        instant=instant,
        migrate=migrate,
        say=_say,
        interrupted=stopping.is_set,
    )
    raise typer.Exit(
        supervisor.supervise(stack, stopping, _say, lambda: _print_addresses(stack.urls, folder))
    )


def _print_addresses(urls: dict[str, str], folder: Path) -> None:
    from orderwright.local.supervisor import READY  # noqa: PLC0415 - keeps `--help` fast

    titles = {
        "api": "API and console",
        "temporal_ui": "Temporal UI",
        "mail": "Mail page",
        "simulator": "Simulator",
        "temporal": "Temporal",
        "postgres": "PostgreSQL",
    }
    _say("")
    for name, title in titles.items():
        if name in urls:
            _say(f"  {title:<16} {urls[name]}")
    _say(f"  {'Data and logs':<16} {folder}")
    _say(f"  {READY}")


def down(data_dir: DataDir = None) -> None:
    """Stop what `up` started. Data stays."""
    from orderwright.local.supervisor import shut_down  # noqa: PLC0415 - keeps `--help` fast

    folder = _folder(data_dir)
    if shut_down(folder, _say):
        _say(f"stopped; data is kept in {folder}")
    else:
        _say(f"nothing is running in {folder}")


def status(
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What runs, and where. Exit code 0 where the stack is ready, else 3."""
    from orderwright.local import state  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.local.process import alive  # noqa: PLC0415

    folder = _folder(data_dir)
    known = state.load(folder) or state.StackState(folder)
    ready = known.running and known.ready
    processes = {
        name: {"pid": process.pid, "running": alive(process), "url": known.urls.get(name, "")}
        for name, process in known.processes.items()
    }
    ready = ready and all(process["running"] for process in processes.values())
    if as_json:
        _say(
            json.dumps({"data_dir": str(folder), "ready": ready, "urls": known.urls, "processes": processes})
        )
        raise typer.Exit(0 if ready else 3)
    if not processes:
        _say(f"nothing is running in {folder}; start with `orderwright up`")
    for name, process in processes.items():
        word = "running" if process["running"] else "ended"
        _say(f"  {name:<12} {word:<8} {process['pid']:<8} {process['url']}")
    raise typer.Exit(0 if ready else 3)


def env(data_dir: DataDir = None) -> None:
    """The local stack's addresses and keys as shell exports: `eval "$(orderwright env)"`."""
    import shlex  # noqa: PLC0415 - keeps `--help` fast

    from orderwright.local import state  # noqa: PLC0415

    folder = _folder(data_dir)
    known = state.load(folder)
    if known is None or not known.running:
        sys.stderr.write(f"nothing is running in {folder}; start with `orderwright up --detach`\n")
        raise typer.Exit(3)
    keys = json.loads(known.admin_key_file.read_text())
    values = {"ORDERWRIGHT_URL": known.api_url, "ORDERWRIGHT_KEY": keys["admin"]}
    values |= {f"{scope.upper()}_KEY": key for scope, key in keys.items()}
    values["TEMPORAL_ADDRESS"] = known.urls.get("temporal", "")
    for name, value in values.items():
        _say(f"export {name}={shlex.quote(value)}")


def logs(
    name: Annotated[str | None, typer.Argument(help="worker, api, postgres, …; all where left out.")] = None,
    data_dir: DataDir = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("-n", help="How many of the last lines.")] = 40,
) -> None:
    """The last lines that the stack's processes wrote."""
    folder = _folder(data_dir) / "logs"
    files = sorted(folder.glob("*.log")) if name is None else [folder / f"{name}.log"]
    if not all(file.exists() for file in files) or not files:
        known = ", ".join(sorted(file.stem for file in folder.glob("*.log"))) or "none yet"
        raise typer.BadParameter(f"there is no log of that name in {folder}; there are: {known}")
    width = max(len(file.stem) for file in files) if len(files) > 1 else 0
    read: dict[Path, int] = {}
    for file in files:
        data = file.read_bytes()
        read[file] = len(data)
        for line in data.decode(errors="replace").splitlines()[-lines:]:
            _say(_labeled(file, width, line))
    while follow:
        time.sleep(0.3)
        for file in files:
            read[file] = _print_new(file, read[file], width)


def _labeled(file: Path, width: int, line: str) -> str:
    return f"{file.stem:<{width}} | {line}" if width else line


def _print_new(file: Path, read: int, width: int) -> int:
    if file.stat().st_size < read:  # a new file took its place
        read = 0
    with file.open("rb") as opened:
        opened.seek(read)
        new = opened.read()
    whole = new[: new.rfind(b"\n") + 1]
    for line in whole.decode(errors="replace").splitlines():
        _say(_labeled(file, width, line))
    return read + len(whole)

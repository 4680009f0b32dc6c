"""`orderwright doctor`: what is wrong, in plain words, and the next step."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer


def doctor(
    data_dir: Annotated[Path | None, typer.Option("--data-dir", help="Whose stack to look at.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    settings: Annotated[
        bool, typer.Option("--settings", help="Print the effective settings, redacted.")
    ] = False,
) -> None:
    """Look for what is wrong with the stack and say the next step. Exit code 1 where something is."""
    from orderwright.local import doctor as local  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.local.state import default_data_dir  # noqa: PLC0415

    folder = (data_dir or default_data_dir()).resolve()
    findings = []
    for finding in local.examine(folder):
        findings.append(finding)
        if not as_json:
            _print(finding.about, finding.level, finding.said, finding.next_step)
    healthy = all(finding.level is not local.Level.WRONG for finding in findings)
    effective = _settings(folder) if settings or as_json else {}
    if as_json:
        listed = [
            {"about": one.about, "level": one.level, "said": one.said, "next_step": one.next_step}
            for one in findings
        ]
        print(json.dumps({"healthy": healthy, "findings": listed, "settings": effective}, indent=1))
    else:
        for name, value in effective.items():
            print(f"  {name:<26} {value}")
        print("all is well" if healthy else "something is wrong: see the next steps above")
    raise typer.Exit(0 if healthy else 1)


def _print(about: str, level: str, said: str, next_step: str) -> None:
    print(f"  {level:<6} {about:<18} {said}", flush=True)
    if next_step:
        print(f"  {'':<25} -> {next_step}", flush=True)


def _settings(folder: Path) -> dict[str, str]:
    """What a process of the stack would read now: the shell's settings over the stack's; secrets as stars."""
    from orderwright.local.state import load  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.runtime.settings import Settings  # noqa: PLC0415

    known = load(folder)
    for name, value in (known.env if known else {}).items():
        os.environ.setdefault(name, value)
    return Settings().redacted()

"""The README's walk works as printed: its very blocks are run, in one shell, against a stack of their own."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx2

from orderwright.local.stack import Stack

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"<!-- runs: (\w+) -->\n```sh\n(.*?)```", re.DOTALL)


def blocks() -> dict[str, str]:
    """The README's blocks that claim to run, by name."""
    return dict(BLOCK.findall((ROOT / "README.md").read_text()))


def test_the_walk_of_the_readme_works_as_printed(stack: Stack, api: httpx2.Client, tmp_path: Path) -> None:
    walk = blocks()
    steps = "up stock create watch approve temporal cancel why availability"
    assert list(walk) == steps.split()
    walk["up"] = 'eval "$(orderwright env)"\n'  # the stack of this test, not a second one on the usual ports
    script = "set -euo pipefail\n" + "\n".join(walk[name] for name in walk)
    programs = Path(sys.executable).parent

    ran = subprocess.run(  # noqa: S603 - our own README
        ["bash", "-c", script],  # noqa: S607 - the system's shell
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "ORDERWRIGHT_DATA_DIR": str(stack.data_dir),
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, f"{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    assert json.loads((tmp_path / "order.json").read_text())["state"] in ("accepted", "in_fulfillment")
    assert json.loads((tmp_path / "big.json").read_text())["held_by"] == ["approval"]
    third = json.loads((tmp_path / "third.json").read_text())["id"]
    assert "LON has everything and is the nearest that does" in ran.stdout
    assert "0 would ship from elsewhere" in ran.stdout
    assert ("task.approve", "temporal:ann") in _told(api, third, "task.approve")


def _told(api: httpx2.Client, order_id: str, awaited: str) -> list[tuple[str, str]]:
    """The order's timeline as (what, who), once `awaited` is in it or ten seconds have passed."""
    for _ in range(50):
        events = api.get(f"/v1/orders/{order_id}/timeline").json()["data"]
        told = [(event["kind"], event["actor"]) for event in events]
        if any(kind == awaited for kind, _ in told):
            break
        time.sleep(0.2)
    return told

"""`python -m orderwright.simulator`: start the simulated world."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import uvicorn

from orderwright.simulator.app import build
from orderwright.simulator.world import Options


def main() -> None:
    """Parse the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m orderwright.simulator", description="The simulated world."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8089)
    parser.add_argument("--data-dir", type=Path, default=Path(".simulator"))
    parser.add_argument("--instant", action="store_true", help="no delays between the world's own steps")
    parser.add_argument(
        "--timing",
        type=json.loads,
        default=os.environ.get("SIM_TIMING") or "{}",
        help='seconds per step as JSON, such as {"accepted": 0.2, "shipped": 1.6}; also by SIM_TIMING',
    )
    given = parser.parse_args()
    is_instant = given.instant or os.environ.get("SIM_INSTANT", "") not in {"", "0"}
    options = Options(data_dir=given.data_dir, is_instant=is_instant, timing=given.timing)
    app = build(options)
    uvicorn.run(app, host=given.host, port=given.port, log_level="warning", access_log=False, ws="none")


if __name__ == "__main__":
    main()

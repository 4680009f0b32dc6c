"""Is the committed OpenAPI file what the routes give? `python -m tests.tools.check_openapi [--write]`."""

import json
import sys
from pathlib import Path

from api.app import create_app

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def generated() -> str:
    """The document, with sorted keys, so that a diff shows what changed."""
    return json.dumps(create_app().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """0: equal, or written. 1: they differ."""
    if arguments == ["--write"]:
        COMMITTED.write_text(generated(), encoding="utf-8")
        return 0
    if COMMITTED.exists() and COMMITTED.read_text(encoding="utf-8") == generated():
        return 0
    sys.stderr.write(f"{COMMITTED} is not what the routes give: make openapi, and read the diff\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

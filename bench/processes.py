"""What did each process cost: CPU seconds from /proc, with its children's."""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
Seconds = dict[str, float]


def cpu(pids: Mapping[str, int]) -> Seconds:
    """CPU seconds so far of each named process, of those it has started and of those that have ended."""
    stats = _stats()
    children: dict[int, list[int]] = defaultdict(list)
    for pid, (parent, _) in stats.items():
        children[parent].append(pid)

    def total(pid: int) -> float:
        own = stats[pid][1] if pid in stats else 0.0
        return own + sum(total(child) for child in children[pid])

    return {name: total(pid) for name, pid in pids.items()}


def spent(before: Seconds, after: Seconds) -> Seconds:
    """The difference."""
    return {name: after[name] - before.get(name, 0.0) for name in after}


def _stats() -> dict[int, tuple[int, float]]:
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            text = (entry / "stat").read_text()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2 :].split()
        found[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    return found

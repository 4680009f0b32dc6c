"""The courier: fires due timers and delivers the post, at least once, with retries and a bound."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from sqlite3 import Row
from urllib.parse import urlencode

from orderwright.simulator.posting import signing
from orderwright.simulator.posting.wire import Wire
from orderwright.simulator.store import dump
from orderwright.simulator.world import World

AT_ONCE = 20
TIMEOUT_SECONDS = 10.0
ATTEMPTS = 60
LONGEST_BACKOFF = 60.0
SHORTEST_PAUSE = 0.005  # one pass takes what gathered meanwhile: cheaper than one pass per event
DUE = "SELECT id, lane FROM deliveries WHERE state = 'due' AND due_at <= ? ORDER BY due_at, id LIMIT 400"
LOG = logging.getLogger("simulator.courier")


class Courier:
    """One loop; at most AT_ONCE posts in flight, one per lane."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._db = world.store.db
        self._in_flight: set[int] = set()
        self._busy_lanes: set[str] = set()
        self._results: list[tuple[int, int, bool]] = []
        self._flying = 0  # not len(_tasks): a done task leaves that set only after it has woken the loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        world.timers.changed = world.post.changed = self._wake

    async def run(self) -> None:
        """Until canceled."""
        wire = Wire(TIMEOUT_SECONDS, idle=AT_ONCE)
        try:
            while True:
                self._wake.clear()
                more = self._pass(wire)
                await asyncio.sleep(SHORTEST_PAUSE)
                if not more:
                    await self._pause()
        finally:
            wire.close()

    def _pass(self, wire: Wire) -> bool:
        """Fire, write down, send on; says whether more may be due at once."""
        try:
            more = self._world.timers.fire()
            self._settle()
            self._dispatch(wire)
        except Exception:  # the world goes on
            LOG.exception("a courier's pass failed")
            return False
        return more

    async def _pause(self) -> None:
        """Until something is due, was added or came back."""
        now = time.time()
        row = self._db.execute(
            "SELECT min(due_at) FROM deliveries WHERE state = 'due' AND due_at > ?", (now,)
        ).fetchone()
        due = [at for at in (row[0], self._world.timers.next_due()) if at is not None]
        seconds = max(0.0, min([*due, now + 5.0]) - now)
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    def _settle(self) -> None:
        """Write down what came back: delivered ones are gone, failed ones wait longer each time."""
        if not self._results:
            return
        results, self._results = self._results, []
        with self._world.store.transaction():
            for row_id, attempt, is_delivered in results:
                if is_delivered:
                    self._db.execute("DELETE FROM deliveries WHERE id = ?", (row_id,))
                else:
                    self._postpone(row_id, attempt + 1)
        self._in_flight.difference_update(row_id for row_id, _, _ in results)

    def _postpone(self, row_id: int, attempt: int) -> None:
        backoff = min(0.25 * 2 ** min(attempt, 12), LONGEST_BACKOFF)
        self._db.execute(
            "UPDATE deliveries SET attempt = ?, due_at = ?, lane = NULL, state = ? WHERE id = ?",
            (attempt, time.time() + backoff, "failed" if attempt >= ATTEMPTS else "due", row_id),
        )

    def _dispatch(self, wire: Wire) -> None:
        room = AT_ONCE - self._flying
        if room <= 0:
            return
        due = self._db.execute(
            DUE,
            (time.time(),),
        ).fetchall()
        taken: set[str] = set(self._busy_lanes)
        for row_id, lane in due:
            if room == 0:
                return
            if row_id in self._in_flight or lane in taken:
                continue
            if lane:
                taken.add(lane)
                self._busy_lanes.add(lane)
            self._in_flight.add(row_id)
            self._flying += 1
            task = asyncio.create_task(self._deliver(wire, row_id, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            room -= 1

    async def _deliver(self, wire: Wire, row_id: int, lane: str | None) -> None:
        is_delivered, attempt = True, 0
        try:
            row = self._db.execute("SELECT * FROM deliveries WHERE id = ?", (row_id,)).fetchone()
            if row is not None:
                attempt = row["attempt"]
                is_delivered = await self._send(wire, row)
        except (OSError, EOFError, TimeoutError, ValueError) as failure:
            LOG.debug("not delivered: %r", failure)
            is_delivered = False
        finally:
            self._results.append((row_id, attempt, is_delivered))
            self._busy_lanes.discard(lane or "")
            self._flying -= 1
            self._wake.set()

    async def _send(self, wire: Wire, row: Row) -> bool:
        provider = row["provider"]
        target, secret = self._world.post.targets[provider], self._world.post.secret(provider)
        url = row["url"] or target["url"]
        if not url:
            return True
        body, headers = row["body"].encode(), {"Content-Type": "application/json"}
        if provider == "stripe":
            headers |= signing.stripe(secret, body)
        elif provider == "adyen":
            body = dump(signing.adyen(secret, json.loads(body))).encode()
        elif provider == "easypost":
            headers |= signing.easypost(secret, body)
        elif provider in {"warehouse", "supplier"}:
            headers |= signing.standard(secret, row["event_id"], body)
        else:
            form = json.loads(body)
            headers |= signing.twilio(secret, url, form)
            headers["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
        return 200 <= await wire.post(url, body, headers) < 300

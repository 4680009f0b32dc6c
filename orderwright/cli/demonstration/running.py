"""All stories at once: played, watched, and compared with how each must end."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from orderwright.cli.client import Api, Json, Problem, Unreachable
from orderwright.cli.demonstration.facts import facts
from orderwright.cli.demonstration.goods import GOODS, LOCATIONS, Good, stocked
from orderwright.cli.demonstration.outside import World
from orderwright.cli.demonstration.shop import Board, NeverCame, Shop
from orderwright.cli.demonstration.stories import STORIES, Story

APART_S = 0.3
"""Between two orders: a shop's customers do not all press the button in the same moment."""


@dataclass
class Played:
    """One story as it stands: what it does now, and at the end what was found."""

    story: Story
    shop: Shop
    found: Sequence[str] = ()
    trouble: str = ""
    seconds: float = 0.0
    done: bool = False

    @property
    def missing(self) -> list[str]:
        """What had to be true and is not."""
        return [fact for fact in self.story.ends if fact not in self.found]

    @property
    def good(self) -> bool:
        """Whether it has ended as it must."""
        return self.done and not self.trouble and not self.missing


@dataclass
class Demo:
    """The stories of one run. `changed` is called whenever something new can be shown."""

    url: str
    key: str
    simulator: str
    changed: Callable[["Demo"], None] = lambda _: None
    stories: Sequence[Story] = STORIES
    goods: Sequence[Good] = GOODS
    places: Sequence[Json] = LOCATIONS
    played: list[Played] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether every story has ended as it must."""
        return all(one.good for one in self.played)

    async def run(self) -> None:
        """Play everything to its end. Raises Problem, Unreachable where the shop cannot be made ready."""
        began, run = time.monotonic(), uuid4().hex[:8]
        async with Api(self.url, self.key, connections=40) as api, World(self.simulator) as world:
            board = Board(api)
            self.played = [
                Played(story, Shop(api, world, board, run, str(number)))
                for number, story in enumerate(self.stories, 1)
            ]
            await world.calm()
            await stocked(api, run, self.goods, self.places)
            watching = asyncio.create_task(board.watch(lambda: self.changed(self)))
            try:
                async with asyncio.TaskGroup() as playing:
                    for nth, one in enumerate(self.played):
                        playing.create_task(self._play(one, nth))
            finally:
                watching.cancel()
            await world.calm()
        self.seconds = time.monotonic() - began
        self.changed(self)

    async def _play(self, one: Played, nth: int) -> None:
        await asyncio.sleep(APART_S * nth)
        began = time.monotonic()
        try:
            await one.story.play(one.shop)
            order = await one.shop.settled()
            one.found = [*facts(order, await one.shop.bent()), *one.shop.seen]
        except (NeverCame, Problem, Unreachable) as trouble:
            one.trouble = str(trouble)
        one.seconds, one.done = time.monotonic() - began, True
        self.changed(self)

"""Recorded histories make the same decisions on today's code; and the check can fail."""

import asyncio
import base64
import re
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

import worker
from orderwright.messages import names
from orderwright.messages.orders import OrderClosed, StartOrder
from worker import WORKFLOWS, sandbox
from workflows.order import OrderWorkflow

HISTORY_OF = {file.stem: file.read_text() for file in (Path(__file__).parent / "histories").glob("*.json")}


@workflow.defn(name=names.ORDER)
class Swapped(OrderWorkflow):
    """The order's way with two steps swapped: stock is reserved before anything is verified."""

    @workflow.run
    async def run(self, start: StartOrder) -> OrderClosed:
        """As the real one; `_verify` and `_source_and_reserve` have changed places."""
        return await super().run(start)

    async def _verify(self) -> None:
        await super()._source_and_reserve()

    async def _source_and_reserve(self) -> None:
        await super()._verify()


@pytest.mark.parametrize("way", sorted(HISTORY_OF))
async def test_a_recorded_history_makes_the_same_decisions_today(way: str) -> None:
    replayer = Replayer(
        workflows=list(WORKFLOWS), data_converter=pydantic_data_converter, workflow_runner=sandbox()
    )

    result = await replayer.replay_workflow(
        WorkflowHistory.from_json(way, HISTORY_OF[way]), raise_on_replay_failure=False
    )

    assert result.replay_failure is None


async def test_two_steps_swapped_are_noticed() -> None:
    delivered = HISTORY_OF["delivered"]
    replayer = Replayer(
        workflows=[Swapped],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )

    result = await replayer.replay_workflow(
        WorkflowHistory.from_json("delivered", delivered), raise_on_replay_failure=False
    )

    assert "nondeterminism" in str(result.replay_failure).lower()


async def test_the_worker_says_by_its_exit_code_whether_histories_replay(tmp_path: Path) -> None:
    assert await asyncio.to_thread(worker.replay, tmp_path) == 2

    (tmp_path / "delivered.json").write_text(HISTORY_OF["delivered"])
    assert await asyncio.to_thread(worker.replay, tmp_path) == 0

    other = HISTORY_OF["canceled_while_buying"].replace("carriers.void", "carriers.buy")
    (tmp_path / "other.json").write_text(other)
    assert await asyncio.to_thread(worker.replay, tmp_path) == 1


def test_every_way_has_a_history() -> None:
    assert set(HISTORY_OF) >= {
        "approved",
        "canceled_while_buying",
        "declined",
        "delivered",
        "recalled_and_undone",
        "rejected",
        "rejected_by_deadline",
        "split_and_planned_anew",
        "waited_for_stock_and_customer",
        "split_over_two_locations",
    }


@pytest.mark.parametrize("way", sorted(HISTORY_OF))
def test_no_history_holds_personal_data(way: str) -> None:
    payloads = [base64.b64decode(data) for data in re.findall(r'"data": "([^"]*)"', HISTORY_OF[way])]

    assert payloads
    assert not [
        one
        for one in payloads
        if re.search(rb"@example|High St|Leeds|LS1|A Example|Ada King|Row Lane|N1 9GU", one)
    ]

"""What one order costs Temporal: events, and the actions it would be billed for."""

from collections import Counter
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

LOCAL = "core_local_activity"


@dataclass(frozen=True)
class Shape:
    """How often a run does what."""

    events: int
    tasks: int
    locals: int
    activities: int
    signals: int
    timers: int
    searches: int

    @property
    def actions(self) -> int:
        """As Temporal Cloud counts: start, signals, timers, activities, search attributes; local activities
        of one workflow task count once, so they are at most the tasks."""
        starts = 1
        return (
            starts
            + self.signals
            + self.timers
            + self.activities
            + self.searches
            + min(self.locals, self.tasks)
        )


async def fetch(client: Client, workflow_id: str) -> WorkflowHistory:
    """A run's history."""
    return await client.get_workflow_handle(workflow_id).fetch_history()


def shape(history: WorkflowHistory) -> Shape:
    """Count its events by kind."""
    kinds = Counter(EventType.Name(event.event_type) for event in history.events)
    local = sum(
        event.marker_recorded_event_attributes.marker_name == LOCAL
        for event in history.events
        if event.HasField("marker_recorded_event_attributes")
    )
    return Shape(
        events=len(history.events),
        tasks=kinds["EVENT_TYPE_WORKFLOW_TASK_COMPLETED"],
        locals=local,
        activities=kinds["EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"],
        signals=kinds["EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED"],
        timers=kinds["EVENT_TYPE_TIMER_STARTED"],
        searches=kinds["EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"],
    )

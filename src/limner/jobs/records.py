"""What DBOS has on record of jobs: read, queued again, and forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient, WorkflowStatus

WORKFLOW = "limner.job"
"""The name under which jobs are recorded."""

QUEUED, RUNNING, CANCELED, GIVEN_UP = "ENQUEUED", "PENDING", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
UNFINISHED = [QUEUED, RUNNING, GIVEN_UP]
_FINISHED = ["SUCCESS", "ERROR", CANCELED]
_DELETED_AT_ONCE = 500


def rows(status: list[str], run_id: str | None, ids: list[str] | None = None) -> list[WorkflowStatus]:
    """The jobs in one of `status`, of one run or of all, the oldest first."""
    from dbos import DBOS

    found = DBOS.list_workflows(status=status, name=WORKFLOW, workflow_ids=ids, load_input=False, load_output=False)
    return [row for row in found if run_id is None or attribute(row, "run") == run_id]


def attribute(row: WorkflowStatus, name: str) -> str:
    """What was noted with the job when it was submitted: its "run", its "queue"."""
    return str((row.attributes or {}).get(name))


def has_begun(row: WorkflowStatus) -> bool:
    """True if the job was claimed, and begun, before it was canceled."""
    from dbos import DBOS

    return bool(row.recovery_attempts) and bool(DBOS.list_workflow_steps(row.workflow_id))


def put_back(engine: type[DBOS] | DBOSClient, jobs: Iterable[WorkflowStatus]) -> None:
    """Queue `jobs` again, each in its own queue; those that have ended are left alone."""
    by_queue: defaultdict[str, list[str]] = defaultdict(list)
    for row in jobs:
        by_queue[attribute(row, "queue")].append(row.workflow_id)
    for queue, ids in by_queue.items():
        engine.resume_workflows(ids, queue_name=queue)


def delete_finished(before_ms: int) -> int:
    """Delete what ended before `before_ms`, in milliseconds since 1970-01-01 UTC; gives how many."""
    from dbos import DBOS

    before = datetime.fromtimestamp(before_ms / 1000, UTC).isoformat()
    count = 0
    while True:
        ids = [
            row.workflow_id
            for row in DBOS.list_workflows(
                status=_FINISHED,
                name=WORKFLOW,
                completed_before=before,
                limit=_DELETED_AT_ONCE,
                load_input=False,
                load_output=False,
            )
        ]
        if not ids:
            return count
        DBOS.delete_workflows(ids)
        count += len(ids)

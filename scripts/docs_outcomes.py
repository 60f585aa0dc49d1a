"""The page `docs/outcomes.md`, made from `limner/core/outcome.py` and from what the code answers when it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

from limner.core.outcome import MEANINGS, Outcome, OutcomeKind
from limner.core.transport import FaultKind, TransportFault
from limner.providers.retry import RetryPolicy
from limner.providers.send import outcome_of_fault
from limner.wire.gemini.errors import STATUS_NAMES, error_to_wire, outcome_of_error

_INTRODUCTION = """\
# Outcomes

Every call ends in exactly one of these. The command exits with its code, the library raises its exception (or gives the
outcome with `check=False`), `--json` and the history name it. The error code of an outcome is `outcome.` and its name.
The names are stored in journals and never change. This page is made from `core/outcome.py` by `make gen`.

*Billed* is what the outcome usually means; a single call may know better, and its own word is shown. *unknown* means
that nobody but the provider can say. *Later* says whether the same call may succeed at another time. *HTTP* is the
status that says the same, for programs that pass an outcome on.
"""

_RETRIES = """\
## What is sent again by itself

Only what was never sent, or what the provider documents as not billed: at most {attempts} attempts and {total_s:.0f} s
of waiting in all. A wait that the provider asks for is obeyed up to {asked_s:.0f} s; where it asks for more, the call
ends. Everything else ends at once and is told, because a second call might be a second bill.

An answer with an error, as Google writes it. A 500 or 503 without an error document may come from a gateway on the way,
with the work done behind it: that is not sent again.
"""

_FAULTS = """\
A call that got no answer. *sent* means that a byte of the request may have left:
"""

_NOTE_BUDGET = "No command sets a budget yet, so this outcome does not occur."

_STATUSES = (400, 401, 402, 403, 404, 408, 413, 429, 500, 501, 502, 503, 504, 522)


def markdown() -> str:
    """The whole page."""
    overview = [
        "| outcome | what it means | billed | exit | HTTP | later | exception |",
        "|---|---|---|---|---|---|---|",
    ]
    overview += [_overview(kind) for kind in OutcomeKind]
    details = ["## What to do", "", "| outcome | next | sent again by itself |", "|---|---|---|"]
    details += [_detail(kind) for kind in OutcomeKind]
    statuses = ["| HTTP status | outcome | billed | sent again |", "|---|---|---|---|", *_status_rows()]
    faults = ["| fault | sent | outcome | billed | sent again |", "|---|---|---|---|---|", *_fault_rows()]
    policy = RetryPolicy()
    retries = _RETRIES.format(attempts=policy.max_attempts, total_s=policy.total_wait_s, asked_s=policy.max_asked_s)
    blocks = (overview, details, [retries, *statuses], [_FAULTS, *faults])
    return _INTRODUCTION + "\n" + "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _overview(kind: OutcomeKind) -> str:
    meaning = MEANINGS[kind]
    error = "none" if kind is OutcomeKind.IMAGE else f"`{meaning.error.__name__}`"
    cells = (
        f"`{kind.value}`",
        meaning.sentence,
        meaning.billed,
        str(meaning.exit_code),
        str(meaning.http_status),
        "yes" if meaning.later else "no",
        error,
    )
    return _row(cells)


def _detail(kind: OutcomeKind) -> str:
    again = "where it surely cost nothing, see below" if kind in _repeated_kinds() else "never"
    note = _NOTE_BUDGET if kind is OutcomeKind.BUDGET else MEANINGS[kind].next_action
    return _row((f"`{kind.value}`", note, again))


def _status_rows() -> Iterator[str]:
    for status in _STATUSES:
        outcome = _answered(status)
        name = f"{status} {STATUS_NAMES[status]}" if status in STATUS_NAMES else f"{status}, without an error document"
        yield _row((name, *_fate(outcome)))


def _fault_rows() -> Iterator[str]:
    for sent, fault in _faults():
        yield _row((fault.kind, "yes" if sent else "no", *_fate(outcome_of_fault(fault))))


def _fate(outcome: Outcome) -> tuple[str, str, str]:
    return f"`{outcome.kind.value}`", outcome.billed, "yes" if outcome.resend else "no"


def _repeated_kinds() -> set[OutcomeKind]:
    outcomes = [_answered(status) for status in _STATUSES]
    outcomes += [outcome_of_fault(fault) for _, fault in _faults()]
    return {outcome.kind for outcome in outcomes if outcome.resend}


def _answered(status: int) -> Outcome:
    """What an answer with this status means: with the provider's error document where the status is one of its own."""
    document = error_to_wire(status, "…") if status in STATUS_NAMES else None
    return replace(outcome_of_error(status, document, {}), message=None)


def _faults() -> Iterator[tuple[bool, TransportFault]]:
    """Every fault that can happen, before and after the first byte; the connection is made before it."""
    for kind in get_args(FaultKind):
        for sent in (False, True):
            if not (sent and kind in ("connect", "tls")) and not (not sent and kind in ("reset", "protocol")):
                yield sent, TransportFault("…", kind=kind, sent=sent)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"

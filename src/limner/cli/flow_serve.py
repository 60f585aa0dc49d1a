"""`limner work`: a process that makes the requests of all runs, until it is stopped."""

from __future__ import annotations

import signal
import threading

import click

from limner.cli.command import Command, Session


@click.command(cls=Command, examples=("limner work", "LIMNER_JOBS_DATABASE=postgresql://db/limner limner work"))
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
@click.pass_obj
def work(session: Session, /, quiet: bool) -> int:
    """Work on the runs of all workflows, until stopped.

    What `limner run --detach` queued is made here, and what a process left that has ended. Several may run at once on
    one data folder; they keep to the limits of each connection together. Ctrl-C or SIGTERM: nothing new begins, and
    the requests under way are waited for.
    """
    from limner.app import App
    from limner.cli.flow_run import tell_notices
    from limner.runner.places import queues_of
    from limner.runner.workflows import Workflows

    session.output.quiet = quiet
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with App.open(session.environment) as app, Workflows(app) as flows:
        flows.serve()
        tell_notices(app, session.output)
        session.output.note(f"Working for {', '.join(queues_of(app))}. Ctrl-C stops.")
        stopped.wait()
        session.output.note("Stopping: nothing new begins; requests under way are waited for.", "yellow")
    session.output.note("Stopped.")
    return 0

"""The demo server in a process of its own, as the vendors' are: it starts up while the run it serves does."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from dagster_project.demo.company import simulate
from dagster_project.demo.files import drop
from dagster_project.demo.server import DemoServer
from dagster_project.demo.truth import write_truth
from dagster_project.settings import Settings


@contextmanager
def server_apart(data_dir: Path) -> Iterator[Connection]:
    """Start simulating and serving; the connection brings, once, the server's environment and as-of day.

    What the company's people drop lies in the data folder by then, and the truth about the company beside.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, data_dir), name="demo-server", daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        # Closing our end is what ends the server, however this process comes to an end.
        ours.close()
        process.join(timeout=10)


def _serve(asked: Connection, data_dir: Path) -> None:
    # Ctrl-C goes to the whole process group; the run ends first, then closes its end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    world = simulate()
    drop(world, Settings(data_dir=data_dir).drop_dir)
    write_truth(world, data_dir / "truth")
    with DemoServer(world) as server:
        asked.send((server.environment, server.world.as_of))
        try:
            asked.recv()
        except EOFError:
            return

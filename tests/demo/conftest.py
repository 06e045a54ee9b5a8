"""The default company, simulated once for all tests of the demo, and a server and a client for each."""

from collections.abc import Iterator

import pytest

from dagster_project.demo.company import World, simulate
from dagster_project.demo.server import DemoServer
from tests.demo.naive_client import Client


@pytest.fixture(scope="session")
def company() -> World:
    """The company of `make demo`."""
    return simulate()


@pytest.fixture
def server(company: World) -> Iterator[DemoServer]:
    with DemoServer(company, zendesk_incremental_limit=1_000) as running:
        yield running


@pytest.fixture
def client(server: DemoServer) -> Client:
    return Client(server)

"""Tests of modules that are marked ``both_servers`` hold whoever keeps the runs: our process, or a `mlflow server`."""

from tests.tracking import ATTACHED


def pytest_generate_tests(metafunc):
    if "tracking" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_servers"):
        servers = ["own"] if metafunc.definition.get_closest_marker("own_server") else ["own", ATTACHED]
        metafunc.parametrize("tracking", servers, indirect=True)

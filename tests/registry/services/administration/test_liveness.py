"""Whether clock and workers are at work, as /healthz and the administrators' page tell it."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from registry.models import Clock, WorkerBeat
from tests.pages import text


def see(**ago):
    """Let the clock and the workers of queues have been seen so many seconds ago."""
    for name, seconds in ago.items():
        at = timezone.now() - timedelta(seconds=seconds)
        if name == "clock":
            Clock.objects.update_or_create(pk=1, defaults={"holder": uuid.uuid4(), "beat_at": at})
        else:
            WorkerBeat.objects.update_or_create(queue=name, defaults={"beat_at": at})


def test_health_tells_how_long_ago_each_was_seen(client, db, artifact_root):
    artifact_root.mkdir(parents=True)
    never = {"age_seconds": None, "late": True}
    assert client.get("/healthz").json() == {
        "status": "ok", "clock": never, "workers": {"quick": never, "bytes": never}
    }  # fmt: skip
    see(clock=14, quick=5, bytes=40)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "clock": {"age_seconds": 14, "late": False},
        "workers": {"quick": {"age_seconds": 5, "late": False}, "bytes": {"age_seconds": 40, "late": True}},
    }
    see(clock=16)
    assert client.get("/healthz").json()["clock"] == {"age_seconds": 16, "late": True}


def test_health_is_cheap(client, db, artifact_root, django_assert_num_queries):
    artifact_root.mkdir(parents=True)
    with django_assert_num_queries(2):
        client.get("/healthz")


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        ({"clock": 1, "quick": 2, "bytes": 3}, "Clock and workers are running. Last seen 1 s, 2 s and 3 s ago."),
        ({"clock": 60, "quick": 2, "bytes": 3}, "The clock has not run for 60 s: nothing is sealed"),
        ({"clock": 1, "quick": 600, "bytes": 3}, "No worker has been seen for 10 min: deletions wait."),
        ({"clock": 1, "quick": 2}, "No byte worker has ever been seen: copies wait."),
    ],
)
def test_administrators_read_a_plain_line_of_it(as_user, cast, seen, line):
    see(**seen)
    page = text(as_user(cast.admin).get("/settings/jobs"))
    assert line in page
    assert ("notice danger" in page) is not line.startswith("Clock and workers")

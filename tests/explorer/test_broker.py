"""The embedded broker: many processes put and take at once, and every message arrives whole and once."""

import multiprocessing
import time
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from explorer import broker

PUT = 300


@pytest.fixture
def connect(tmp_path):
    for folder in ("messages", "control"):
        (tmp_path / folder).mkdir()
    options = {
        "data_folder_in": tmp_path / "messages",
        "data_folder_out": tmp_path / "messages",
        "control_folder": tmp_path / "control",
    }
    return lambda: Connection("files://localhost//", transport_options=options)


def put_all(connect, start, number):
    start.wait()
    channel = connect().default_channel
    for count in range(PUT):
        channel._put("celery", {"body": f"{number}-{count}", "padding": "x" * 2000})


def take_all(connect, start, seen, done):
    start.wait()
    channel = connect().default_channel
    while True:
        last = done.is_set()
        try:
            seen.put(channel._get("celery")["body"])
        except Empty:
            if last:
                break


def test_every_message_arrives_whole_and_once(connect, tmp_path):
    fork = multiprocessing.get_context("fork")
    start, done, seen = fork.Event(), fork.Event(), fork.Queue()
    writers = [fork.Process(target=put_all, args=(connect, start, number)) for number in range(3)]
    readers = [fork.Process(target=take_all, args=(connect, start, seen, done)) for _ in range(2)]
    for process in writers + readers:
        process.start()
    start.set()
    for process in writers:
        process.join(60)
    done.set()
    arrived = [seen.get(timeout=30) for _ in range(3 * PUT)]
    for process in readers:
        process.join(60)
    assert [process.exitcode for process in writers + readers] == [0] * 5
    assert sorted(arrived) == sorted(f"{number}-{count}" for number in range(3) for count in range(PUT))
    assert list((tmp_path / "messages").iterdir()) == []


def test_a_message_that_is_being_written_is_not_there_yet(connect, tmp_path):
    channel = connect().default_channel
    (tmp_path / "messages" / "1_x.draft").write_text('{"half"')
    with pytest.raises(Empty):
        channel._get("celery")


def test_messages_come_in_their_order_and_to_their_queue(connect):
    channel = connect().default_channel
    for number in range(3):
        channel._put("a", {"number": number})
    channel._put("b", {"number": 9})
    assert [channel._get("a")["number"] for _ in range(3)] == [0, 1, 2]
    assert channel._get("b") == {"number": 9}


def test_binding_a_queue_twice_is_one_binding(connect):
    channel = connect().default_channel
    for _ in range(2):
        channel._queue_bind("celery", "celery", "", "celery")
    assert len(channel.get_table("celery")) == 1


def test_a_message_that_a_power_cut_has_emptied_is_passed_over(connect, tmp_path):
    (tmp_path / "messages" / "1.celery.msg").touch()
    channel = connect().default_channel
    channel._put("celery", {"body": "whole"})
    assert channel._get("celery") == {"body": "whole"}


def test_what_a_power_cut_has_emptied_is_discarded_at_the_start(connect, tmp_path):
    for name in ("messages/1.celery.msg", "control/celery.exchange"):
        (tmp_path / name).touch()
    (tmp_path / "control" / "kept.exchange").write_text("[]")
    broker.discard_empty(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["kept.exchange"]


def test_a_message_on_a_full_disk_takes_the_room_of_the_reserve(connect, tmp_path, settings, monkeypatch):
    settings.RESERVE_FILE = tmp_path / "reserve"
    settings.RESERVE_FILE.touch()
    write_text = Path.write_text

    def write_if_there_is_room(path, content):
        if settings.RESERVE_FILE.exists():
            raise OSError(28, "No space left on device")
        return write_text(path, content)

    channel = connect().default_channel
    monkeypatch.setattr(Path, "write_text", write_if_there_is_room)
    channel._put("celery", {"body": "to be deleted"})
    assert channel._get("celery") == {"body": "to be deleted"}
    assert not list((tmp_path / "messages").iterdir())


def test_a_message_on_a_disk_that_stays_full_leaves_no_draft(connect, tmp_path, monkeypatch):
    def no_room(path, content):
        path.touch()
        raise OSError(28, "No space left on device")

    channel = connect().default_channel
    monkeypatch.setattr(Path, "write_text", no_room)
    with pytest.raises(OSError, match="No space left"):
        channel._put("celery", {"body": "lost"})
    assert not list((tmp_path / "messages").iterdir())


def test_a_worker_hears_soon_that_it_is_to_stop(connect):
    """It asks for messages for two seconds at a time, and stops between two such times."""
    began = time.monotonic()
    with pytest.raises(TimeoutError), connect() as connection, connection.SimpleQueue("quick"):
        connection.drain_events(timeout=20)
    assert time.monotonic() - began < 10

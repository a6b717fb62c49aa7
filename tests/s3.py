"""An S3 server with STS for tests: Debian's radosgw upon a Ceph of one process each, which keeps objects in memory.

Run as `python -m tests.s3 COMMAND …`, it starts one, runs the command with the environment that makes it the place for
new files, and stops it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from registry.storage.objects import s3 as s3_bucket

USER, SECRET = "testing12", "testing12345"
"""The access key of the server's only user, who may do everything."""
ROLE = "reader"
"""A role that this user may assume: what it may do is what the session's policy allows."""
_CONFIGURATION = """
[global]
fsid={fsid}
mon_initial_members=a
mon_host=[v1:127.0.0.1:{monitor}]
ms_bind_msgr2=false
public_network=127.0.0.0/8
public_addr=127.0.0.1
cluster_addr=127.0.0.1
auth_cluster_required=none
auth_service_required=none
auth_client_required=none
osd_pool_default_size=1
osd_pool_default_min_size=1
osd_pool_default_pg_num=1
osd_pool_default_pg_autoscale_mode=off
mon_allow_pool_size_one=true
mon_max_pg_per_osd=500
mon_data_avail_crit=0
mon_data_avail_warn=0
osd_crush_chooseleaf_type=0
osd_objectstore=memstore
memstore_device_bytes={room}
osd_data={folder}/osd0
mon_data={folder}/mon
run_dir={folder}
admin_socket={folder}/$name.asok
pid_file={folder}/$name.pid
log_file={folder}/out/$name.log
osd_class_load_list=*
osd_class_default_list=*
rgw_sts_key=abcdefghijklmnop
rgw_s3_auth_use_sts=true
rgw_frontends=beast endpoint=127.0.0.1:{port}
rgw_enable_usage_log=false
debug_ms=0
keyring={folder}/keyring
[client.rgw]
rgw_data={folder}/rgw
"""
_TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/admin"]},'
_TRUST += '"Action":["sts:AssumeRole"]}]}'
_EVERYTHING = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::*"]}]}'
)

BUCKET = "artifacts"
ON_S3 = (pytest.mark.objects, pytest.mark.xdist_group("s3"))
"""Marks of tests that use the server: one process runs them, so one server is started."""


@pytest.fixture(scope="session")
def s3_server():
    """The address of a server that runs as long as the tests do."""
    with server() as address, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(address).items():
            patch.setenv(name, value)
        s3_bucket._client.cache_clear()
        s3_bucket._client("s3").create_bucket(Bucket=BUCKET)
        yield address
    s3_bucket._client.cache_clear()


@pytest.fixture
def s3(s3_server, settings):
    """A root of this test's own in an S3 server, where new files go; its address."""
    root = f"s3://{BUCKET}/{uuid.uuid4().hex}"
    settings.STORAGE = {
        "root": root, "allowed": [root], "register_from": [], "direct": True, "role_arn": role_arn(),
    }  # fmt: skip
    return root


@contextmanager
def as_amazon_answers(address: str) -> Iterator[str]:
    """Run a door to the server that names the region in each answer, as Amazon does, for the ``with`` block.

    MLflow asks for it, with a credential that may not, and reads it from the refusal.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Door", (_Door,), {"behind": urlsplit(address).netloc}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind = ""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = HTTPConnection(self.behind)
        # With the Host that the client has signed.
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "expect":
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.send_header("x-amz-bucket-region", "us-east-1")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass  # noqa: N815 – as the library calls them

    def log_message(self, *_: object) -> None:
        pass


def is_installed() -> bool:
    return all(shutil.which(name) for name in ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin"))


@contextmanager
def server(room: int = 4 * 1024**3) -> Iterator[str]:
    """Run a server that keeps up to ``room`` bytes for the ``with`` block; its address."""
    folder, address = _started(room)
    try:
        yield address
    finally:
        _stop(folder)


def environment(address: str) -> dict[str, str]:
    """Return what leads the AWS SDK to the server at ``address``."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": USER,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def role_arn() -> str:
    return f"arn:aws:iam:::role/{ROLE}"


def _started(room: int) -> tuple[Path, str]:
    """Start a server in a new folder, again if it does not come up: its parts meet by chance on a busy machine."""
    for tries_left in (2, 1, 0):
        folder = Path(tempfile.mkdtemp(prefix="radosgw-"))
        try:
            return folder, _start(folder, room)
        except (RuntimeError, subprocess.TimeoutExpired):
            _stop(folder)
            if not tries_left:
                raise
    raise AssertionError


def _start(folder: Path, room: int) -> str:
    monitor, port = _free_port(), _free_port()
    for name in ("mon", "osd0", "out", "rgw"):
        (folder / name).mkdir()
    configuration = folder / "ceph.conf"
    fsid = str(uuid.uuid4())
    configuration.write_text(_CONFIGURATION.format(fsid=fsid, monitor=monitor, port=port, folder=folder, room=room))

    def run(*command: str, tries: int = 1) -> None:
        environ = {**os.environ, "CEPH_CONF": str(configuration)}
        for _ in range(tries):
            done = subprocess.run(
                command, check=False, env=environ, cwd=folder, capture_output=True, text=True, timeout=60
            )
            if not done.returncode:
                return
            time.sleep(0.5)
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")

    keyring, monitors = str(folder / "keyring"), str(folder / "monmap")
    run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
    run(
        "ceph-authtool",
        keyring,
        "--gen-key",
        "-n",
        "client.admin",
        "--cap",
        "mon",
        "allow *",
        "--cap",
        "osd",
        "allow *",
    )
    run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v1:127.0.0.1:{monitor}]", monitors)
    run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors, "--keyring", keyring)
    run("ceph-mon", "-i", "a")
    # By Debian's own Python, which has its modules.
    ceph = ("/usr/bin/python3", shutil.which("ceph") or "ceph")
    run(*ceph, "mon", "stat", tries=20)  # it answers a moment later
    run("ceph-osd", "-i", "0", "--mkfs")
    run(*ceph, "osd", "new", (folder / "osd0/fsid").read_text().strip(), "0", tries=5)
    run("ceph-osd", "-i", "0", tries=20)  # the monitor knows of it a moment later
    run("radosgw", "-n", "client.rgw")
    address = f"http://127.0.0.1:{port}"
    _wait_for(address)
    caps = "roles=*;users=*;user-policy=*;buckets=*"
    run(
        "radosgw-admin", "user", "create", "--uid=admin", "--display-name=admin",
        f"--access-key={USER}", f"--secret={SECRET}", f"--caps={caps}",
    )  # fmt: skip
    run("radosgw-admin", "role", "create", f"--role-name={ROLE}", "--path=/", f"--assume-role-policy-doc={_TRUST}")
    run(
        "radosgw-admin", "role-policy", "put", f"--role-name={ROLE}", "--policy-name=all", f"--policy-doc={_EVERYTHING}"
    )
    return address


def _stop(folder: Path) -> None:
    for file in folder.glob("*.pid"):
        with suppress(ValueError, ProcessLookupError):
            os.kill(int(file.read_text()), signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(address: str) -> None:
    for _ in range(240):
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.25)
    raise RuntimeError("radosgw does not answer.")


if __name__ == "__main__":
    with server() as started:
        os.environ.update(environment(started), TEST_STORAGE_ROOT=f"s3://{BUCKET}/tests", STORAGE_ROLE_ARN=role_arn())
        s3_bucket._client("s3").create_bucket(Bucket=BUCKET)
        sys.exit(subprocess.run(sys.argv[1:], check=False).returncode)

"""The progress of a copy, watched in the browser while bytes are copied."""

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.live import START_COPY, eventually, is_copying, shell, workers

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SIZE = 512 * 1024 * 1024


def test_progress_moves_while_bytes_are_copied_and_stops_by_itself(page, product):
    """The worker is held still in the middle, so that the page cannot miss it."""
    job = shell(product, START_COPY.format(size=SIZE))
    eventually(lambda: is_copying(product, job))
    for pid in workers(product):
        os.kill(pid, signal.SIGSTOP)
    try:
        page.goto(f"/explore/jobs/{job}")
        progress = page.locator(".progress")
        expect(progress).to_contain_text(re.compile(r"Running\s+– [1-9]\d? %"))
        expect(progress).to_contain_text("of 512.0 MB")
        expect(progress).to_contain_text("Pending")
    finally:
        for pid in workers(product):
            os.kill(pid, signal.SIGCONT)
    expect(progress).to_contain_text("Succeeded – 100 %", timeout=30_000)
    expect(progress).to_contain_text("512.0 MB of 512.0 MB")
    expect(progress).to_contain_text("Ready")
    expect(page.locator(".progress[hx-trigger]")).to_have_count(0)

"""`manage.py tick`: the clock, next to web server and workers. Several may run: one has the clock, the others wait."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry import clock
from registry.exceptions import InvalidState
from registry.services.administration import installation


class Command(BaseCommand):
    help = "Do what is due by time, for ever: seal, tell, send jobs again, take away what has expired, send mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do everything once and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        try:
            installation.settle()
        except InvalidState as error:
            raise CommandError(error.message) from error
        if once:
            clock.tick()
            return
        work = clock.ClockWork()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: work.stop())
        try:
            work.run()
        except clock.Hanging as error:
            raise CommandError(f"The clock ends, to be started anew: {error}.") from error

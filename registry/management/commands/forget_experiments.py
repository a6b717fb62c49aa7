"""`manage.py forget_experiments`: before runs are kept by a different server than until now."""

from typing import Any

from django.core.management.base import BaseCommand

from registry.actor import Actor
from registry.models import Experiment
from registry.tracking.forgetting import forget


class Command(BaseCommand):
    help = (
        "Forget every experiment with all grants on it, and the files of runs that lie here. What MLflow's store, or "
        "an attached MLflow server, keeps of them stays there. To be run while Catalog Explorer is stopped."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for row in Experiment.objects.order_by("pk"):
            forget(row, Actor.at_the_machine("forget_experiments"))
            count += 1
        self.stdout.write(f"{count} experiments were forgotten.")

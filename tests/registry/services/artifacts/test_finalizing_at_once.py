"""Sixteen clients finalize one version at once: all of them hear that it is ready."""

import threading

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import EVERYONE
from registry.models import AuditEvent, ModelVersion
from registry.services.artifacts import uploads
from registry.services.hierarchy import model_versions
from tests import cast as casting
from tests.cast import actor


@pytest.mark.django_db(transaction=True)
def test_all_who_finalize_at_once_hear_that_it_is_ready():
    Group.objects.get_or_create(name=EVERYONE)
    cast = casting.assemble()
    uploads.write_artifact(actor=actor(cast.writer), version=cast.pending, path="f", chunks=[b"bytes"])
    together, told = threading.Barrier(16), []

    def finalize():
        version = ModelVersion.objects.select_related("registered_model__schema__catalog").get(pk=cast.pending.pk)
        together.wait()
        try:
            told.append(model_versions.finalize_model_version(actor=actor(cast.writer), version=version).status)
        except Exception as error:
            told.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=finalize) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["READY"] * 16
    assert AuditEvent.objects.filter(action_name="finalizeModelVersion").count() == 1

"""A lock of a bundle's deployment is a file that only one of several hands can make."""

from threading import Thread

import pytest
from django.db import connection

from accounts.models import User
from registry.exceptions import FileAlreadyExists
from registry.models import WorkspaceFile
from registry.services.people import workspace_files
from tests.cast import actor

PATH = "/Workspace/Users/ci@example.com/.bundle"


@pytest.mark.django_db(transaction=True)
def test_of_many_hands_at_once_one_makes_the_lock(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    user = User.objects.create_user("ci@example.com")
    workspace_files.make_directories(actor=actor(user), path=PATH)
    outcomes = []

    def deploy(number):
        try:
            content = [str(number).encode()]
            workspace_files.write(actor=actor(user), path=f"{PATH}/lock", chunks=content, overwrite=False)
            outcomes.append(number)
        except FileAlreadyExists:
            outcomes.append(None)
        finally:
            connection.close()

    threads = [Thread(target=deploy, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = next(number for number in outcomes if number is not None)
    assert outcomes.count(None) == 5
    assert bytes(WorkspaceFile.objects.get(path=".bundle/lock").content) == str(winner).encode()

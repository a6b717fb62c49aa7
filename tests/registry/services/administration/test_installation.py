"""One id stands in DATA_DIR and in the database; what does not belong together is refused."""

import uuid

import pytest

from accounts.models import User
from explorer.serving.one_installation import OneInstallation
from explorer.workers import require_one_installation
from registry.exceptions import InvalidState
from registry.models import Installation
from registry.services.administration import installation
from registry.services.hierarchy import registered_models
from tests.cast import actor
from tests.factories import ModelVersionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.AUDIT_HEAD = tmp_path / "audit_head"
    settings.DATA_DIR = tmp_path
    return settings.INSTALLATION_FILE


def test_a_fresh_folder_and_a_fresh_database_get_one_id(folder):
    uid = installation.settle()
    assert Installation.objects.get().uid == uid
    assert folder.read_text() == f"{uid}\n"
    assert installation.settle() == uid


def test_once_settled_it_costs_one_query(django_assert_num_queries):
    installation.settle()
    with django_assert_num_queries(1):
        installation.settle()


def test_another_folder_is_refused_and_both_are_named(folder):
    there = installation.settle()
    here = uuid.uuid4()
    folder.write_text(str(here))
    with pytest.raises(InvalidState, match=rf"belongs to the installation {here}, the database to {there}\. Set"):
        installation.settle()


def test_a_fresh_folder_on_a_used_database_is_refused(cast, folder):
    uid = installation.settle()
    folder.unlink()
    with pytest.raises(InvalidState, match=rf"belongs to the installation {uid}, and DATA_DIR .* to none"):
        installation.settle()
    assert not folder.exists()


def test_a_used_folder_with_an_empty_database_is_refused_until_its_file_is_removed(folder, settings):
    uid = installation.settle()
    settings.AUDIT_HEAD.write_text("5 abc")
    Installation.objects.all().delete()
    with pytest.raises(InvalidState, match=rf"belongs to the installation {uid}, but the database is empty.*remove "):
        installation.settle()
    folder.unlink()
    assert installation.settle() != uid


@pytest.mark.parametrize("lost", ["row", "file"])
def test_a_first_start_that_ended_half_way_goes_on(folder, lost):
    uid = installation.settle()
    if lost == "row":
        Installation.objects.all().delete()
    else:
        folder.unlink()
    assert installation.settle() == uid
    assert installation.settle() == uid


def test_an_installation_of_an_earlier_release_is_adopted(cast):
    ModelVersionFactory(registered_model=cast.model)  # the newest, of which no file is known
    uid = installation.settle()
    assert Installation.objects.get().uid == uid


def test_a_folder_without_the_files_of_the_newest_versions_is_not_adopted(cast, settings, tmp_path, folder):
    settings.ARTIFACT_ROOT = tmp_path / "another"
    with pytest.raises(InvalidState, match="none of the newest has its files in"):
        installation.settle()
    assert not Installation.objects.exists()
    assert not folder.exists()


def test_a_folder_with_another_key_than_the_audit_log_is_not_adopted(cast, settings):
    registered_models.update_registered_model(actor=actor(cast.owner), model=cast.model, comment="new")
    key, settings.AUDIT_KEY = settings.AUDIT_KEY, "another"
    with pytest.raises(InvalidState, match="is signed with another key"):
        installation.settle()
    settings.AUDIT_KEY = key
    installation.settle()


def test_a_used_database_without_versions_is_adopted():
    User.objects.create_user("someone@example.com")
    installation.settle()


def test_a_further_machine_joins_by_naming_the_id_and_sharing_the_keys(cast, folder, settings):
    uid = installation.settle()
    folder.unlink()
    settings.INSTALLATION_ID = str(uid)
    with pytest.raises(InvalidState, match=f"SECRET_KEY, AUDIT_KEY and INSTALLATION_ID={uid}"):
        installation.settle()
    settings.KEYS_OF_ENVIRONMENT = frozenset(settings.KEY_FILES)
    assert installation.settle() == uid
    assert folder.read_text() == f"{uid}\n"


def test_an_id_that_is_not_the_databases_is_refused(cast, settings):
    uid = installation.settle()
    settings.INSTALLATION_ID = str(uuid.uuid4())
    with pytest.raises(InvalidState, match=rf"INSTALLATION_ID is {settings.INSTALLATION_ID}, but .*{uid}"):
        installation.settle()
    settings.INSTALLATION_ID = "mine"
    with pytest.raises(InvalidState, match="'mine', which is not a UUID"):
        installation.settle()


def test_the_first_of_several_machines_takes_the_id_that_is_named(settings):
    settings.INSTALLATION_ID = str(uuid.uuid4())
    assert str(installation.settle()) == settings.INSTALLATION_ID


@pytest.mark.parametrize("content", ["", "not an id", "\x00"])
def test_a_file_without_an_id_is_told_in_words(folder, content):
    uid = installation.settle()
    folder.write_text(content)
    with pytest.raises(InvalidState, match=f"does not hold the id of an installation.*the database has {uid}"):
        installation.settle()


def test_a_web_process_on_another_database_answers_nothing_else(folder):
    uid, answers = installation.settle(), []
    application = OneInstallation(lambda environ, start_response: [b"answer"])
    folder.write_text(str(uuid.uuid4()))
    body = application({}, lambda status, headers: answers.append(status))
    assert answers == ["503 Service Unavailable"]
    assert b"another installation" in b"".join(body)
    folder.write_text(str(uid))
    assert list(application({}, None)) == [b"answer"]


def test_a_worker_on_another_database_ends(folder, monkeypatch):
    monkeypatch.setattr("explorer.workers.connections.close_all", lambda: None)  # the test goes on
    installation.settle()
    require_one_installation()
    folder.write_text(str(uuid.uuid4()))
    with pytest.raises(SystemExit, match="belongs to the installation"):
        require_one_installation()

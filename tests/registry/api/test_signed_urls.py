"""A signed URL lives no longer than the credential by which it was asked for."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OAuthSecret, PersonalAccessToken, Scope, User, find_credential
from registry.exceptions import PermissionDenied
from registry.models import AuditEvent, ModelVersion
from registry.services.artifacts import uploads
from registry.services.people import principals, tokens
from tests.cast import actor, grant

PENDING = "/Models/shop/ml/churn/2/f"
READY = "/Models/shop/ml/churn/1/data/weights"
FS = "/api/2.0/fs"


class Asking:
    """The API, asked with one token of its own."""

    def __init__(self, api, user, scope=Scope.ADMIN):
        self.api = api()
        self.token, secret = PersonalAccessToken.objects.issue(user, scope=scope)
        self.use(secret)

    def use(self, secret):
        self.api.headers["Authorization"] = f"Bearer {secret}"

    def urls(self):
        """One of each kind that writes, by method and kind."""
        begun = self.api.ok("POST", f"{FS}/files{PENDING}?action=initiate-upload&overwrite=true")
        session = {"path": PENDING, "session_token": begun["multipart_upload"]["session_token"]}
        parts = self.api.ok("POST", f"{FS}/create-upload-part-urls", {**session, "start_part_number": 1})
        abort = self.api.ok("POST", f"{FS}/create-abort-upload-url", session)
        return {
            "put": ("PUT", self.api.ok("POST", f"{FS}/create-upload-url", {"path": PENDING})["url"]),
            "part": ("PUT", parts["upload_part_urls"][0]["url"]),
            "abort": ("DELETE", abort["abort_upload_url"]["url"]),
        }

    def download_url(self):
        return self.api.ok("POST", f"{FS}/create-download-url", {"path": READY})["url"]


@pytest.fixture
def everybodys(cast):
    """The writer may read too."""
    grant(cast.writer, cast.model, "EXECUTE")
    return cast


ENDS = {
    "revoked": lambda asking, cast: tokens.revoke_token(actor=actor(cast.writer), uid=asking.token.uid),
    "rotated": lambda asking, cast: tokens.rotate_token(actor=actor(cast.writer), uid=asking.token.uid),
    "revoked by an administrator": lambda asking, cast: tokens.revoke_any_token(
        actor=actor(cast.admin), uid=asking.token.uid
    ),
    "expired": lambda asking, cast: PersonalAccessToken.objects.filter(pk=asking.token.pk).update(
        expires_at=timezone.now()
    ),
    "account disabled": lambda asking, cast: User.objects.filter(pk=cast.writer.pk).update(is_active=False),
    "account deleted": lambda asking, cast: principals.delete_user(actor=actor(cast.admin), user=cast.writer),
}


def ask(method, url):
    answer = Client().generic(method, url, b"12345" if method == "PUT" else b"", content_type="")
    if answer.streaming:
        assert b"".join(answer.streaming_content) == b"12345"
    return answer


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_every_signed_url_dies_with_the_token_that_asked_for_it(api, everybodys, end):
    asking = Asking(api, everybodys.writer)
    urls = {**asking.urls(), "get": ("GET", asking.download_url()), "head": ("HEAD", asking.download_url())}
    end(asking, everybodys)
    for kind, (method, url) in urls.items():
        answer = ask(method, url)
        assert answer.status_code == 403, kind
        if method != "HEAD":
            assert b"Request has expired" in answer.content, "clients ask for a new URL when they read this"
    assert not everybodys.pending.artifacts.exists()


def test_they_all_work_while_the_token_lives(api, everybodys):
    asking = Asking(api, everybodys.writer)
    assert [ask(*url).status_code for url in asking.urls().values()] == [200, 200, 200]
    assert ask("GET", asking.download_url()).status_code == 200


def test_another_token_of_the_same_principal_changes_nothing(api, everybodys):
    asking, other = Asking(api, everybodys.writer), Asking(api, everybodys.writer)
    url = asking.download_url()
    tokens.revoke_token(actor=actor(everybodys.writer), uid=other.token.uid)
    assert ask("GET", url).status_code == 200


@pytest.fixture
def service(cast):
    """A service principal that reads, with a secret."""
    user = User.objects.create_user("5d3c1c1e-7f7b-4d3b-9d0e-0123456789ab", kind=User.Kind.SERVICE_PRINCIPAL)
    grant(user, cast.catalog, "USE CATALOG", "USE SCHEMA")
    grant(user, cast.model, "EXECUTE")
    secret, _ = OAuthSecret.objects.issue(user, lifetime=timedelta(days=7))
    return user, secret


def test_a_url_dies_with_the_oauth_secret_and_with_the_access_token(api, cast, service, time_machine):
    user, secret = service
    began = timezone.now()
    asking = Asking(api, user)
    asking.use(secret.access_token(Scope.READ))
    time_machine.move_to(began + timedelta(minutes=50), tick=False)
    first, second = asking.download_url(), asking.download_url()
    assert ask("GET", first).status_code == 200
    time_machine.move_to(began + timedelta(minutes=61), tick=False)
    assert ask("GET", first).status_code == 403, "the access token lived for an hour"
    time_machine.move_to(began + timedelta(minutes=55), tick=False)
    assert ask("GET", second).status_code == 200
    tokens.delete_secret(actor=actor(cast.admin), owner=user, uid=secret.uid)
    assert ask("GET", second).status_code == 403


def test_a_url_carries_no_more_than_its_token(api, cast):
    """What is done with it is done with that token: by its scope, and in the audit log by its name."""
    asking = Asking(api, cast.reader, scope=Scope.READ)
    credential = find_credential(asking.token.reference)
    assert (credential, credential.scopes) == (asking.token, Scope.READ.included)


def test_a_token_that_is_revoked_during_an_upload_has_written_nothing(cast):
    token, _ = PersonalAccessToken.objects.issue(cast.writer)
    asking = actor(cast.writer, credential=token.reference)

    def slow():
        yield b"first half"
        PersonalAccessToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
        yield b"second half"

    with pytest.raises(PermissionDenied, match="token"):
        uploads.write_artifact(actor=asking, version=cast.pending, path="f", chunks=slow())
    assert not cast.pending.artifacts.exists()


def test_a_check_is_one_query(cast, django_assert_num_queries):
    token, _ = PersonalAccessToken.objects.issue(cast.reader)
    with django_assert_num_queries(1):
        assert find_credential(token.reference).user == cast.reader


def test_a_url_of_an_older_release_is_refused_in_words(api, cast):
    assert ModelVersion.objects.exists()
    answer = Client().get(f"/api/2.0/fs/presigned/{cast.version.uid}/data/weights?signature=forged:1:2")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")
    assert not AuditEvent.objects.filter(action_name="downloadModelVersionArtifact").exists()

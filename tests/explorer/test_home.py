"""The first page, and the dialog that says where a version is copied to."""

import re

import pytest

from accounts.models import PersonalAccessToken
from registry.models import Job, Watch
from registry.privileges import Privilege
from registry.services.access import access_requests
from tests.cast import actor, grant
from tests.pages import text

pytestmark = pytest.mark.large


def test_the_home_page_tells_what_waits_and_what_is_one_s_own(as_user, cast):
    access_requests.request_access(actor=actor(cast.browser), securable=cast.model, privileges=[Privilege.EXECUTE])
    page = text(as_user(cast.owner).get("/"))
    assert "browser@example.com requests access to" in page
    assert re.search(r"Your models.*shop\.ml\.churn", page)
    Watch.objects.create(user=cast.reader, registered_model=cast.model, level="EVERYTHING")
    page = text(as_user(cast.reader).get("/"))
    assert "Nothing to review." in page
    assert "Your models" not in page
    assert re.search(r"Models you watch.*shop\.ml\.churn", page)
    Watch.objects.create(user=cast.stranger, registered_model=cast.model, level="EVERYTHING")
    assert "shop.ml.churn" not in text(as_user(cast.stranger).get("/"))


def test_the_first_model_is_offered_to_who_may_create_one_with_a_token_on_request(as_user, cast):
    writer = as_user(cast.writer)
    page = text(writer.get("/"))
    assert "Register your first model" in page
    assert "shop.ml.my_first_model" in page
    assert "cex_…" in page
    filled = text(writer.post("/"))
    token = PersonalAccessToken.objects.get(user=cast.writer)
    assert (token.scope, round((token.expires_at - token.created_at).total_seconds())) == ("registry", 3600)
    assert re.search(r"cex_[\w-]{20}", filled)
    assert "my_first_model" not in text(as_user(cast.stranger).get("/"))


def test_lines_to_copy_get_a_token_that_only_reads(as_user, cast):
    page = text(as_user(cast.reader).post("/explore/data/models/shop/ml/churn/use", {"which": "1"}))
    assert re.search(r"DATABRICKS_TOKEN=cex_[\w-]{20}", page)
    assert PersonalAccessToken.objects.get(user=cast.reader).scope == "read"
    answer = as_user(cast.reader).post("/explore/data/models/shop/ml/churn/use", {"which": "99"})
    assert answer.status_code == 400
    assert PersonalAccessToken.objects.filter(user=cast.reader).count() == 1
    page = text(as_user(cast.browser).post("/explore/data/models/shop/ml/churn/use", {"which": "1"}))
    assert "You can see this model but not use it." in page
    assert not PersonalAccessToken.objects.filter(user=cast.browser).exists()


COPY = "/explore/data/models/shop/ml/churn/version/1/copy"


def test_the_dialog_says_what_the_copy_becomes_and_which_tags_go_along(as_user, cast):
    cast.version.tags.create(key="team", value="x")
    cast.version.tags.create(key="validation_status", value="approved")
    grant(cast.owner, cast.catalog, "CREATE MODEL")
    owner = as_user(cast.owner)
    page = text(owner.get(COPY))
    assert re.search(r'value="team"[^>]*checked', page)
    assert not re.search(r'value="validation_status"[^>]*checked', page)
    asked = {"destination": "shop.ml.churn", "preview": "1"}
    assert "Becomes version 3 of <strong" in text(owner.post(COPY, asked))
    assert "Creates the model <strong" in text(owner.post(COPY, asked | {"destination": "shop.ml.new"}))
    refused = text(as_user(cast.reader).post(COPY, asked))
    assert "You can't add versions to shop.ml.churn." in refused
    assert "Request access" in refused
    assert not Job.objects.exists()
    assert owner.get(f"{COPY}?destination=%00.b.c").status_code == 200
    assert "Copies" not in text(as_user(cast.browser).post(COPY, asked))  # BROWSE alone shows no size


def test_the_schema_that_was_copied_to_last_is_offered_next(as_user, cast):
    grant(cast.owner, cast.catalog, "CREATE MODEL")
    answer = as_user(cast.owner).post(COPY, {"destination": "shop.ml.new", "alias": "champion", "with_card": "on"})
    assert answer.status_code == 302
    job = Job.objects.get()
    assert (job.alias, job.target.registered_model.full_name, job.target.tags.count()) == ("champion", "shop.ml.new", 0)

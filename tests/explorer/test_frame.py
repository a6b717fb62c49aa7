"""What stands around every page: the tree, pins, the drawer of jobs, the command palette."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from registry.exceptions import InvalidParameterValue
from registry.models import CatalogUserGrant, Job, Pin
from registry.services.finding import lookup, pins
from registry.services.versions import jobs
from tests.cast import actor, grant
from tests.factories import CatalogFactory, ModelVersionFactory, RegisteredModelFactory, SchemaFactory
from tests.pages import text

MODEL = "/explore/data/models/shop/ml/churn"


def test_a_branch_shows_what_one_may_see_and_counts_no_more(as_user, cast):
    hidden = SchemaFactory(catalog=cast.catalog, name="hidden")
    RegisteredModelFactory(schema=cast.schema, name="secret")
    RegisteredModelFactory(schema=hidden, name="secret")
    reader = as_user(cast.reader)
    branch = text(reader.get("/explore/tree?of=shop"))
    assert 'title="1 model"' in branch
    assert "secret" not in text(reader.get("/explore/tree?open=shop.ml&open=shop.hidden"))
    # The administrator sees both.
    assert 'title="2 models"' in text(as_user(cast.admin).get("/explore/tree?of=shop"))


@pytest.mark.parametrize("asked", [{}, {"of": "shop"}, {"of": "shop.ml"}])
def test_a_branch_says_that_there_is_more(as_user, cast, monkeypatch, asked):
    CatalogFactory(name="archive")
    SchemaFactory(catalog=cast.catalog, name="raw")
    RegisteredModelFactory(schema=cast.schema, name="other")
    browser, said = as_user(cast.admin), "and more, on its page"
    assert said not in text(browser.get("/explore/tree", asked))
    monkeypatch.setattr("explorer.navigation.BRANCH", 1)
    shown = text(browser.get("/explore/tree", asked))
    assert (shown.count("treeitem"), said in shown) == (1, True)


def test_branches_that_were_open_are_opened_in_one_request(as_user, cast):
    page = text(as_user(cast.reader).get("/explore/tree?open=shop.ml&open=nothing&open=shop.nothing&path=shop"))
    assert page.count('aria-expanded="true"') == 2
    assert "churn" in page


def test_the_filter_asks_the_server_and_finds_only_what_one_may_see(as_user, cast):
    RegisteredModelFactory(schema=cast.schema, name="churn_secret")
    found = text(as_user(cast.reader).get("/explore/tree?filter=CHURN"))
    assert "shop.ml.churn" in found
    assert "churn_secret" not in found
    assert "No name that you can see" in text(as_user(cast.stranger).get("/explore/tree?filter=churn"))


@pytest.mark.parametrize(
    ("words", "kinds"), [("shop", (1, 1, 1)), ("shop.m", (0, 1, 1)), ("op.ml.ch", (0, 0, 1)), ("%", (0, 0, 0))]
)
def test_objects_are_found_by_any_part_of_their_names(cast, words, kinds):
    found = lookup.look_up(actor=actor(cast.reader), text=words, most=5)
    expected = [[cast.catalog], [cast.schema], [cast.model]]
    seen = (found.catalogs, found.schemas, found.registered_models)
    assert seen[0] == (expected[0] if kinds[0] else [])
    assert seen[2] == (expected[2] if kinds[2] else [])
    assert words == "shop" or seen[1] == (expected[1] if kinds[1] else [])


def test_models_to_copy_to_are_those_one_may_write_to(cast):
    def found(member, words):
        return lookup.list_writable_models(actor=actor(cast[member]), text=words, most=5)

    assert found("writer", "churn") == [cast.model]
    assert found("reader", "churn") == []


@pytest.mark.parametrize(
    "path",
    ["tree?filter=", "tree?of=", "tree?open=", "palette?q=", "palette?path=", "copy-destinations?destination="],
)
def test_a_nul_character_is_no_error_of_the_server(as_user, cast, path):
    assert as_user(cast.reader).get(f"/explore/{path}%00").status_code in (200, 400)


def test_a_pin_is_seen_by_its_owner_as_long_as_they_see_the_object(as_user, cast):
    reader = as_user(cast.reader)
    answer = reader.post("/explore/pins/function/shop.ml.churn", {"next": MODEL})
    assert answer["Location"] == MODEL
    assert "Pinned" in text(reader.get("/explore/data"))
    assert "Unpin" in text(reader.get(MODEL))
    assert pins.list_pins(actor=actor(cast.owner)) == []
    cast.model.delete()
    assert "Pinned" not in text(reader.get("/explore/data"))


def test_a_pin_on_what_became_hidden_is_not_shown(cast):
    other = CatalogFactory()
    grant(cast.reader, other, "BROWSE")
    pins.pin(actor=actor(cast.reader), securable=other)
    pins.pin(actor=actor(cast.reader), securable=other)
    assert pins.list_pins(actor=actor(cast.reader)) == [other]
    CatalogUserGrant.objects.filter(user=cast.reader).delete()
    assert pins.list_pins(actor=actor(cast.reader)) == []


def test_a_pin_is_taken_away_and_pins_have_a_limit(cast, monkeypatch):
    reader = actor(cast.reader)
    for securable in (cast.catalog, cast.schema, cast.model):
        pins.pin(actor=reader, securable=securable)
    assert pins.list_pins(actor=reader) == [cast.catalog, cast.schema, cast.model]
    pins.unpin(actor=reader, securable=cast.schema)
    assert Pin.objects.count() == 2
    monkeypatch.setattr("registry.limits.PINS", 2)
    with pytest.raises(InvalidParameterValue, match="limit"):
        pins.pin(actor=reader, securable=cast.schema)


def job(cast, **values):
    return Job.objects.create(kind=Job.Kind.COPY, created_by=cast.owner, title="Copy to there", **values)


def test_the_drawer_shows_ones_own_copies_until_they_are_put_away(as_user, cast):
    running = job(cast, state=Job.State.RUNNING, bytes_done=1, bytes_total=4)
    job(cast, state=Job.State.SUCCEEDED, finished_at=timezone.now() - timedelta(hours=1))
    done = job(cast, state=Job.State.SUCCEEDED, finished_at=timezone.now())
    assert jobs.list_recent_jobs(actor=actor(cast.owner)) == [done, running]
    owner = as_user(cast.owner)
    page = text(owner.get("/explore/data"))
    assert 'hx-trigger="every 2s"' in page
    for key in (done.pk, running.pk):  # what still runs stays
        owner.post(f"/explore/jobs/{key}/dismiss")
    assert jobs.list_recent_jobs(actor=actor(cast.owner)) == [running]
    as_user(cast.reader).post(f"/explore/jobs/{done.pk}/dismiss")
    assert 'id="drawer"' not in text(as_user(cast.reader).get("/explore/data"))


def test_a_drawer_in_which_all_has_ended_asks_no_more(as_user, cast):
    job(cast, state=Job.State.FAILED, finished_at=timezone.now(), error="no")
    fragment = text(as_user(cast.owner).get("/explore/jobs", headers={"HX-Request": "true"}))
    assert "hx-trigger" not in fragment
    assert "<html" not in fragment


def test_the_palette_offers_what_one_may_do_here(as_user, cast):
    def offered(member, query):
        return text(as_user(cast[member]).get(f"/explore/palette?{query}"))

    assert "Set an alias of churn" in offered("owner", "q=alias&path=shop.ml.churn")
    assert "Set an alias" not in offered("reader", "q=alias&path=shop.ml.churn")
    assert "Use churn" in offered("browser", "q=use&path=shop.ml.churn")
    assert "Copy the newest version of churn" in offered("reader", "q=copy&path=shop.ml.churn")
    assert "Copy the newest" not in offered("writer", "q=copy&path=shop.ml.churn")
    assert "Request access to churn" in offered("reader", "q=access&path=shop.ml.churn")
    assert "Grant on churn" in offered("owner", "q=grant&path=shop.ml.churn")
    assert "Create a schema in shop" in offered("admin", "q=create schema&path=shop")
    assert "Create a catalog" in offered("admin", "q=create")
    assert "Create a catalog" not in offered("owner", "q=create")
    assert "Go to users" not in offered("owner", "q=users")


def test_the_palette_understands_a_verb_and_a_name(as_user, cast):
    def offered(member, words):
        return text(as_user(cast[member]).get("/explore/palette", {"q": words}))

    older = ModelVersionFactory(registered_model=cast.model, version=3)
    assert older.is_ready
    assert "Copy shop.ml.churn version 3 to…" in offered("reader", "copy churn")
    assert "Copy shop.ml.churn version 1 to…" in offered("reader", "Copy churn v1")
    assert "Use shop.ml.churn version 1" in offered("reader", "use shop.ml.ch/1")
    assert "Compare shop.ml.churn version 3 with" in offered("reader", "compare churn 3")
    assert "Grant on shop.ml.churn" in offered("owner", "grant churn")
    assert "Request access to shop.ml.churn" in offered("browser", "grant churn")
    for member, words in (("writer", "copy churn"), ("browser", "compare churn"), ("stranger", "grant churn")):
        assert "shop.ml.churn" not in offered(member, words)
    for nonsense in ("copy churn 99", "copy", "copy a b c", "use \0", "grant %", f"copy churn {'9' * 40}"):
        assert "version" not in offered("reader", nonsense)


def test_the_palette_knows_people_and_what_one_does_at_once(as_user, cast):
    owner_page = f"/settings/users/{cast.owner.pk}"
    assert f'href="{owner_page}"' in text(as_user(cast.admin).get("/explore/palette?q=owner@"))
    page = text(as_user(cast.reader).get("/explore/palette?q=owner@"))
    assert (owner_page in page, "Models that owner@example.com owns" in page) == (False, True)
    assert "shop.ml.churn" in text(as_user(cast.reader).get("/explore/search?owner=owner@example.com"))
    page = text(as_user(cast.reader).get("/explore/palette?q=theme&page=/inbox"))
    assert 'action="/settings/theme"' in page
    assert 'name="theme" value="dark"' in page
    assert 'name="next" value="/inbox"' in page
    assert 'action="/logout"' in text(as_user(cast.reader).get("/explore/palette?q=sign out"))


def test_the_palette_says_the_same_of_what_is_hidden_and_of_what_is_not_there(as_user, cast):
    stranger = as_user(cast.stranger)
    hidden, nothing = (
        re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", text(stranger.get(f"/explore/palette?q=a&path={path}")))
        for path in ("shop.ml.churn", "shop.ml.nothing")
    )
    assert hidden == nothing

"""What pages show to whom, and what their forms do."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from explorer.templatetags.explorer import action, icon
from explorer.times import duration
from explorer.views import errors
from registry.models import Alias, Job, Metastore, ModelVersion, RegisteredModel
from tests.cast import grant
from tests.factories import ModelVersionFactory, RegisteredModelFactory
from tests.pages import text

MODEL = "/explore/data/models/shop/ml/churn"
OBJECT = "/explore/objects/function/shop.ml.churn"
VERSION = f"{MODEL}/version/1"


def test_the_address_that_mlflow_prints_is_the_versions_page(as_user, cast):
    assert reverse("model-version", args=[cast.name, 1]) == "/explore/data/models/shop/ml/churn/version/1"
    assert "models:/shop.ml.churn/1" in text(as_user(cast.reader).get(f"{VERSION}?o=123"))


def test_addresses_are_read_without_case(as_user, cast):
    assert as_user(cast.reader).get("/explore/data/models/SHOP/Ml/Churn").status_code == 200


@pytest.mark.parametrize(
    ("member", "buttons"),
    [("owner", {"Add alias", "Add tag", "Edit", "Delete"}), ("reader", set()), ("browser", set()), ("writer", set())],
)
def test_only_what_one_may_do_is_offered(as_user, cast, member, buttons):
    RegisteredModel.objects.update(comment="words")
    page = text(as_user(cast[member]).get(MODEL))
    assert {button for button in ("Add alias", "Add tag", "Edit", "Delete") if f">{button}<" in page} == buttons


def test_descriptions_are_markdown_without_html(as_user, cast):
    RegisteredModel.objects.update(
        comment="**bold** <script>alert(1)</script> [x](javascript:alert(1)) ![i](http://e/i)"
    )
    page = text(as_user(cast.reader).get(MODEL))
    assert "<strong>bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<img" not in page


def test_names_and_values_are_escaped(as_user, cast):
    cast.model.tags.create(key="<b>", value='"><script>x</script>')
    page = text(as_user(cast.owner).get(MODEL))
    assert "<script>x" not in page
    assert "&lt;b&gt;" in page


def test_an_alias_is_set_moved_and_removed(as_user, cast):
    browser = as_user(cast.owner)
    for version, expected in (("1", ""), ("2", "1")):
        asked = {"alias": "Champion", "version": version, "expected": expected}
        answer = browser.post(f"{MODEL}/aliases/set", asked)
        assert (answer.status_code, answer["Location"]) == (302, MODEL)
    assert Alias.objects.get().model_version.version == 2
    browser.post(f"{MODEL}/aliases/delete?alias=Champion")
    assert not Alias.objects.exists()


def test_what_is_refused_stands_in_the_form_with_what_was_typed(as_user, cast):
    answer = as_user(cast.owner).post(f"{MODEL}/aliases/set", {"alias": "v1", "version": "1"})
    assert answer.status_code == 200
    assert "is reserved" in text(answer)
    assert 'value="v1"' in text(answer)


def test_a_form_is_a_page_and_a_fragment(as_user, cast):
    browser = as_user(cast.owner)
    page, fragment = (
        browser.get(f"{OBJECT}/comment"),
        browser.get(f"{OBJECT}/comment", headers={"HX-Request": "true"}),
    )
    assert "<html" in text(page)
    assert "<html" not in text(fragment)
    assert 'id="dialog-title"' in text(fragment)
    saved = browser.post(f"{OBJECT}/comment", {"comment": "new words"}, headers={"HX-Request": "true"})
    assert saved["HX-Redirect"] == MODEL
    assert RegisteredModel.objects.get().comment == "new words"


def test_copying_shows_a_job_whose_fragment_stops_by_itself(as_user, cast):
    RegisteredModelFactory(schema=cast.schema, name="destination", owner_user=cast.reader)
    browser = as_user(cast.reader)
    form = text(browser.get(f"{VERSION}/copy"))
    assert "shop.ml.destination" in form
    assert '<option value="shop.ml.churn"' not in form
    answer = browser.post(f"{VERSION}/copy", {"destination": "shop.ml.destination"})
    job = Job.objects.get()
    assert answer["Location"] == reverse("job", args=[job.pk])
    assert 'hx-trigger="every 1s"' in text(browser.get(answer["Location"]))
    job.take()
    with job.running():
        pass
    finished = text(browser.get(answer["Location"], headers={"HX-Request": "true"}))
    assert "<html" not in finished
    assert "hx-trigger" not in finished
    assert "Succeeded" in finished


def test_a_copy_may_make_its_destination(as_user, cast):
    grant(cast.reader, cast.schema, "CREATE MODEL")
    as_user(cast.reader).post(f"{VERSION}/copy", {"destination": "shop.ml.fresh"})
    assert ModelVersion.objects.get(registered_model__name="fresh").copied_from == cast.version
    for destination, why in (("", "This field is required"), ("x", "specify all three levels"), ("a.b.c", "exist")):
        assert why in text(as_user(cast.reader).post(f"{VERSION}/copy", {"destination": destination}))


def test_the_picker_offers_what_one_may_write_to(as_user, cast):
    assert "shop.ml.churn" in text(as_user(cast.writer).get("/explore/copy-destinations?destination=CHU"))
    assert "shop.ml.churn" not in text(as_user(cast.reader).get("/explore/copy-destinations?destination=chu"))


def test_a_failed_version_tells_why(as_user, cast):
    cast.pending.fail("No space left on device")
    assert "No space left on device" in text(as_user(cast.reader).get(f"{MODEL}/version/2"))


def test_lineage_is_masked(as_user, cast):
    hidden = RegisteredModelFactory(schema__catalog__name="hidden", name="secret")
    ModelVersionFactory(registered_model=hidden, copied_from=cast.version)
    assert "secret" not in text(as_user(cast.reader).get(f"{VERSION}?activeTab=lineage"))
    assert "hidden.schema" in text(as_user(cast.admin).get(f"{VERSION}?activeTab=lineage"))


def test_permissions_tell_direct_from_inherited(as_user, cast):
    page = text(as_user(cast.owner).get(f"{MODEL}?activeTab=permissions"))
    assert "Granted here" in page
    assert 'from catalog <a href="/explore/data/shop?activeTab=permissions">shop</a>' in page
    reader = text(as_user(cast.reader).get(f"{MODEL}?activeTab=permissions"))
    assert "writer@example.com" not in reader
    assert "everybody-in-sales" in reader


def test_granting_and_revoking(as_user, cast):
    browser = as_user(cast.owner)
    address = "/explore/grants/function/shop.ml.churn"
    browser.post(f"{address}/grant", {"principal": "stranger@example.com", "privileges": ["EXECUTE", "APPLY_TAG"]})
    assert cast.model.user_grants.filter(user=cast.stranger).count() == 2
    browser.post(f"{address}/revoke?principal=stranger@example.com", {"privileges": ["APPLY_TAG"]})
    assert cast.model.user_grants.get(user=cast.stranger).permission.codename == "execute"
    refused = browser.post(f"{address}/grant", {"principal": "nobody", "privileges": ["EXECUTE"]})
    assert "Could not find principal with name nobody." in text(refused)


def test_the_link_of_an_action_has_words():
    assert action("/x", icon_name="x", style="chip-action", title='Remove "<b>"', element_id="away") == (
        '<a class="chip-action" href="/x" hx-get="/x" hx-target="#dialog" aria-label="Remove &quot;&lt;b&gt;&quot;"'
        f' id="away" title="Remove &quot;&lt;b&gt;&quot;">{icon("x")}</a>'
    )
    assert action("/x?a&b", "Add") == (
        '<a class="button" href="/x?a&amp;b" hx-get="/x?a&amp;b" hx-target="#dialog"><span>Add</span></a>'
    )


def test_the_tree_is_open_where_the_page_lies(as_user, cast):
    page = text(as_user(cast.reader).get(MODEL))
    assert len(re.findall(r'role="treeitem"[^>]*aria-expanded="true"', page)) == 2
    assert 'data-name="shop.ml.churn" aria-current="page"' in page


def test_the_tree_shows_nothing_that_one_may_not_see(as_user, cast):
    RegisteredModelFactory(schema=cast.schema, name="secret")
    assert "secret" not in text(as_user(cast.reader).get("/explore/tree?of=shop.ml"))
    assert "shop" not in text(as_user(cast.stranger).get("/explore/data")).replace("workshop", "")


def test_a_token_is_shown_once(as_user, cast):
    browser = as_user(cast.reader)
    created = browser.post("/settings/tokens/create", {"comment": "laptop", "days": "30", "scope": "read"})
    secret = text(created).partition('id="secret"')[2].partition(">")[2].partition("<")[0]
    assert secret.startswith("cex_")
    assert "no-store" in created["Cache-Control"]
    listed = text(browser.get("/settings/tokens"))
    assert "laptop" in listed
    assert secret not in listed
    browser.post(reverse("revoke-token", args=[cast.reader.tokens.get().uid]))
    assert "laptop" not in text(browser.get("/settings/tokens"))


@pytest.mark.parametrize(
    ("theme", "shown"), [("dark", "dark"), ("light", "light"), ("system", "system"), ("x", "system")]
)
def test_the_theme_is_kept_in_a_cookie(as_user, cast, theme, shown):
    browser = as_user(cast.reader)
    assert browser.post("/settings/theme", {"theme": theme, "next": MODEL})["Location"] == MODEL
    assert f'data-theme="{shown}"' in text(browser.get(MODEL))


def test_the_theme_switch_leads_nowhere_else(client, db):
    assert (
        client.post("/settings/theme", {"theme": "dark", "next": "https://evil.example"})["Location"] == "/explore/data"
    )


@pytest.mark.parametrize(
    "path", ["/explore/data/a..b", "/explore/data/%00", "/explore/data/models/a/b%20c/d", "/explore/data/x/y"]
)
def test_a_page_that_is_not_there_says_so(as_user, cast, path):
    answer = as_user(cast.reader).get(path)
    assert answer.status_code in (400, 404)
    assert "<html" in text(answer)


def test_signing_in_and_out(client, cast):
    cast.reader.set_password("correct horse battery")
    cast.reader.save()
    wrong = client.post("/login", {"username": "reader@example.com", "password": "wrong"})
    nobody = client.post("/login", {"username": "nobody@example.com", "password": "wrong"})
    strip = lambda answer: text(answer).partition("form-error")[2].partition("</div>")[0]  # noqa: E731
    assert strip(wrong) == strip(nobody) != ""
    done = client.post(f"/login?next={MODEL}", {"username": "READER@example.com", "password": "correct horse battery"})
    assert done["Location"] == MODEL
    assert client.post("/logout")["Location"] == "/login"
    assert client.get(MODEL)["Location"].startswith("/login")


def test_a_fragment_of_a_session_that_has_ended_leads_to_the_sign_in_page(client, cast):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{MODEL}"}
    answer = client.get(f"{OBJECT}/comment", headers=headers)
    assert answer["HX-Redirect"] == "/login?next=%2Fexplore%2Fdata%2Fmodels%2Fshop%2Fml%2Fchurn"


def test_a_job_outlives_the_rights_of_its_creator_and_tells_nothing_new(as_user, cast):
    job = Job.objects.create(kind=Job.Kind.COPY, title="Copy", created_by=cast.stranger, target=cast.version)
    RegisteredModel.objects.update(name="newsecretname", filed_as="shop.ml.newsecretname")
    assert "newsecretname" not in text(as_user(cast.stranger).get(reverse("job", args=[job.pk])))
    assert "newsecretname" in text(as_user(cast.reader).get(reverse("job", args=[job.pk])))


@pytest.mark.parametrize("target", ["foo", "logout", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_theme_switch_goes_nowhere_strange(client, db, target):
    assert client.post("/settings/theme", {"theme": "dark", "next": target})["Location"] == "/explore/data"


def test_signing_in_twice_is_no_loop(as_user, cast):
    assert as_user(cast.reader).get("/login?next=/login")["Location"] == "/"


def test_the_last_error_page_needs_nothing(rf, monkeypatch):
    answer = errors.server_error(rf.get("/explore/data"))
    assert answer.status_code == 500
    assert "Something broke" in text(answer)


def test_fragments_and_pages_are_not_taken_for_one_another(as_user, cast):
    assert "HX-Request" in as_user(cast.owner).get(f"{OBJECT}/comment")["Vary"]


def test_healthz_says_when_it_cannot_serve(client, db, settings, tmp_path):
    settings.ARTIFACT_ROOT = tmp_path
    assert client.get("/healthz").json()["status"] == "ok"
    settings.ARTIFACT_ROOT = tmp_path / "gone"
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "FileNotFoundError")


@pytest.mark.parametrize(
    ("kind", "name", "address"),
    [("catalog", "shop", "/explore/data/stock"), ("schema", "shop.ml", "/explore/data/shop/stock"),
     ("function", "shop.ml.churn", "/explore/data/models/shop/ml/stock")],
)  # fmt: skip
def test_catalogs_schemas_and_models_are_renamed_tagged_and_handed_over(as_user, cast, kind, name, address):
    admin, here = as_user(cast.admin), f"/explore/objects/{kind}/{name}"
    admin.post(f"{here}/tags/set", {"key": "cost", "value": "low"})
    admin.post(f"{here}/owner", {"principal": "readers"})
    assert admin.post(f"{here}/rename", {"name": "Stock"})["Location"] == address
    page = text(admin.get(address))
    assert "cost:low" in page
    assert "readers" in page
    assert "Change owner" in page


@pytest.mark.parametrize("change", ["comment", "rename", "owner"])
def test_the_metastore_is_not_changed_like_the_rest(as_user, cast, change):
    address = f"/explore/objects/metastore/{Metastore.current().full_name}/{change}"
    answer = as_user(cast.admin).post(address, {"comment": "x", "name": "x", "principal": "readers"})
    assert "has no name, description or owner" in text(answer)


def names(page):
    return re.findall(r'<th scope="row"> ?<a [^>]*>.*?</svg> <span class="break">(\w+)</span>', page)


@pytest.mark.parametrize(
    ("query", "found"),
    [("", ["alpha", "beta", "churn"]), ("sort=-name", ["churn", "beta", "alpha"]), ("words=BET", ["beta"]),
     ("words=described", ["alpha"]), ("words=readers", ["beta"]), ("words=%00", ["alpha", "beta", "churn"]),
     ("sort=nonsense", ["alpha", "beta", "churn"]), ("sort=-updated&words=a", ["churn", "beta", "alpha"])],
)  # fmt: skip
def test_lists_are_narrowed_and_sorted_by_the_server(as_user, cast, query, found):
    RegisteredModelFactory(schema=cast.schema, name="alpha", comment="Described", updated_at="2026-01-01T00:00Z")
    readers = Group.objects.get(name="readers")
    RegisteredModelFactory(schema=cast.schema, name="beta", owner_group=readers, updated_at="2026-01-02T00:00Z")
    assert names(text(as_user(cast.admin).get(f"/explore/data/shop/ml?{query}"))) == found


def test_a_text_that_means_an_enormous_table_stays_text(as_user, cast):
    RegisteredModel.objects.update(comment="|" + "a|" * 250 + "\n|" + "-|" * 250 + "\n" + "|\n" * 262)
    assert "<td>" not in text(as_user(cast.reader).get(MODEL)).split('class="prose"')[1].split("</section>")[0]
    RegisteredModel.objects.update(comment="|a|b|\n|-|-|\n|1|2|")
    assert "<td>1</td>" in text(as_user(cast.reader).get(MODEL))


def test_a_certified_model_has_its_mark_wherever_it_is_named(as_user, cast):
    browser = as_user(cast.owner)
    assert "Assign certification" in text(browser.get(MODEL))
    browser.post(f"{OBJECT}/certification", {"status": "certified"})
    mark = "mark mark-certified"
    for page in (MODEL, f"{MODEL}?activeTab=permissions", VERSION, "/explore/data/shop/ml"):
        assert text(browser.get(page)).count(mark) == 2, page  # the tree's among them
    assert mark in text(browser.get("/explore/search?q=churn"))
    for part in ("/explore/tree?filter=churn", "/explore/tree?of=shop.ml", "/explore/palette?q=churn"):
        assert mark in text(browser.get(part)), part
    assert "is deprecated. Do not use it" not in text(browser.get(f"{MODEL}/use"))
    browser.post(f"{OBJECT}/certification", {"status": "deprecated"})
    assert "is deprecated. Do not use it" in text(browser.get(f"{MODEL}/use"))
    assert "Assign certification" not in text(as_user(cast.reader).get(MODEL))
    browser = as_user(cast.owner)
    browser.post(f"{OBJECT}/certification", {"status": ""})
    assert "mark mark-" not in text(browser.get(MODEL))


def test_marks_of_containers_stand_in_their_lists(as_user, cast):
    browser = as_user(cast.admin)
    for kind, name in (("catalog", "shop"), ("schema", "shop.ml")):
        browser.post(f"/explore/objects/{kind}/{name}/certification", {"status": "deprecated"})
    for page, marks in (("/explore/data", 2), ("/explore/data/shop", 4), ("/explore/data/shop/ml", 3)):
        assert text(browser.get(page)).count("mark mark-deprecated") == marks, page


def test_activity_is_narrowed_and_leads_to_the_aliases_of_that_time(as_user, cast):
    browser = as_user(cast.owner)
    browser.post(f"{MODEL}/aliases/set", {"alias": "Champion", "version": "1"})
    browser.post(f"{OBJECT}/comment", {"comment": "words"})
    page = text(browser.get(f"{MODEL}?activeTab=activity&kind=aliases&person=OWNER"))
    assert "set the alias Champion" in page
    assert "described it" not in page
    then = re.search(r'<a class="nowrap" href="([^"]+)">Aliases then</a>', page)[1]
    browser.post(f"{MODEL}/aliases/delete?alias=Champion")
    assert "@Champion" in text(browser.get(then))
    assert "No such activity" in text(browser.get(f"{MODEL}?activeTab=activity&person=nobody"))
    assert "described it" in text(browser.get(f"{MODEL}?activeTab=activity&kind=nonsense"))
    assert "Aliases then" not in text(browser.get(f"{VERSION}?activeTab=activity&kind=aliases"))


def test_a_copy_in_the_corner_says_how_long_it_takes_and_can_be_cancelled(as_user, cast):
    started = timezone.now() - timedelta(seconds=10)
    job = Job.objects.create(
        kind=Job.Kind.COPY, created_by=cast.owner, source=cast.version, target=cast.version, title="Copy it",
        state=Job.State.RUNNING, bytes_total=10_000_000, bytes_done=100_000, started_at=started, beat_at=timezone.now(),
    )  # fmt: skip
    corner = text(as_user(cast.owner).get("/explore/jobs"))
    assert re.search(r"1[67] min left", corner)
    assert f"/explore/jobs/{job.pk}/cancel" in corner
    Job.objects.update(bytes_total=None)
    assert "left" not in text(as_user(cast.owner).get("/explore/jobs"))
    Job.objects.update(state=Job.State.SUCCEEDED, finished_at=timezone.now())
    assert "cancel" not in text(as_user(cast.owner).get("/explore/jobs"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 s"), (99, "99 s"), (100, "2 min"), (5_999, "100 min"), (6_000, "2 h"), (90_000, "25 h")],
)
def test_times_are_said_as_people_say_them(seconds, words):
    assert duration(seconds) == words


def test_lineage_of_a_time_is_followed_within_it(as_user, cast):
    new = ModelVersionFactory(copied_from=cast.version, registered_model=cast.model)
    before = timezone.now() - timedelta(days=60)
    old = ModelVersionFactory(copied_from=cast.version, registered_model=cast.model, created_at=before)
    browser = as_user(cast.reader)
    for address in (f"{VERSION}?activeTab=lineage", f"{VERSION}/lineage?side=downstream"):
        assert str(old) in text(browser.get(f"{address}&since=365"))
        page = text(browser.get(f"{address}&since=30"))
        assert str(old) not in page
        assert f"version/{new.version}?activeTab=lineage&amp;since=30" in page
        assert f"version/{new.version}/lineage?side=downstream&amp;since=30" in page
        assert str(old) in text(browser.get(f"{address}&since=nonsense"))


def test_a_container_shows_its_properties(as_user, cast):
    for row, path in ((cast.catalog, "/explore/data/shop"), (cast.schema, "/explore/data/shop/ml")):
        assert "Properties" not in as_user(cast.admin).get(path).content.decode()
        row.change("tests", properties={"team <b>": "risk", "empty": ""})
        page = as_user(cast.admin).get(path).content.decode()
        assert "team &lt;b&gt;" in page
        assert "risk" in page


def test_a_run_is_linked_if_it_has_an_address_on_the_web(as_user, cast):
    path = "/explore/data/models/shop/ml/churn/version/1"
    for link, shown in (
        ("https://runs.example.com/r", 'href="https://runs.example.com/r"'),
        ("javascript:alert(1)", ""),
    ):
        type(cast.version).objects.filter(pk=cast.version.pk).update(run_id="r", run_link=link)
        page = as_user(cast.admin).get(path).content.decode()
        assert (shown or "javascript:alert(1)") in page
        assert 'href="javascript' not in page


def test_properties_may_be_called_anything(as_user, cast):
    cast.catalog.properties = {"items": "abc", "keys": "def"}
    cast.catalog.save()
    page = text(as_user(cast.owner).get("/explore/data/shop"))
    assert "abc" in page
    assert "def" in page

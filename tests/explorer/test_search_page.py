import re
from urllib.parse import parse_qs, urlsplit

import pytest

from registry.models import ModelVersion, SavedSearch
from tests.factories import RegisteredModelFactory
from tests.pages import text


def test_facets_lead_to_a_narrower_search_and_back(as_user, cast):
    cast.model.tags.create(key="a&b", value="c d=é")
    reader = as_user(cast.reader)
    page = text(reader.get("/explore/search?q=churn"))
    assert 'hx-get="/explore/search/facets?q=churn"' in page
    links = re.findall(r'href="([^"]+)"', text(reader.get("/explore/search/facets?q=churn")))
    narrower = next(link for link in links if "tag=" in link).replace("&amp;", "&")
    assert parse_qs(urlsplit(narrower).query) == {"q": ["churn"], "tag": ["a&b=c d=é"]}
    page = text(reader.get(narrower))
    assert "shop.ml.churn" in page
    assert 'href="?q=churn" aria-label="Do not narrow to tag' in page
    facets = text(reader.get(f"/explore/search/facets?{urlsplit(narrower).query}"))
    assert ('id="facet-catalog"' in facets, 'id="facet-tag"' in facets) == (True, False)


def test_browse_alone_counts_and_finds_by_no_flavor(as_user, cast):
    cast.model.versions.update(flavor="sklearn")
    shown = {
        member: (
            "facet-flavor" in text(as_user(cast[member]).get("/explore/search/facets")),
            "shop.ml.churn"
            in text(as_user(cast[member]).get("/explore/search?q=churn&flavor=sklearn")).split("<main")[1],
        )
        for member in ("reader", "browser")
    }
    assert shown == {"reader": (True, True), "browser": (False, False)}


def test_what_can_be_narrowed_by_is_a_page_without_script(as_user, cast):
    reader = as_user(cast.reader)
    assert "<html" in text(reader.get("/explore/search/facets?q=churn"))
    fragment = text(reader.get("/explore/search/facets?q=churn", headers={"HX-Request": "true"}))
    assert ("<html" in fragment, "facet-catalog" in fragment) == (False, True)


@pytest.mark.parametrize("query", ["tag=%00", "catalog=%00&q=x", "status=nonsense", "q=name+%3D+x", "q=%00"])
def test_what_nobody_chose_is_no_error_of_the_server(as_user, cast, query):
    for path in ("/explore/search", "/explore/search/facets", "/explore/search/save"):
        assert as_user(cast.reader).get(f"{path}?{query}").status_code in (200, 400)


def test_a_search_is_saved_found_again_and_forgotten(as_user, cast):
    reader = as_user(cast.reader)
    back = reader.post("/explore/search/save?q=churn&status=READY", {"name": "my <b>search"})["Location"]
    assert back == "/explore/search?q=churn&status=READY"
    page = text(reader.get(back))
    assert 'href="?q=churn&amp;status=READY">my &lt;b&gt;search</a>' in page
    assert "my &lt;b&gt;" not in text(as_user(cast.owner).get("/explore/search"))
    as_user(cast.reader).post(f"/explore/search/{SavedSearch.objects.get().pk}/forget")
    assert not SavedSearch.objects.exists()


def test_results_tell_aliases_and_the_flavor_and_come_in_the_order_that_is_asked_for(as_user, cast):
    cast.model.aliases.create(name="Champion", folded="champion", model_version=cast.version)
    ModelVersion.objects.filter(pk=cast.version.pk).update(flavor="xgboost")
    newer = RegisteredModelFactory(schema=cast.schema, name="zebra")
    reader = as_user(cast.reader)
    page = text(reader.get("/explore/search?q=churn"))
    assert "@Champion" in page
    assert "<td>xgboost</td>" in page
    assert "xgboost" not in text(as_user(cast.browser).get("/explore/search?q=churn"))
    admin = as_user(cast.admin)
    for sort, order in (
        ("name", ["churn", "zebra"]),
        ("created", ["zebra", "churn"]),
        ("nonsense", ["churn", "zebra"]),
    ):
        assert [m.name for m in admin.get(f"/explore/search?q=&sort={sort}").context["models"]] == order
    type(newer).objects.filter(pk=newer.pk).update(updated_at="2020-01-01T00:00:00Z")
    assert [m.name for m in admin.get("/explore/search?sort=updated").context["models"]] == ["churn", "zebra"]
    assert "2 models found" in text(admin.get("/explore/search/facets"))
    assert "1 model found" in text(admin.get("/explore/search/facets?q=zebra"))


def test_what_has_any_word_is_shown_where_nothing_has_all(as_user, cast):
    reader = as_user(cast.reader)
    page = text(reader.get("/explore/search?q=churn+nonsense"))
    assert "No model has all of these words" in page
    assert "shop.ml.churn" in page.split("<main")[1]
    facets = re.search(r'hx-get="(/explore/search/facets[^"]+)"', page)[1].replace("&amp;", "&")
    assert "1 model" in text(reader.get(facets))
    assert "No model has all" not in text(reader.get("/explore/search?q=nonsense"))
    assert "shop.ml.churn" not in text(as_user(cast.stranger).get("/explore/search?q=churn+nonsense")).split("<main")[1]


def test_best_matches_come_page_by_page(as_user, cast, monkeypatch):
    monkeypatch.setattr("explorer.views.search.PAGE_SIZE", 2)
    for name in ("a_words", "words", "b_words", "c"):
        RegisteredModelFactory(schema=cast.schema, name=name, comment="words" if name == "c" else "")
    seen, address = [], "/explore/search?q=words"
    while address:
        page = text(as_user(cast.admin).get(address)).split("<main")[1]
        seen += re.findall(r'class="break">shop\.ml\.(\w+)<', page)
        after = re.search(r'rel="next"\s+href="([^"]+)"', page)
        address = "/explore/search" + after[1].replace("&amp;", "&") if after else ""
    assert seen == ["words", "a_words", "b_words", "c"]


def test_versions_and_people_have_tabs_of_their_own(as_user, cast):
    ModelVersion.objects.filter(pk=cast.version.pk).update(comment="Trained on Tuesdays")
    reader, address = as_user(cast.reader), "/explore/search?q=tuesdays"
    assert re.search(r"Versions\s*<span[^>]*>1<", text(reader.get(address)))
    assert "version 1</a>" in text(reader.get(f"{address}&activeTab=versions"))
    assert "version 1</a>" not in text(as_user(cast.stranger).get(f"{address}&activeTab=versions"))
    reader = as_user(cast.reader)
    people = text(reader.get("/explore/search?q=owner&activeTab=people")).split("<main")[1]
    owned = re.search(r'href="([^"]+)">Models that owner', people)[1].replace("&amp;", "&")
    assert "shop.ml.churn" in text(reader.get(owned)).split("<main")[1]
    assert "/settings/users/" not in people
    admin = text(as_user(cast.admin).get("/explore/search?q=owner&activeTab=people"))
    assert f"/settings/users/{cast.owner.pk}" in admin.split("<main")[1]

"""The table of a model's versions, what is done to several of them, and taking the move of an alias back."""

import ast
import re
import shlex

import pytest

from explorer.snippets import Target, snippets
from registry.models import Alias, AuditEvent, ModelVersion
from registry.services.artifacts.mlmodel import MLmodel
from registry.services.artifacts.signatures import Field, Signature
from tests.cast import grant
from tests.factories import ModelVersionFactory
from tests.pages import text

pytestmark = pytest.mark.large

MODEL = "/explore/data/models/shop/ml/churn"
OBJECT = "/explore/objects/function/shop.ml.churn"


def numbers(page):
    return [int(number) for number in re.findall(r'aria-label="Select version (\d+)"', page)]


@pytest.fixture
def versions(cast):
    """Versions 3 to 5 beside the cast's 1 (ready) and 2 (pending)."""
    ModelVersionFactory(registered_model=cast.model, size=30, comment="first try", run_id="run-a")
    four = ModelVersionFactory(registered_model=cast.model, size=10, metrics=[{"key": "accuracy", "value": 0.91234567}])
    five = ModelVersionFactory(registered_model=cast.model, size=20, params=[{"name": "depth", "value": "7"}])
    four.tags.create(key="stage", value="Approved")
    Alias.objects.create(registered_model=cast.model, model_version=five, name="Champion", folded="champion")
    return cast


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("sort=version", [1, 2, 3, 4, 5]),
        ("sort=size", [4, 5, 3, 2, 1]),
        ("sort=-size", [3, 5, 4, 2, 1]),
        ("sort=nonsense", [5, 4, 3, 2, 1]),
        ("status=PENDING_REGISTRATION", [2]),
        ("status=nonsense", [5, 4, 3, 2, 1]),
        ("words=FIRST", [3]),
        ("words=run-a", [3]),
        ("words=4", [4]),
        ("words=99999999999999999999", []),
        ("words=approved", [4]),
        ("words=@champ", [5]),
        ("words=nothing", []),
        ("words=%00", [5, 4, 3, 2, 1]),
    ],
)
def test_the_server_narrows_and_sorts(as_user, versions, query, found):
    assert numbers(text(as_user(versions.reader).get(f"{MODEL}?{query}"))) == found


def test_chosen_metrics_and_parameters_are_columns(as_user, versions):
    page = text(as_user(versions.reader).get(f"{MODEL}?metric=accuracy&param=depth&metric=nothing"))
    assert "0.912346" in page
    assert "<td > 7 </td>" in page
    assert "nothing</th>" not in page


def heads(page):
    return re.findall(r'<th scope="col" class="number" title="([^"]*)"', page)


def test_three_metrics_are_columns_until_the_reader_chooses_which_is_remembered(as_user, versions):
    four = ModelVersion.objects.get(version=4)
    four.metrics += [{"key": key, "value": 1} for key in ("a_custom_score", "rmse", "zeta_loss", "seconds")]
    four.save()
    ModelVersion.objects.filter(version=3).update(metrics=[{"key": "seconds", "value": 1}])
    reader = as_user(versions.reader)
    assert heads(text(reader.get(MODEL))) == ["seconds", "accuracy", "rmse"]  # that most have; then what can be judged
    assert heads(text(reader.get(f"{MODEL}?columns=1&metric=zeta_loss"))) == ["zeta_loss"]
    assert heads(text(reader.get(f"{MODEL}?sort=size"))) == ["zeta_loss"]
    assert heads(text(reader.get(f"{MODEL}?columns=1"))) == []
    assert heads(text(reader.get(MODEL))) == []
    assert heads(text(as_user(versions.owner).get(MODEL))) == ["seconds", "accuracy", "rmse"]


def test_a_session_remembers_the_columns_of_so_many_models(as_user, versions, monkeypatch):
    monkeypatch.setattr("explorer.views.versions_table.MODELS", 2)
    reader = as_user(versions.reader)
    session = reader.session
    session["columns_of_versions"] = {"old": [["a"], []], "older": [["b"], []]}
    session.save()
    reader.get(f"{MODEL}?columns=1&metric=accuracy")
    assert list(reader.session["columns_of_versions"]) == ["older", str(versions.model.uid)]


def test_a_page_that_is_sorted_keeps_what_was_asked(as_user, versions):
    page = text(as_user(versions.reader).get(f"{MODEL}?words=first&sort=size"))
    assert 'aria-sort="ascending"' in page
    assert 'href="?words=first&amp;sort=-size"' in page


def test_several_versions_are_tagged_and_deleted_together(as_user, versions):
    owner = as_user(versions.owner)
    owner.post(f"{MODEL}/versions/tag?version=shop.ml.churn/3&version=shop.ml.churn/4", {"key": "k", "value": "v"})
    assert ModelVersion.objects.filter(tags__key="k").count() == 2
    owner.post(f"{MODEL}/versions/delete?version=shop.ml.churn/3&version=shop.ml.churn/4")
    assert set(ModelVersion.objects.values_list("version", flat=True)) == {1, 2, 5}


@pytest.mark.parametrize("query", ["", "x", "shop.ml.churn/0", "shop.ml.churn/99", "a.b.c/1"])
def test_what_names_no_versions_is_refused(as_user, versions, query):
    refusal = 404 if query == "shop.ml.churn/99" else 400
    assert as_user(versions.owner).get(f"{MODEL}/versions/delete?version={query}").status_code == refusal


def test_all_are_deleted_or_none(as_user, versions, monkeypatch):
    grant(versions.reader, versions.model, "APPLY TAG")
    page = text(
        as_user(versions.reader).post(f"{MODEL}/versions/delete?version=shop.ml.churn/3&version=shop.ml.churn/4")
    )
    assert "You don&#x27;t have" in page
    assert ModelVersion.objects.count() == 5


def undo(page):
    """The form of the offer: its address and its fields."""
    form = re.search(r'class="toast"(?:(?!</div>).)*?action="([^"]+)"(.*?)</form>', page, re.DOTALL)
    return form and (form[1], dict(re.findall(r'name="(alias|version|expected)" value="([^"]*)"', form[2])))


@pytest.mark.parametrize(
    ("alias", "version", "words"),
    [("Champion", "1", "moved from version 5 to 1"), ("New", "1", "was set to version 1")],
)
def test_the_move_of_an_alias_can_be_taken_back_once(as_user, versions, alias, version, words):
    owner = as_user(versions.owner)
    before = set(Alias.objects.values_list("name", "model_version__version"))
    expected = {"expected": "5"} if alias == "Champion" else {}
    owner.post(f"{MODEL}/aliases/set", {"alias": alias, "version": version, **expected})
    page = text(owner.get(MODEL))
    assert words in page
    assert undo(text(owner.get(MODEL))) is None
    address, fields = undo(page)
    owner.post(address, fields)
    assert set(Alias.objects.values_list("name", "model_version__version")) == before
    assert AuditEvent.objects.filter(action_name__icontains="alias").count() == 2


def test_a_removed_alias_comes_back(as_user, versions):
    owner = as_user(versions.owner)
    owner.post(f"{MODEL}/aliases/delete?alias=Champion")
    address, fields = undo(text(owner.get(MODEL)))
    owner.post(address, fields)
    assert Alias.objects.get().model_version.version == 5


def test_a_name_that_is_taken_is_moved_only_by_who_was_told(as_user, versions):
    """Typing it in any spelling shows the move from old to new, and changes nothing yet."""
    owner = as_user(versions.owner)
    page = text(owner.post(f"{MODEL}/aliases/set", {"alias": "CHAMPION", "version": "1"}))
    assert "Move @Champion" in page
    assert "From version 5 to" in page
    assert '<option value="1" selected>' in page
    assert Alias.objects.get().model_version.version == 5
    owner.post(f"{MODEL}/aliases/set", {"alias": "Champion", "version": "1", "expected": "5"})
    alias = Alias.objects.get()
    assert (alias.name, alias.model_version.version) == ("Champion", 1)


def test_the_pencil_of_an_alias_moves_it_and_keeps_its_name(as_user, versions):
    page = text(as_user(versions.owner).get(f"{MODEL}/aliases/set?alias=Champion"))
    assert '<input type="hidden" name="alias" value="Champion"' in page
    assert '<option value="5" selected>' in page


def test_deleting_versions_names_the_aliases_that_stop_working(as_user, versions):
    owner = as_user(versions.owner)
    words = "Clients that load @Champion will get an error."
    assert words in text(owner.get(f"{MODEL}/version/5/delete"))
    assert words not in text(owner.get(f"{MODEL}/version/1/delete"))
    named = "version=shop.ml.churn/1&version=shop.ml.churn/5"
    assert words in text(owner.get(f"{MODEL}/versions/delete?{named}"))


@pytest.mark.parametrize("address", ["tag", "delete"])
def test_with_nothing_selected_a_dialog_says_what_to_do(as_user, versions, address):
    answer = as_user(versions.owner).get(f"{MODEL}/versions/{address}")
    assert answer.status_code == 200
    assert "Select 1 to 100 versions in the table first." in text(answer)
    assert 'method="post"' in text(answer)
    assert text(answer).count("button-primary") == 0


def test_a_dialog_leads_back_to_the_list_as_it_was_filtered(as_user, versions):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{MODEL}?status=READY&sort=-size#x"}
    post = as_user(versions.owner).post
    answer = post(f"{MODEL}/aliases/set", {"alias": "New", "version": "1"}, headers=headers)
    assert answer["HX-Redirect"] == f"{MODEL}?status=READY&sort=-size"
    headers["HX-Current-URL"] = f"http://elsewhere{MODEL}?status=READY"
    answer = post(f"{MODEL}/aliases/set", {"alias": "Newer", "version": "1"}, headers=headers)
    assert answer["HX-Redirect"] == MODEL


def test_nothing_is_offered_where_nothing_moved(as_user, versions):
    owner = as_user(versions.owner)
    owner.post(f"{MODEL}/aliases/set", {"alias": "champion", "version": "5", "expected": "5"})
    page = text(owner.get(MODEL))
    assert undo(page) is None
    assert "Done." in page


def test_lines_to_copy_name_the_chosen_version(as_user, versions):
    reader = as_user(versions.reader)
    page = text(reader.get(f"{MODEL}/use"))
    assert "models:/shop.ml.churn@Champion" in page
    assert "models:/shop.ml.churn/3" in text(reader.get(f"{MODEL}/use?which=3"))
    versions.version.aliases.create(registered_model=versions.model, name="Challenger", folded="challenger")
    assert "models:/shop.ml.churn@Champion" in text(reader.get(f"{MODEL}/use"))
    assert "models:/shop.ml.churn/2&quot;" not in text(reader.get(f"{MODEL}/use?which=2"))  # it is not ready


def test_a_description_is_looked_at_before_it_is_saved(as_user, cast):
    owner = as_user(cast.owner)
    page = text(owner.post(f"{OBJECT}/comment", {"comment": "**bold** <b>", "preview": "1"}))
    assert "<strong>bold</strong> &lt;b&gt;" in page
    cast.model.refresh_from_db()
    assert cast.model.comment == ""


def test_an_undo_that_comes_too_late_changes_nothing(as_user, versions):
    owner = as_user(versions.owner)
    owner.post(f"{MODEL}/aliases/set", {"alias": "Champion", "version": "1", "expected": "5"})
    address, fields = undo(text(owner.get(MODEL)))
    owner.post(f"{MODEL}/aliases/set", {"alias": "Champion", "version": "4", "expected": "1"})
    assert "moved or removed this alias in the meantime" in text(owner.post(address, fields))
    assert Alias.objects.get().model_version.version == 4


def test_a_removed_alias_does_not_come_back_over_a_new_one(as_user, versions):
    owner = as_user(versions.owner)
    owner.post(f"{MODEL}/aliases/delete?alias=Champion")
    address, fields = undo(text(owner.get(MODEL)))
    owner.post(f"{MODEL}/aliases/set", {"alias": "Champion", "version": "4"})
    assert "set, moved or removed this alias in the meantime" in text(owner.post(address, fields))
    assert Alias.objects.get().model_version.version == 4


def test_an_alias_goes_back_to_a_version_that_the_dialog_does_not_list(as_user, versions, monkeypatch):
    owner = as_user(versions.owner)
    owner.post(f"{MODEL}/aliases/set", {"alias": "Old", "version": "1"})
    owner.post(f"{MODEL}/aliases/set", {"alias": "Old", "version": "5", "expected": "1"})
    address, fields = undo(text(owner.get(MODEL)))
    monkeypatch.setattr("explorer.views.aliases.CHOICES", 1)
    owner.post(address, fields)
    assert Alias.objects.get(name="Old").model_version.version == 1


def test_browse_alone_sorts_by_no_size(as_user, versions):
    browser = as_user(versions.browser)
    assert numbers(text(browser.get(f"{MODEL}?sort=size"))) == numbers(text(browser.get(f"{MODEL}?sort=-size")))


def test_browse_alone_shows_no_reason_of_a_status(as_user, versions):
    versions.model.versions.update(status_message="The secret is s3cr3t.")
    shown = {
        member: [
            "s3cr3t" in text(as_user(versions[member]).get(path))
            for path in (MODEL, f"{MODEL}/version/1", f"{MODEL}/version/2")
        ]
        for member in ("reader", "browser")
    }
    assert shown == {"reader": [True] * 3, "browser": [False] * 3}


def test_browse_alone_shows_no_measurements_and_no_runs(as_user, versions):
    browser = as_user(versions.browser)
    page = text(browser.get(f"{MODEL}?metric=accuracy&param=depth"))
    assert numbers(page) == [5, 4, 3, 2, 1]
    assert 'value="accuracy"' not in page
    assert 'value="depth"' not in page
    assert "run-a" not in page
    assert numbers(text(browser.get(f"{MODEL}?words=run-a"))) == []
    page = text(browser.get(f"{MODEL}/version/4"))
    assert "0.912346" not in page
    assert "Request access" in page


def test_lines_to_copy_run_nobody_elses_code():
    name = "a.b.x\");exec(input())#$(id)`id`'"
    field = Field(name, "double")
    mlmodel = MLmodel(signature=Signature([field], [], []))
    for snippet in snippets(Target(name, "@v", mlmodel), "http://here"):
        if snippet.language == "python":
            calls = {node.func.attr for node in ast.walk(ast.parse(snippet.code)) if isinstance(node, ast.Call)
                     and isinstance(node.func, ast.Attribute)}  # fmt: skip
            assert calls <= {
                "set_registry_uri", "load_model", "predict", "download_artifacts", "get_by_alias", "DataFrame"
            }  # fmt: skip
        else:
            rest = snippet.code.replace(shlex.quote(f"models:/{name}@v"), "")
            assert not {"$(", "`"} & {rest[at : at + length] for at in range(len(rest)) for length in (1, 2)}


def test_metrics_and_parameters_may_be_called_anything(as_user, cast):
    names = ("items", "values", "keys")
    cast.version.metrics = [{"key": name, "value": 1e20} for name in names]
    cast.version.params = [{"name": name, "value": "x"} for name in names]
    cast.version.save()
    page = text(as_user(cast.reader).get(f"{MODEL}/version/1"))
    assert page.count('<td class="break">items</td>') == 2

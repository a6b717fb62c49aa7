import re

import pytest

from explorer.charts import line_chart
from tests.factories import ModelVersionFactory, write
from tests.pages import text

BOTH = "/explore/compare?version=shop.ml.churn/1&version=shop.ml.churn/3"


@pytest.fixture
def compared(as_user, cast):
    cast.version.metrics = [{"key": "accuracy", "value": 0.9}]
    cast.version.save()
    cast.version.tags.create(key="same")
    cast.version.tags.create(key="<b>", value="other")
    other = ModelVersionFactory(registered_model=cast.model, metrics=[{"key": "accuracy", "value": 0.95}])
    write(other, MLmodel="")
    other.tags.create(key="same")
    return as_user(cast.reader)


def test_only_what_differs_is_shown_until_all_is_asked_for(compared):
    few, many = text(compared.get(BOTH)), text(compared.get(f"{BOTH}&show=all"))
    assert "&lt;b&gt;" in few
    assert '<th scope="row">same</th>' not in few
    assert '<th scope="row">same</th>' in many


def test_a_metric_has_its_difference_and_its_course(compared):
    page = text(compared.get(BOTH))
    assert "▲ +0.05" in page
    assert "Version 3: 0.95" in page


def test_a_comparison_says_whose_callers_it_speaks_of_and_what_comes_next(compared, cast, as_user):
    page = text(compared.get(BOTH))
    assert "Can programs that call version 1 call the other?" in page
    assert "better" in page
    assert 'href="?version=shop.ml.churn%2F1&amp;version=shop.ml.churn%2F3&amp;base=shop.ml.churn%2F3"' in page
    assert "Copy to…" in page
    assert "activeTab=discussion" in page
    swapped = text(compared.get(f"{BOTH}&base=shop.ml.churn/3"))
    assert "Can programs that call version 3 call the other?" in swapped
    assert "worse" in swapped


def test_of_many_rows_the_first_are_shown_until_all_are_asked_for(compared, monkeypatch):
    monkeypatch.setattr("explorer.views.comparisons._ROWS", 1)
    few, many = text(compared.get(BOTH)), text(compared.get(f"{BOTH}&rows=all"))
    assert "data/weights" not in few
    assert "more</a>" in few
    assert "data/weights" in many
    assert "more</a>" not in many


def test_a_version_is_left_out_however_it_was_named(compared, cast):
    ModelVersionFactory(registered_model=cast.model)
    page = text(compared.get(f"{BOTH}&version=SHOP.ml.churn/01&version=shop.ml.churn/4"))
    assert 'href="?version=shop.ml.churn%2F1&amp;version=shop.ml.churn%2F4"' in page


def test_the_first_form_asks_for_two_versions(compared):
    assert text(compared.get("/explore/compare")).count('name="version"') == 2


@pytest.mark.parametrize("query", ["version=x&version=y", "version=shop.ml.churn/1&version=%00"])
def test_what_cannot_be_compared_is_said(compared, query):
    answer = compared.get(f"/explore/compare?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in text(answer)


def test_a_mistyped_version_is_said_beside_the_form(compared):
    answer = compared.get("/explore/compare?version=shop.ml.churn/1&version=shop.ml.chrun/3")
    assert answer.status_code == 404
    assert 'role="alert"' in text(answer)
    assert '<input id="version-2" name="version" value="shop.ml.chrun/3"' in text(answer)
    assert text(answer).count('name="version"') == 2


@pytest.mark.parametrize(
    "values",
    [
        [(1, 0.5)],
        [(1, 0.0), (2, 0.0)],
        [(1, -1.0), (9, 1e300)],
        [(1, 5e-324), (2, 5e-324)],
        [(1, 5e-324), (2, 0.0)],
        [(1, 1.7e308), (2, -1.7e308)],
        [(1, 1.7e308), (2, 1.7e308)],
    ],
)
def test_a_chart_stays_inside_its_frame(values):
    chart = line_chart(values, {1})
    assert len(chart.points) == len(values)
    assert all(0 <= point.x <= chart.width and 0 <= point.y <= chart.height for point in chart.points)


def test_of_a_long_course_the_points_are_drawn_that_give_it_its_shape():
    values = [(number, 0.5 + number % 7 / 1000) for number in range(1, 2001)]
    values[776], values[1499] = (777, 9.0), (1500, -9.0)
    chart = line_chart(values, {1234})
    drawn = {point.version: point.value for point in chart.points}
    assert chart.total == 2000
    assert len(drawn) <= 203
    assert (drawn[777], drawn[1500]) == (9.0, -9.0)
    assert {1, 1234, 2000} <= set(drawn)
    assert [point.version for point in chart.points] == sorted(drawn)


def test_versions_are_named_by_alias_and_offered_while_one_types(as_user, cast):
    second = ModelVersionFactory(registered_model=cast.model)
    cast.model.aliases.create(name="Champion", folded="champion", model_version=second)
    reader = as_user(cast.reader)
    page = reader.get("/explore/compare", {"version": ["shop.ml.churn/1", "shop.ml.churn@CHAMPION"]})
    assert page.status_code == 200
    offered = reader.get("/explore/compare/versions?version=chu").content.decode()
    assert re.findall('value="([^"]*)"', offered) == [
        f"shop.ml.churn/{second.version}",
        "shop.ml.churn/2",
        "shop.ml.churn/1",
    ]
    assert f'label="@Champion – shop.ml.churn/{second.version}"' in offered
    for typed, number in (("churn/2", 2), ("churn@cha", second.version)):
        offered = reader.get("/explore/compare/versions", {"version": typed}).content.decode()
        assert re.findall('value="([^"]*)"', offered) == [f"shop.ml.churn/{number}"]
    assert "value" not in as_user(cast.browser).get("/explore/compare/versions?version=chu").content.decode()
    assert "value" not in as_user(cast.stranger).get("/explore/compare/versions?version=chu").content.decode()

"""The example notebook as it is taken from the browser. (That it runs, tests/clients/test_notebook.py shows.)"""

import ast
import json

from registry.models import RegisteredModel
from tests.factories import SchemaFactory
from tests.pages import text


def settings_of(answer):
    """What the notebook's first cell of code sets."""
    cells = json.loads(answer.content)["cells"]
    (cell,) = (cell for cell in cells if "parameters" in cell["metadata"].get("tags", ()))
    statements = ast.parse(cell["source"]).body
    return {statement.targets[0].id: ast.literal_eval(statement.value) for statement in statements}


def test_it_begins_in_the_first_schema_in_which_the_reader_may_create_models(as_user, cast):
    SchemaFactory(catalog=cast.catalog, name="above")
    answer = as_user(cast.writer).get("/explore/notebook", headers={"host": "localhost:8443"}, secure=True)
    assert settings_of(answer) == {"HOST": "https://localhost:8443", "TOKEN": "", "SCHEMA": "shop.above"}
    assert answer["Content-Disposition"] == 'attachment; filename="models_in_unity_catalog.ipynb"'
    assert settings_of(as_user(cast.reader).get("/explore/notebook"))["SCHEMA"] == "main.default"


def test_it_is_for_the_schema_from_whose_page_it_is_taken_whatever_its_name(as_user, cast):
    named = SchemaFactory(catalog=cast.catalog, name="it's\"ml\\{x}🚀")
    page = text(as_user(cast.admin).get("/explore/data/shop/it's%22ml%5C%7Bx%7D%F0%9F%9A%80"))
    address = page.partition("/explore/notebook?schema=")[2].partition('"')[0]
    answer = as_user(cast.admin).get(f"/explore/notebook?schema={address}")
    assert settings_of(answer)["SCHEMA"] == named.full_name
    assert as_user(cast.stranger).get("/explore/notebook?schema=shop.ml").status_code == 404


def test_it_is_offered_on_the_first_page_and_in_an_empty_schema(as_user, cast):
    assert "/explore/notebook" in text(as_user(cast.reader).get("/explore/data"))
    assert "/explore/notebook" not in text(as_user(cast.writer).get("/explore/data/shop/ml"))
    RegisteredModel.objects.all().delete()
    assert "/explore/notebook" in text(as_user(cast.writer).get("/explore/data/shop/ml"))

"""The example notebook runs as it is taken from the browser, with the address in it: only a token has to be pasted."""

import json
import re

import nbclient
import nbformat

from tests.benchmarks.pages import signed_in
from tests.clients.conftest import use
from tests.clients.journeys import MARKS

pytestmark = MARKS


def test_the_example_notebook_runs_against_this_server(product, monkeypatch, tmp_path):
    token = product.first_run("Access token")
    use(monkeypatch, product, "")
    browser = signed_in(product, "admin@example.com", product.first_run("Password"))
    taken = browser.get(f"{product.url}/explore/notebook?schema=dev.risk")
    assert taken.headers["Content-Disposition"].endswith('.ipynb"')
    book = nbformat.reads(taken.text, as_version=4)
    nbformat.validate(book)
    settings = next(cell for cell in book.cells if "parameters" in cell.metadata.get("tags", ()))
    settings.source = settings.source.replace('TOKEN = ""', f"TOKEN = {json.dumps(token)}")
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    printed = "".join(
        output.get("text", "") for cell in book.cells if cell.cell_type == "code" for output in cell.outputs
    )
    name = re.search(r"(dev\.risk\.iris_\w+), version 1: READY", printed)[1]
    assert "{'Champion': 2, 'Previous': 1}" in printed.replace("'2'", "2").replace("'1'", "1")
    assert f"{name}_copy 1" in printed
    assert "iris_" not in browser.get(f"{product.url}/explore/data/dev/risk").text

"""What is offered to be copied runs as it stands: each snippet, against the live server."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import sign_in
from tests.live import eventually, free_port

pytestmark = [pytest.mark.browser, pytest.mark.client, pytest.mark.xdist_group("browser")]

MODEL = "/explore/data/models/prod/ml_team/iris_model"


@pytest.fixture
def page(browser, product):
    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    sign_in(page, product.url, product.first_run("Password"))
    yield page
    context.close()


def environment(folder):
    """Nothing of this machine's own settings; the programs of this environment come first."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABRICKS", "MLFLOW", "DJANGO"))
    }
    return {**kept, "PATH": f"{os.path.dirname(sys.executable)}:{kept['PATH']}", "HOME": str(folder)}


def run(code, folder, setup="", program="bash"):
    """Run lines after those that set up, as somebody does who pastes them into one shell."""
    lines = f"{setup}\n{program} - <<'LINES_END'\n{code}\nLINES_END" if program != "bash" else f"{setup}\n{code}"
    command = ["bash", "-euo", "pipefail", "-c", lines]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, (code, done.stdout, done.stderr)
    return done.stdout


def without_installing(setup):
    """The lines that set up, without the first, which installs what is installed here."""
    first, _, rest = setup.partition("\n")
    assert first == "pip install mlflow databricks-sdk"
    return rest


def test_every_line_that_uses_a_model_runs_as_it_is_pasted(page, tmp_path):
    page.goto(f"{MODEL}/use")
    expect(page.locator("pre").first).to_contain_text("cex_…")
    page.get_by_role("button", name="Fill in a token").click()
    expect(page.get_by_role("status").filter(has_text="Ready to run")).to_be_visible()
    parts = page.locator("section:has(> h2):has(pre)").all()
    snippets = {part.locator("h2").inner_text(): part.locator("pre").inner_text() for part in parts}
    setup = without_installing(snippets["Set up"])
    assert "cex_" in setup
    assert run(snippets["Load it in Python"], tmp_path, setup, sys.executable).strip()  # a prediction
    run(snippets["Download its files"], tmp_path, setup, sys.executable)
    assert (tmp_path / "model" / "MLmodel").is_file()
    assert '"iris_model"' in run(snippets["Read its metadata over REST"], tmp_path, setup)
    assert "iris_model" in run(snippets["Use databricks-sdk"], tmp_path, setup, sys.executable)
    serve(snippets["Serve it on your own machine"], setup, tmp_path)


def serve(code, setup, folder):
    port = free_port()
    lines = f"{setup}\nexec {code.replace('--port 5001', f'--port {port}')}"
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen(
            ["bash", "-euc", lines], cwd=folder, env=environment(folder), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            eventually(lambda: answers(f"http://127.0.0.1:{port}/ping"), 120)
        finally:
            server.terminate()
            server.wait(30)


def answers(url):
    with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status == 200


def test_the_first_model_is_registered_by_the_program_of_the_home_page(page, tmp_path):
    page.goto("/")
    page.get_by_role("button", name="Fill in a token").click()
    program = page.locator("#first-program").inner_text()
    assert "cex_…" not in program
    run(program, tmp_path, program=sys.executable)
    page.goto("/")
    expect(page.get_by_role("region", name="Your models").first).to_contain_text("my_first_model")

"""A client as plain as can be: one connection for each request, and nothing that is asked again by itself."""

import hashlib
import re
import uuid
from urllib.parse import urlsplit

import requests

UC = "/api/2.1/unity-catalog"
MLFLOW = "/api/2.0/mlflow/unity-catalog"
PLAIN = "/api/2.0/mlflow"
FILES = "/api/2.0/fs"


class Lost(Exception):
    """No answer, or one that says nothing about what was asked: whoever asked does not know, and asks again."""


class Refused(Exception):
    """The product has said no."""


class Client:
    """Asks a product as its first administrator."""

    def __init__(self, product, *, seconds=30):
        self.product, self.seconds = product, seconds
        self.headers = {"Authorization": f"Bearer {product.first_run('Access token')}"}

    def send(self, method, path, **options):
        """The answer, whatever it is; Lost if there is none."""
        url = path if path.startswith("http") else f"{self.product.url}{path}"
        headers = {} if "signature=" in path else self.headers
        try:
            return requests.request(method, url, headers=headers, timeout=self.seconds, **options)
        except requests.RequestException as error:
            raise Lost(f"{method} {path}: {error}") from error

    def ask(self, method, path, body=None, **options):
        """The JSON of an answer that is 200; Lost or Refused otherwise."""
        answer = self.send(method, path, **({"json": body} if body is not None else {}), **options)
        words = f"{method} {urlsplit(path).path}: {answer.status_code} {answer.text[:300]}"
        if answer.status_code >= 500:
            raise Lost(words)
        if answer.status_code not in (200, 204):
            raise Refused(words)
        return answer.json() if answer.content else {}

    def new_model(self, name=""):
        """Make a model of a new name in ``faults.models`` and return its full name."""
        for path, body in (("catalogs", {"name": "faults"}), ("schemas", {"name": "models", "catalog_name": "faults"})):
            answer = self.send("POST", f"{UC}/{path}", json=body)
            assert answer.status_code == 200 or "ALREADY_EXISTS" in answer.text, answer.text
        name = f"{name or 'm'}_{uuid.uuid4().hex[:8]}"
        self.ask("POST", f"{UC}/models", {"catalog_name": "faults", "schema_name": "models", "name": name})
        return f"faults.models.{name}"

    def create(self, model):
        """Create a pending version and return its number."""
        made = self.ask("POST", f"{MLFLOW}/model-versions/create", {"name": model, "source": "faults"})
        return int(made["model_version"]["version"])

    def upload_url(self, model, number, path):
        return self.ask("POST", f"{FILES}/create-upload-url", {"path": f"/{place(model, number, path)}"})["url"]

    def download_url(self, model, number, path):
        return self.ask("POST", f"{FILES}/create-download-url", {"path": f"/{place(model, number, path)}"})["url"]

    def upload(self, model, number, path, content):
        self.ask("PUT", self.upload_url(model, number, path), data=content)

    def finalize(self, model, number):
        """Finalize a version and return its status."""
        asked = {"name": model, "version": str(number)}
        return self.ask("POST", f"{MLFLOW}/model-versions/finalize", asked)["model_version"]["status"]

    def register(self, model, files):
        """Register a version with ``files`` (bytes by path) and return its number."""
        number = self.create(model)
        for path, content in files.items():
            self.upload(model, number, path, content)
        assert self.finalize(model, number) == "READY"
        return number

    def copy(self, model, number, destination):
        """Ask for a copy and return the number that it gets."""
        asked = {"name": destination, "source": f"models:/{model}/{number}"}
        return int(self.ask("POST", f"{PLAIN}/model-versions/create", asked)["model_version"]["version"])

    def delete(self, model, number):
        self.ask("DELETE", f"{UC}/models/{model}/versions/{number}")

    def versions(self, model):
        """The status of each version of a model, by number."""
        found, token = {}, ""
        while True:
            page = self.ask("GET", f"{UC}/models/{model}/versions?max_results=1000&page_token={token}")
            found |= {int(info["version"]): info["status"] for info in page.get("model_versions", [])}
            token = page.get("next_page_token")
            if not token:
                return found

    def read(self, model, number, path):
        """The bytes of a file by the Files API; Refused if they are not given out."""
        answer = self.send("GET", f"{FILES}/files/{place(model, number, path)}")
        if answer.status_code != 200:
            raise Refused(f"{model} {number} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.content

    def browser(self):
        """A session of requests that has signed in, as the administrator does in the browser."""
        session = requests.Session()
        session.get(f"{self.product.url}/login", timeout=self.seconds).close()
        signed_in = submit(
            session, f"{self.product.url}/login",
            username="admin@example.com", password=self.product.first_run("Password"),
        )  # fmt: skip
        assert signed_in.status_code in (200, 302), signed_in.text[:500]
        assert "sessionid" in session.cookies, "signing in has failed"
        return session


def require_no_files(client, model, number):
    """Raise AssertionError unless a pending version has nothing that it could be finalized with."""
    answer = client.send("POST", f"{MLFLOW}/model-versions/finalize", json={"name": model, "version": str(number)})
    assert answer.status_code == 400, answer.text
    assert "no artifacts" in answer.text, answer.text


def submit(session, url, **fields):
    """Send a form, and follow no redirect."""
    fields["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
    headers = {"Referer": url}
    return session.post(url, data=fields, headers=headers, timeout=30, allow_redirects=False)


def page(client, model, number):
    """The address of a version's page in the browser."""
    return f"{client.product.url}/explore/data/models/{model.replace('.', '/')}/version/{number}"


def place(model, number, path=""):
    """How the Files API spells a file of a version."""
    return f"Models/{model.replace('.', '/')}/{number}/{path}".rstrip("/")


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def stored_file(client, model, number, path):
    """Where a file of a version that is READY lies in the data folder."""
    uid = re.search(r"/presigned/([0-9a-f-]{36})/", client.download_url(model, number, path))[1]
    return client.product.data_dir / "artifacts" / uid[:2] / uid / path

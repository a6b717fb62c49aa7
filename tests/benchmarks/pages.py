"""How long the server takes for each page when there are many models, and what the first page weighs over the wire.

    python -m tests.benchmarks.pages [MODELS]        (100000 unless told)

The product runs as `manage.py up` starts it. One browser at a time asks, over a connection that stays open: the time
until the last byte is what a reader waits for the server. One of the models has 2,000 versions, 10 aliases and 50 tags.
"""

import json
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import requests

from tests.benchmarks.registry import CATALOGS, MODELS_PER_SCHEMA, READER, progress, wait_for_quiet
from tests.live import Product, shell

MODELS, ROUNDS = 100_000, 20
LARGE, PASSWORD = "catalog00.schema0000.model000000", "a long password 1"
MODEL = "/explore/data/models/catalog00/schema0000/model000000"
REVOKE = "/explore/grants/catalog/catalog00/revoke"
PAGES = {
    "catalogs": "/explore/data",
    "catalog": "/explore/data/catalog00",
    "schema": "/explore/data/catalog00/schema0000",
    "model of 2,000 versions": MODEL,
    "its versions, by size": f"{MODEL}?sort=-size&page=20",
    "its versions, filtered": f"{MODEL}?words=1999",
    "its lineage": f"{MODEL}?activeTab=lineage",
    "its discussion": f"{MODEL}?activeTab=discussion",
    "its permissions": f"{MODEL}?activeTab=permissions",
    "its activity": f"{MODEL}?activeTab=activity",
    "a right explained": f"{MODEL}?activeTab=permissions&operation=READ_ARTIFACTS",
    "an alias of it, moved": f"{MODEL}/aliases/set",
    "version": f"{MODEL}/version/2000",
    "artifacts": f"{MODEL}/version/2000?activeTab=artifacts",
    "comparison": f"/explore/compare?version={LARGE}/1999&version={LARGE}/2000",
    "search, a word": "/explore/search?q=model0999",
    "search, a word of all": "/explore/search?q=model",
    "search, a tag": "/explore/search?tag=team%3Dbench",
    "search, a grammar": "/explore/search?q=name+LIKE+%27%25099%25%27",
    "search, its facets": "/explore/search/facets?q=model0999",
    "search, facets of all": "/explore/search/facets",
    "tree, filtered": "/explore/tree?filter=model09999",
    "palette": "/explore/palette?q=model09999",
    "inbox": "/inbox",
    "profile": "/settings/profile",
    "a revocation, previewed": f"{REVOKE}?principal=wide@example.com&privilege=USE_CATALOG",
    "jobs": "/settings/jobs",
    "storage": "/settings/storage",
    "users": "/settings/users",
    "audit log": "/audit",
    "the admin's models": "/admin/registry/registeredmodel/",
    "the admin's versions": "/admin/registry/modelversion/",
    "the admin's models, searched": "/admin/registry/registeredmodel/?q=model0999",
    "the admin's versions, searched": "/admin/registry/modelversion/?q=model0999",
    "the admin's model": "/admin/registry/registeredmodel/1/change/",
}
FOR_ADMINISTRATORS = ("a revocation, previewed", "jobs", "storage", "users")


def main(size):
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        places = [(number // MODELS_PER_SCHEMA, number) for number in range(size)]
        names = [f"catalog{schema % CATALOGS:02}.schema{schema:04}.model{model:06}" for schema, model in places]
        (folder / "names.json").write_text(json.dumps([names, [LARGE, names[size // 2], names[-1]]]))
        product = Product(folder / "data", demo=False)
        with product:
            password = product.first_run("Password")
        progress(f"filling with {size:,} models")
        shell(product, f"from tests.benchmarks.pages import fill; fill({str(folder / 'names.json')!r})")
        with product:
            browsers = {
                "administrator": signed_in(product, "admin@example.com", password),
                READER: signed_in(product, "reader@example.com", PASSWORD),
            }
            wait_for_quiet()
            print_times(product, browsers)
            print_weight(product, browsers["administrator"])


def fill(file):
    """Runs within `manage.py shell`."""
    from django.db import connection
    from django.db.models import F

    from accounts.models import User
    from registry import models
    from registry.storage import new_location
    from tests.benchmarks.registry import fill_product

    fill_product(file)
    reader = User.objects.get(user_name="reader@example.com")
    reader.set_password(PASSWORD)
    reader.save()
    large = models.RegisteredModel.objects.get(filed_as=LARGE)
    metric = [{"key": "auc", "value": 0.5, "timestamp": 1, "step": 0}]
    more = [
        models.ModelVersion(
            registered_model=large, version=number, status="READY", size=number, source="runs:/1/model",
            storage_location=new_location(uuid4()), comment=f"The {number}.", metrics=metric,
        )
        for number in range(3, 2001)
    ]  # fmt: skip
    models.ModelVersion.objects.bulk_create(more, batch_size=500)
    models.ModelVersion.objects.filter(size=None).update(size=F("pk"))
    models.RegisteredModel.objects.update(size=F("pk"))
    large.aliases.all().delete()
    for number in range(10):
        large.aliases.create(name=f"Alias{number}", folded=f"alias{number}", model_version=more[-1 - number])
    for number in range(49):
        large.tags.create(key=f"key{number}", value=f"value {number}")
    said = [models.DiscussionComment(registered_model=large, author_name="x", text="*Said.*") for _ in range(200)]
    models.DiscussionComment.objects.bulk_create(said)
    connection.cursor().execute("ANALYZE")


def signed_in(product, name, password):
    browser = requests.Session()
    page = browser.get(f"{product.url}/login")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    answer = browser.post(
        f"{product.url}/login", {"username": name, "password": password, "csrfmiddlewaretoken": token}
    )
    assert "/login" not in answer.url, answer.url
    return browser


def print_times(product, browsers):
    print("\n| page | asked by | median, ms | slowest of 20, ms |\n|---|---|---|---|")
    for title, path in PAGES.items():
        for caller, browser in browsers.items():
            if caller != "administrator" and (title in FOR_ADMINISTRATORS or "the admin's" in title):
                continue
            times = [ask(browser, product.url + path) for _ in range(ROUNDS + 2)][2:]
            print(f"| {title} | {caller} | {statistics.median(times):.0f} | {max(times):.0f} |", flush=True)


def ask(browser, address):
    begun = time.perf_counter()
    answer = browser.get(address)
    taken = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 200, (address, answer.status_code)
    return taken


def print_weight(product, browser):
    """Bytes over the wire of the first page that somebody opens, with all that it loads."""
    text = browser.get(f"{product.url}{MODEL}").text
    total = 0
    for address in {MODEL, *re.findall(r'(?:src|href)="(/static/[^"#]+)', text)}:
        answer = browser.get(product.url + address, headers={"Accept-Encoding": "gzip"}, stream=True)
        total += len(answer.raw.read(decode_content=False))
    print(f"\nThe page of the model weighs {total / 1024:.0f} KiB over the wire, with styles, scripts and icons.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MODELS)

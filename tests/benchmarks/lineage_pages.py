"""How long the server takes for lineage when there is much of it, in SQLite.

    python -m tests.benchmarks.lineage_pages

1,000,000 edges: 100,000 versions in 1,000 models, each made from ten of 10,000 tables; 10,000 of them from one table.
The product runs as `manage.py up` starts it; an administrator, and somebody who may use one catalog, ask for its pages.
"""

import sys
import tempfile
import uuid
from pathlib import Path

from tests.benchmarks.pages import signed_in
from tests.benchmarks.registry import progress, wait_for_quiet
from tests.benchmarks.run_pages import timed
from tests.browser.chromium import chromium, sign_in
from tests.live import Product, shell

MODELS, VERSIONS, TABLES, SOURCES, DEPENDANTS = 1_000, 100, 10_000, 10, 10_000
PASSWORD = "correct horse battery staple"


def main():
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder) / "data", demo=False)
        with product:
            password = product.first_run("Password")
        progress(f"filling with {MODELS * VERSIONS * SOURCES:,} edges")
        shell(product, "from tests.benchmarks.lineage_pages import fill; fill()")
        with product:
            wait_for_quiet()
            measure(product, signed_in(product, "admin@example.com", password))
            measure(product, signed_in(product, "reader@example.com", PASSWORD))
            paint(product, password)


def fill():
    """Make models, versions, tables and edges. Runs within `manage.py shell`."""
    from django.db import connection

    from accounts.models import User
    from registry.models import Catalog, LineageEdge, LineageNode, ModelVersion, RegisteredModel, Schema, rewrite_grants

    by = {"created_by": "x", "updated_by": "x"}
    catalog = Catalog.objects.create(name="big", child_count=1, **by)
    schema = Schema.objects.create(catalog=catalog, name="s", child_count=MODELS, **by)
    names = [f"m{number:04}" for number in range(MODELS)]
    RegisteredModel.objects.bulk_create(
        [
            RegisteredModel(schema=schema, name=name, filed_as=f"big.s.{name}", child_count=VERSIONS, **by)
            for name in names
        ]
    )
    models = list(RegisteredModel.objects.order_by("name"))
    ModelVersion.objects.bulk_create(
        (version_of(model, number, by) for model in models for number in range(1, VERSIONS + 1)), batch_size=2_000
    )
    versions = ModelVersion.objects.order_by("pk").values_list("pk", "uid", "registered_model")
    LineageNode.objects.bulk_create(
        (
            LineageNode(kind="MODEL_VERSION", key=str(uid), name="x", version_id=pk, registered_model_id=model)
            for pk, uid, model in versions
        ),
        batch_size=2_000,
    )
    tables = [f"big.t.t{number}" for number in range(TABLES)]
    LineageNode.objects.bulk_create((LineageNode(kind="TABLE", key=t, name=t) for t in tables), batch_size=2_000)
    keys = list(LineageNode.objects.filter(kind="TABLE").order_by("pk").values_list("pk", flat=True))
    nodes = LineageNode.objects.filter(kind="MODEL_VERSION").order_by("pk").values_list("pk", flat=True)
    LineageEdge.objects.bulk_create(
        (
            LineageEdge(source_id=keys[source], target_id=node, kind="READ", recorded_by="x")
            for place, node in enumerate(nodes)
            for source in sources_of(place)
        ),
        batch_size=5_000,
    )
    reader = User.objects.create_user("reader@example.com", password=PASSWORD)
    rewrite_grants(catalog, reader, add={"use_catalog", "use_schema", "execute"}, remove=set())
    connection.cursor().execute("ANALYZE")


def version_of(model, number, by):
    from registry.models import ModelVersion

    uid = uuid.uuid4()
    return ModelVersion(
        registered_model=model, version=number, uid=uid, storage_location=f"local:///{uid}", source="x", status="READY",
        **by,
    )  # fmt: skip


def sources_of(place):
    """The places of the tables that a version is made of: the first of them that of so many dependants, or another."""
    first = 0 if place < DEPENDANTS else 1 + place % (TABLES // 10 - 1)
    return {first, *(TABLES // 10 + (place * 7 + nth * 991) % (TABLES * 9 // 10) for nth in range(1, SOURCES))}


def measure(product, browser):
    timed(
        product,
        browser,
        {
            f"impact of a table with {DEPENDANTS:,} dependants": "/explore/lineage/impact?table=big.t.t0",
            "the same as CSV": "/explore/lineage/impact?table=big.t.t0&format=csv",
            "impact of a table with 100": "/explore/lineage/impact?table=big.t.t5000",
            "the lineage of a version": "/explore/data/models/big/s/m0500/version/7?activeTab=lineage",
            f"of a model with {VERSIONS} versions": "/explore/data/models/big/s/m0500?activeTab=lineage",
            "what a version is made of": "/explore/data/models/big/s/m0500/version/7/impact?direction=UPSTREAM",
        },
    )


def paint(product, password):
    """How long a browser takes until a graph is drawn: of a version, a model, and the table with most dependants."""
    with chromium() as browser:
        page = browser.new_context(base_url=product.url, viewport={"width": 1440, "height": 900}).new_page()
        sign_in(page, product.url, password)
        page.goto("/explore/lineage/impact?table=big.t.t0")
        uid = shell(
            product, "from registry.models import LineageNode; print(LineageNode.objects.get(name='big.t.t0').uid)"
        )
        for what, path in {
            "a version": "/explore/data/models/big/s/m0500/version/7?activeTab=lineage",
            "a model": "/explore/data/models/big/s/m0500?activeTab=lineage",
            f"a table with {DEPENDANTS:,} dependants": f"/explore/lineage/{uid}",
        }.items():
            times = sorted(drawn(page, path) for _ in range(5))
            print(f"the graph of {what} is drawn after {times[2]:.0f} ms")


def drawn(page, path):
    page.goto(path)
    page.wait_for_selector(".lineage-edges")
    return page.evaluate("performance.now()")


if __name__ == "__main__":
    sys.exit(main())

"""What every dialect of MLflow's client is led through, and what is checked after it."""

import hashlib
import os
from pathlib import Path

import pandas as pd
import pytest

from tests.live import shell

FLOWERS = pd.DataFrame(
    [[5.1, 3.5, 1.4, 0.2], [6.0, 2.7, 4.5, 1.2], [6.7, 3.0, 5.2, 2.3]],
    columns=["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"],
)
MIB = 2**20
MARKS = [
    pytest.mark.client,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("default"),  # the clients' own
]

THOUSAND = """
from accounts.models import User
from registry.models import Catalog, ModelVersion, RegisteredModel, Schema
owner = User.objects.get(user_name="admin@example.com")
made = {"created_by": owner.user_name, "updated_by": owner.user_name}
catalog, _ = Catalog.objects.get_or_create(name="many", defaults={"owner_user": owner, **made})
schema, new = Schema.objects.get_or_create(catalog=catalog, name="models", defaults={"owner_user": owner, **made})
if new:
    RegisteredModel.objects.bulk_create(
        RegisteredModel(
            schema=schema, name=f"m{n:04}", filed_as=f"many.models.m{n:04}", owner_user=owner, comment=f"number {n}",
            **made,
        )
        for n in range(1000)
    )
"""


def save_model(mlflow, folder):
    """Save a small model with a signature below ``folder`` (once) and return where it lies."""
    model = str(Path(folder) / "model")
    if Path(model).exists():
        return model
    code = Path(folder) / "code.py"
    code.write_text(
        "import mlflow\n"
        "class Same(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return model_input\n"
        "mlflow.models.set_model(Same())\n".replace("\\\n", "\n")
    )
    signature = mlflow.models.infer_signature(FLOWERS, FLOWERS)
    mlflow.pyfunc.save_model(model, python_model=str(code), signature=signature, pip_requirements=["mlflow"])
    return model


def save_seven_files(mlflow, folder):
    """A model of seven files: one is empty in a folder with a blank and a plus, one has blanks and letters beyond ASCII
    in its name, one has 210 MiB."""
    model = Path(save_model(mlflow, folder))
    (model / "conda.yaml").unlink()
    (model / "space and+plus").mkdir()
    (model / "space and+plus" / "__init__.py").touch()
    (model / "naïve name ü.txt").write_text("ü")
    with (model / "weights.bin").open("wb") as weights:
        for _ in range(210):
            weights.write(os.urandom(MIB))
    assert len(digests(model)) == 7
    return str(model)


def digests(folder):
    """SHA-256 of every file below ``folder`` by path, without the note that MLflow adds to what it downloads."""
    folder = Path(folder)
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file() and file.name != "registered_model_meta"
    }


def predicts(mlflow, uri):
    return mlflow.pyfunc.load_model(uri).predict(FLOWERS).equals(FLOWERS)


def fill_with_a_thousand(product):
    """A thousand models in ``many.models``, m0000 to m0999."""
    shell(product, THOUSAND)


def pages(search, **options):
    """All items of a search and the sizes of its pages."""
    items, sizes, token = [], [], None
    while token or not sizes:
        page = search(page_token=token, **options)
        items += page
        sizes.append(len(page))
        token = page.token
    return items, sizes

"""A catalog to look at on the first day: two environments, small real models, people, grants and lineage.

The models lie in ``artifacts/``: models-from-code, so that nothing has to be unpickled to run them.
"""

from __future__ import annotations

from pathlib import Path

from django.contrib.auth.models import Group

from accounts.models import EVERYONE, User
from explorer.demo import elsewhere
from registry import tasks
from registry.actor import Actor
from registry.models import Catalog, ModelVersion, RegisteredModel
from registry.models.filing import named
from registry.names import FullName
from registry.privileges import Privilege
from registry.services.access import grants
from registry.services.activity import discussions
from registry.services.artifacts import uploads
from registry.services.hierarchy import catalogs, model_versions, registered_models, schemas
from registry.services.labels import certification
from registry.services.metadata import aliases
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.shared.ownership import find_principal
from registry.services.versions import copies, jobs, lineage

ARTIFACTS = Path(__file__).parent / "artifacts"

IRIS = """Tells the three species of iris apart by the size of their petals.

* **Input** four lengths in centimetres, as in `sklearn.datasets.load_iris`
* **Output** `0` setosa, `1` versicolor, `2` virginica

Version 2 also looks at the width of the petals and is right in 96 % of Fisher's 150 flowers.
"""


def load(actor: Actor) -> None:
    """Fill an empty catalog, as ``actor``."""
    _create_people()
    trained, relied_on = "Where models are trained and tried out.", "What other teams rely on. Copied here from dev."
    dev = catalogs.create_catalog(actor=actor, name="dev", comment=trained, with_default_schema=False)
    prod = catalogs.create_catalog(actor=actor, name="prod", comment=relied_on, with_default_schema=False)
    for catalog, schema, comment in (
        (dev, "ml_team", "Models of the machine-learning team."),
        (dev, "risk", "Fraud and credit."),
        (prod, "ml_team", "Models of the machine-learning team, in production."),
        (prod, "risk", "Fraud and credit, in production."),
    ):
        schemas.create_schema(actor=actor, catalog=catalog, name=schema, comment=comment)
    _load_iris(actor)
    _load_others(actor)
    _grant(actor, dev, prod)
    _talk(actor)


def _create_people() -> None:
    team, analysts = (Group.objects.get_or_create(name=name)[0] for name in ("ml-team", "analysts"))
    maya = User.objects.create_user("maya@example.com", display_name="Maya Lindqvist")
    omar = User.objects.create_user("omar@example.com", display_name="Omar Haddad")
    maya.groups.add(team)
    omar.groups.add(analysts)


def _load_iris(actor: Actor) -> None:
    elsewhere.register_table(actor)
    model = _model(actor, "dev.ml_team.iris_model", IRIS, task="classification", team="ml")
    first = _version(
        actor, model, "iris_length", "Petal length alone.",
        params={"features": "1", "split_at": "2.5, 4.85"}, metrics={"accuracy": 0.953333, "f1_macro": 0.953329},
    )  # fmt: skip
    second = _version(
        actor, model, "iris_petals", "Adds the width of the petals.", validation="approved",
        params={"features": "2", "split_at": "2.45, 1.75"}, metrics={"accuracy": 0.96, "f1_macro": 0.959936},
    )  # fmt: skip
    for version in (first, second):
        table = Entity(Kind.TABLE, "dev.ml_team.iris", "dev.ml_team.iris")
        notebook = Entity(Kind.NOTEBOOK, "4711", "Train iris")
        lineage.record_lineage(actor=actor, version=version, entities=[table, notebook], direction=Direction.UPSTREAM)
    production = _model(actor, "prod.ml_team.iris_model", IRIS, task="classification", team="ml")
    for source in (first, second):
        job = copies.copy_model_version(actor=actor, source=source, destination=production)
        tasks.run_job(str(job.pk))
        jobs.dismiss_job(actor=actor, uid=job.pk)
    aliases.set_registered_model_alias(actor=actor, model=model, alias="Candidate", version=2)
    aliases.set_registered_model_alias(actor=actor, model=production, alias="Challenger", version=1)
    aliases.set_registered_model_alias(actor=actor, model=production, alias="Champion", version=2)
    certification.certify(actor=actor, securable=production, status="certified")
    elsewhere.draw_consumer(actor, production.versions.get(version=2))


def _load_others(actor: Actor) -> None:
    churn = _model(actor, "prod.ml_team.churn_score", "How likely a customer is to leave within a month.", team="ml")
    _version(actor, churn, "churn_score", "Logistic rule, fitted on the spring campaign.")
    aliases.set_registered_model_alias(actor=actor, model=churn, alias="Champion", version=1)
    fraud = _model(actor, "dev.risk.fraud_detection", "Flags card payments for review.", team="risk", pii="no")
    _version(actor, fraud, "fraud_rules", "Three rules, two of which must hold.")


def _grant(actor: Actor, dev: Catalog, prod: Catalog) -> None:
    use = (Privilege.USE_CATALOG, Privilege.USE_SCHEMA)
    create = (Privilege.CREATE_MODEL, Privilege.CREATE_MODEL_VERSION, Privilege.EXECUTE, Privilege.APPLY_TAG)
    everyone = grants.GrantChange(find_principal(EVERYONE), (Privilege.BROWSE,))
    grants.update_grants(
        actor=actor, securable=dev, changes=[everyone, grants.GrantChange(find_principal("ml-team"), use + create)]
    )
    readers = grants.GrantChange(find_principal("analysts"), (*use, Privilege.EXECUTE))
    grants.update_grants(
        actor=actor, securable=prod, changes=[everyone, readers, grants.GrantChange(find_principal("ml-team"), use)]
    )


def _talk(actor: Actor) -> None:
    omar = Actor(principal=User.objects.get(user_name="omar@example.com"))
    iris = FullName("prod", "ml_team", "iris_model")
    version = ModelVersion.objects.get(named(iris, "registered_model__"), version=2)
    question = discussions.add_comment(
        actor=omar, subject=version, text="Are the lengths in **centimetres** here too? Our sheet has millimetres."
    )
    discussions.answer_comment(
        actor=actor, thread=question, text="Yes, centimetres: see the signature. @omar divide by ten, please."
    )


def _model(actor: Actor, name: str, comment: str, **tags: str) -> RegisteredModel:
    full_name = FullName.parse(name)
    return registered_models.create_registered_model(actor=actor, full_name=full_name, comment=comment, model_tags=tags)


def _version(
    actor: Actor,
    model: RegisteredModel,
    folder: str,
    comment: str,
    *,
    params: dict[str, str] | None = None,
    metrics: dict[str, float] | None = None,
    **tags: str,
) -> ModelVersion:
    origin = model_versions.Origin(
        source=f"demo/{folder}",
        params=[{"name": name, "value": value} for name, value in (params or {}).items()],
        metrics=[{"key": key, "value": value, "dataset_name": ""} for key, value in (metrics or {}).items()],
    )
    version = model_versions.create_model_version(
        actor=actor, model=model, origin=origin, comment=comment, version_tags=tags
    )
    for file in sorted((ARTIFACTS / folder).iterdir()):
        if file.is_file():
            uploads.write_artifact(actor=actor, version=version, path=file.name, chunks=[file.read_bytes()])
    return model_versions.finalize_model_version(actor=actor, version=version)

"""The cast: the same few people in every test of rights, and the model they meet around.

``shop.ml.churn`` belongs to ``owner``; nobody owns its containers. ``writer`` has begun its version 2, which is
pending. ``reader`` reads through the group ``readers``, which lies in ``everybody-in-sales``, to which the grants are.
"""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission

from accounts.models import EVERYONE, GroupNesting, User
from registry.actor import Actor
from registry.models import (
    Catalog,
    Experiment,
    ExternalMetadata,
    Metastore,
    ModelVersion,
    RegisteredModel,
    Schema,
    TagPolicy,
)
from registry.names import CERTIFICATION, FullName
from tests.factories import (
    CatalogFactory,
    ExternalMetadataFactory,
    ModelVersionFactory,
    RegisteredModelFactory,
    SchemaFactory,
    TableFactory,
    write,
)

MEMBERS = ("admin", "owner", "writer", "reader", "browser", "stranger", "anonymous")


@dataclass
class Cast:
    admin: User
    owner: User
    writer: User
    reader: User
    browser: User
    stranger: User
    catalog: Catalog
    schema: Schema
    model: RegisteredModel
    version: ModelVersion
    pending: ModelVersion

    @property
    def name(self) -> FullName:
        return self.model.name_parts

    def __getitem__(self, member):
        return getattr(self, member) if member != "anonymous" else None


def actor(user, **options):
    """A fresh Actor, as a new request makes one."""
    return Actor(principal=user, user_agent="tests", **options)


def grant(principal, securable, *privileges):
    """The rows that guardian's ``assign_perm`` makes, in two statements instead of six for each privilege."""
    of_kind = Permission.objects.filter(
        content_type__app_label="registry", content_type__model=securable._meta.model_name
    )
    codenames = {privilege.lower().replace(" ", "_") for privilege in privileges}
    permissions = of_kind.filter(codename__in=codenames)
    assert len(permissions) == len(codenames), f"{securable} does not take all of {privileges}."
    is_group = isinstance(principal, Group)
    rows, holder = (securable.group_grants, "group") if is_group else (securable.user_grants, "user")
    rows.bulk_create(
        [rows.model(content_object=securable, permission=one, **{holder: principal}) for one in permissions],
        ignore_conflicts=True,
    )


def govern_certification():
    """The policy that an installation begins with (a test in a transaction of its own empties the tables)."""
    everyone, _ = Group.objects.get_or_create(name=EVERYONE)
    policy, _ = TagPolicy.objects.get_or_create(tag_key=CERTIFICATION, defaults={"values": ["certified", "deprecated"]})
    policy.assigners.get_or_create(group=everyone)


def assemble() -> Cast:
    Metastore.current()
    govern_certification()
    people = {name: User(user_name=f"{name}@example.com", password=make_password(None)) for name in MEMBERS[1:-1]}
    User.objects.bulk_create(people.values())
    admin = User.objects.create_superuser("admin@example.com")
    catalog = CatalogFactory(name="shop")
    schema = SchemaFactory(catalog=catalog, name="ml")
    model = RegisteredModelFactory(schema=schema, name="churn", owner_user=people["owner"])
    version = write(ModelVersionFactory(registered_model=model), MLmodel="flavors: {}\n", data__weights="12345")
    pending = ModelVersionFactory(
        registered_model=model, status=ModelVersion.Status.PENDING_REGISTRATION, creator_key=people["writer"].pk
    )
    _grant_everybody(people, catalog, model)
    return Cast(admin, **people, catalog=catalog, schema=schema, model=model, version=version, pending=pending)


def experiment_of(cast, name="runs", experiment_id=10**9):
    """An experiment of the owner's: the writer may edit it, the group ``readers`` read it. MLflow is not asked."""
    named = {"created_by": "x", "updated_by": "x"}
    row = Experiment.objects.create(name=name, experiment_id=experiment_id, owner_user=cast.owner, **named)
    grant(cast.writer, row, "CAN_EDIT")
    grant(Group.objects.get(name="readers"), row, "CAN_READ")
    return row


def table_of(cast, name="sales"):
    """A table of the owner's, which the reader's group may read, in the schema of the model."""
    if there := cast.schema.tables.filter(name=name).first():
        return there
    table = TableFactory(schema=cast.schema, name=name, owner_user=cast.owner)
    grant(Group.objects.get(name="everybody-in-sales"), table, "SELECT")
    return table


def external_of(cast, name="dashboard"):
    """External metadata of the owner's, which the reader's group may read."""
    if there := ExternalMetadata.objects.filter(name=name).first():
        return there
    metadata = ExternalMetadataFactory(name=name, system_type="TABLEAU", entity_type="Dashboard", owner_user=cast.owner)
    grant(Group.objects.get(name="readers"), metadata, "BROWSE")
    return metadata


def _grant_everybody(people, catalog, model):
    readers, sales = Group.objects.create(name="readers"), Group.objects.create(name="everybody-in-sales")
    GroupNesting.objects.create(parent=sales, child=readers)
    people["reader"].groups.add(readers)
    grant(sales, catalog, "USE CATALOG", "USE SCHEMA")
    grant(sales, model, "EXECUTE")
    for member in ("owner", "writer"):
        grant(people[member], catalog, "USE CATALOG", "USE SCHEMA")
    grant(people["writer"], catalog, "CREATE MODEL", "CREATE MODEL VERSION")
    grant(people["browser"], catalog, "BROWSE")

"""Random changes to the product and to the world beside it; after each, both are asked the same questions."""

import random
from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.models import EVERYONE, User
from registry import authorization
from registry.authorization import RULES, Operation
from registry.authorization.explaining import explain
from registry.kinds import SECURABLE_KINDS
from registry.models import (
    Catalog,
    Experiment,
    ExternalMetadata,
    Metastore,
    ModelVersion,
    RegisteredModel,
    Schema,
    Table,
)
from registry.names import CERTIFICATION, FullName
from registry.privileges import GRANTABLE, Privilege
from registry.services.access import ending, grants
from registry.services.hierarchy import catalogs, external_metadata, registered_models, schemas, securables, tables
from registry.services.labels import tag_policies
from registry.services.people import groups, principals
from registry.services.shared import ownership
from tests.cast import actor, govern_certification
from tests.factories import ModelVersionFactory
from tests.oracle.world import FITTING, OF_VERSIONS, OPERATIONS, Object, World

MODELS = {
    "metastore": Metastore, "catalog": Catalog, "schema": Schema, "model": RegisteredModel, "table": Table,
    "external": ExternalMetadata, "experiment": Experiment,
}  # fmt: skip
GRANT_TABLES = [
    getattr(model, name).rel.related_model for model in MODELS.values() for name in ("user_grants", "group_grants")
]
NAMES = ("a", "b", "c")
PEOPLE = tuple(f"u{number}@example.com" for number in range(5))
GROUPS = ("g0", "g1", "g2", "g3")
LIKELY = (
    "CAN READ",
    "CAN EDIT",
    "CAN MANAGE",
    "USE CATALOG",
    "USE SCHEMA",
    "ALL PRIVILEGES",
    "MANAGE",
    "EXECUTE",
    "BROWSE",
    "CREATE MODEL",
    "APPLY TAG",
    "SELECT",
    "MODIFY",
)
TRIPLES, EVERYTHING = 20, 50

which = st.integers(0, 10_000)
steps_taken = {"steps": 0, "answers": 0}


def pick(found, index):
    found = sorted(found, key=str)
    return found[index % len(found)]


class Machine(RuleBasedStateMachine):
    """Everything happens in one transaction, which is rolled back when the example ends."""

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.world, self.step, self.rows, self.people = World(), 0, {}, {}
        self.versions = []  # the rows of the world's versions, in the same order

    def teardown(self):
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def people_and_a_first_model(self):
        Group.objects.get_or_create(name=EVERYONE)
        self.root = User.objects.create_superuser("root@example.com")
        self.world.users.add(self.root.user_name)
        self.world.administrators.add(self.root.user_name)
        for name in PEOPLE:
            self.add_user(name)
        for name in GROUPS:
            Group.objects.create(name=name)
            self.world.groups.add(name)
        self.rows[self.world.metastore.key] = Metastore.current()
        govern_certification()
        for number in range(3):
            self.create_catalog(number)
        for number in range(4):
            self.create_schema(number, number)
        for number in range(6):
            self.create_model(number, number)
        for number in range(2):
            self.create_experiment(number)
            self.create_table(number, number)
            self.create_external(number)

    # People

    def add_user(self, name):
        User.objects.create_user(name)
        self.world.users.add(name)

    def principal(self, name):
        return User.objects.filter(user_name=name).first() or Group.objects.get(name=name)

    @rule(who=which, into=which)
    def join(self, who, into):
        who, group = pick(self.world.users | set(GROUPS), who), pick(GROUPS, into)
        if who == group or group == who or who in self.world.groups_of(group):
            return
        self.change_group(group, add=self.members(who))
        self.world.members.add((who, group))

    @precondition(lambda self: self.world.members)
    @rule(one=which)
    def leave(self, one):
        who, group = pick(self.world.members, one)
        self.change_group(group, remove=self.members(who))
        self.world.members.discard((who, group))

    @rule(who=which)
    def toggle_administrator(self, who):
        name = pick(self.world.users - {self.root.user_name}, who)
        self.world.administrators ^= {name}
        User.objects.filter(user_name=name).update(is_metastore_admin=name in self.world.administrators)

    @precondition(lambda self: len(self.world.users) > 3)
    @rule(who=which)
    def delete_user(self, who):
        name = pick(self.world.users - {self.root.user_name}, who)
        principals.delete_user(actor=self.asking(), user=User.objects.get(user_name=name))
        self.world.remove_user(name)

    @precondition(lambda self: set(PEOPLE) - self.world.users)
    @rule(who=which)
    def create_user_again(self, who):
        self.add_user(pick(set(PEOPLE) - self.world.users, who))

    def members(self, name):
        found = self.principal(name)
        key = frozenset({found.pk})
        return groups.Members(groups=key) if isinstance(found, Group) else groups.Members(users=key)

    def change_group(self, name, **change):
        group = groups.get_group(pk=Group.objects.get(name=name).pk)
        groups.change_group(actor=self.asking(), group=group, changes=[groups.GroupChange(**change)])

    # Objects

    @rule(name=which)
    def create_catalog(self, name):
        self.create("catalog", NAMES[name % 3], self.world.metastore)

    @precondition(lambda self: self.world.of_kind("catalog"))
    @rule(where=which, name=which)
    def create_schema(self, where, name):
        self.create("schema", NAMES[name % 3], pick(self.world.of_kind("catalog"), where))

    @precondition(lambda self: self.world.of_kind("schema"))
    @rule(where=which, name=which)
    def create_model(self, where, name):
        self.create("model", NAMES[name % 3], pick(self.world.of_kind("schema"), where))

    @precondition(lambda self: self.world.of_kind("schema"))
    @rule(where=which, name=which)
    def create_table(self, where, name):
        schema, name = pick(self.world.of_kind("schema"), where), NAMES[name % 3]
        if any(child.name == name and child.kind == "table" for child in self.world.children(schema)):
            return
        made = Object("table", name, schema, owner=self.root.user_name)
        described = tables.Described("s3://somewhere", "DELTA")
        row = tables.create_table(actor=self.asking(), full_name=FullName.parse(made.full_name), described=described)
        self.world.objects.append(made)
        self.rows[made.key] = row

    @rule(name=which)
    def create_external(self, name):
        """Everybody may BROWSE it at first."""
        name = NAMES[name % 3]
        if any(found.name == name for found in self.world.of_kind("external")):
            return
        made = Object("external", name, owner=self.root.user_name)
        described = external_metadata.Described("KAFKA", "Topic")
        row = external_metadata.create_external_metadata(actor=self.asking(), name=name, described=described)
        self.world.objects.append(made)
        self.rows[made.key] = row
        self.world.grants.add((EVERYONE, "BROWSE", made.key))

    @rule(name=which)
    def create_experiment(self, name):
        """A row alone: what MLflow keeps of it has no rights of its own."""
        name = NAMES[name % 3]
        if any(found.name == name for found in self.world.of_kind("experiment")):
            return
        made = Object("experiment", name, owner=self.root.user_name)
        self.world.objects.append(made)
        self.rows[made.key] = Experiment.objects.create(
            name=name, experiment_id=made.key, owner_user=self.root, created_by="root", updated_by="root"
        )

    @precondition(lambda self: self.world.of_kind("model") and len(self.world.versions) < 12)
    @rule(of=which, by=which)
    def begin_version(self, of, by):
        """Whoever it is: that they might do so is asked elsewhere."""
        model, creator = pick(self.world.of_kind("model"), of), pick(self.world.users, by)
        key = User.objects.get(user_name=creator).pk
        self.versions.append(ModelVersionFactory(registered_model=self.row(model), creator_key=key))
        self.world.versions.append((model, creator))

    def create(self, kind, name, parent):
        if any(child.name == name and child.kind == kind for child in self.world.children(parent)):
            return
        made = Object(kind, name, parent, owner=self.root.user_name)
        if kind == "catalog":
            row = catalogs.create_catalog(actor=self.asking(), name=name, with_default_schema=False)
        elif kind == "schema":
            row = schemas.create_schema(actor=self.asking(), catalog=self.row(parent), name=name)
        else:
            full_name = FullName.parse(made.full_name)
            row = registered_models.create_registered_model(actor=self.asking(), full_name=full_name)
        self.world.objects.append(made)
        self.rows[made.key] = row

    @precondition(lambda self: len(self.world.objects) > 8)
    @rule(one=which)
    def delete(self, one):
        gone = pick(self.world.objects[1:], one)
        if gone.kind == "catalog":
            catalogs.delete_catalog(actor=self.asking(), catalog=self.row(gone), force=True)
        elif gone.kind == "experiment":
            self.row(gone).delete()
        elif gone.kind == "table":
            tables.delete_table(actor=self.asking(), table=self.row(gone))
        elif gone.kind == "external":
            external_metadata.delete_external_metadata(actor=self.asking(), metadata=self.row(gone))
        elif gone.kind == "schema":
            schemas.delete_schema(actor=self.asking(), schema=self.row(gone), force=True)
        else:
            registered_models.delete_registered_model(actor=self.asking(), model=self.row(gone))
        self.world.remove(gone)
        left = set(ModelVersion.objects.values_list("pk", flat=True))
        self.versions = [version for version in self.versions if version.pk in left]

    @precondition(lambda self: len(self.world.objects) > 1)
    @rule(one=which, name=which)
    def rename(self, one, name):
        found, name = pick(self.world.objects[1:], one), NAMES[name % 3]
        if found.kind in ("table", "external"):
            return  # they keep their names
        if any(child.name == name and child.kind == found.kind for child in self.world.children(found.parent)):
            return
        self.update(found, new_name=name)
        found.name = name

    @precondition(lambda self: len(self.world.objects) > 1)
    @rule(one=which, to=which)
    def transfer(self, one, to):
        found, owner = pick(self.world.objects[1:], one), pick(self.world.users | self.world.groups, to)
        self.update(found, owner=owner)
        found.owner = owner

    def update(self, found, **changes):
        update = {
            "catalog": lambda row: catalogs.update_catalog(actor=self.asking(), catalog=row, **changes),
            "schema": lambda row: schemas.update_schema(actor=self.asking(), schema=row, **changes),
            "model": lambda row: registered_models.update_registered_model(actor=self.asking(), model=row, **changes),
            "table": lambda row: securables.update_securable(actor=self.asking(), securable=row, **changes),
            "external": lambda row: securables.update_securable(actor=self.asking(), securable=row, **changes),
            "experiment": lambda row: self.update_experiment(row, **changes),
        }
        update[found.kind](self.row(found))

    def update_experiment(self, row, new_name=None, owner=None):
        if new_name:
            row.change("root", name=new_name)
        else:
            row.change("root", **ownership.of(self.principal(owner)))

    # Grants

    @rule(who=which, on=which, what=which)
    def grant(self, who, on, what):
        self.grant_one(who, on, what, LIKELY)

    @rule(who=which, on=which, what=which)
    def grant_anything(self, who, on, what):
        self.grant_one(who, on, what, set().union(*FITTING.values()))

    @rule(who=which, on=which, what=which)
    def grant_for_a_day(self, who, on, what):
        self.grant_one(who, on, what, LIKELY, ends_at=timezone.now() + timedelta(days=1))

    def grant_one(self, who, on, what, offered, ends_at=None):
        who, on = pick(self.world.users | self.world.groups, who), pick(self.world.objects, on)
        if not (fitting := set(offered) & FITTING[on.kind]):
            return
        privilege = pick(fitting, what)
        self.change_grants(on, who, add=(privilege,), ends_at=ends_at)
        self.world.grant(who, privilege, on.key, has_end=ends_at is not None)

    @rule(is_swept=st.booleans())
    def a_day_passes(self, is_swept):
        """What was granted for a day is held no more, whether the clock has taken its rows away or not."""
        for table in GRANT_TABLES:
            table.objects.exclude(ends_at=None).update(ends_at=timezone.now() - timedelta(seconds=1))
        if is_swept:
            ending.end_grants()
        self.world.end_grants()

    @precondition(lambda self: self.world.grants)
    @rule(one=which)
    def revoke(self, one):
        who, privilege, key = pick(self.world.grants, one)
        on = next(found for found in self.world.objects if found.key == key)
        self.change_grants(on, who, remove=(privilege,))
        gone = {privilege}
        if privilege == "ALL PRIVILEGES":
            gone |= FITTING[on.kind] - {"MANAGE", "EXTERNAL USE SCHEMA"}
        self.world.grants -= {(who, each, key) for each in gone}

    def change_grants(self, on, who, *, add=(), remove=(), ends_at=None):
        change = grants.GrantChange(
            self.principal(who), tuple(map(Privilege.parse, add)), tuple(map(Privilege.parse, remove)), ends_at
        )
        grants.update_grants(actor=self.asking(), securable=self.row(on), changes=[change])

    @rule(who=which)
    def list_or_unlist_an_assigner(self, who):
        self.world.assigners ^= {pick(self.world.users | self.world.groups, who)}
        tag_policies.update_tag_policy(
            actor=self.asking(), tag_key=CERTIFICATION, assigners=sorted(self.world.assigners)
        )

    # Questions

    @invariant()
    def both_answer_the_same(self):
        if not self.rows:
            return
        self.step += 1
        steps_taken["steps"] += 1
        chance = random.Random(self.step)
        self.people = {user.user_name: actor(user) for user in User.objects.all()}
        self.read_rows()
        for triple in range(TRIPLES):
            user = pick(self.world.users, chance.randrange(10_000))
            found = chance.choice(self.world.objects)
            operation = chance.choice(sorted(OPERATIONS[found.kind]))
            self.compare_one(user, operation, found, triple)
        for version, row in zip(self.world.versions, self.versions, strict=True):
            self.compare_version(pick(self.world.users, chance.randrange(10_000)), version, row)
        if self.step % EVERYTHING == 0:
            self.compare_everything()

    def compare_one(self, user, operation, found, triple):
        """The point check, and by turns the list, what is seen, and (as it is slow) the explanation."""
        expected = OPERATIONS[found.kind][operation](self.world, user, found)
        asking, row, asked = self.people[user], self.rows[found.key], Operation[operation]
        answers = {"allows": authorization.allows(asking, asked, row)}
        turn = triple % 5
        if triple == 0:
            answers["explain"] = explain(asking.principal, asked, row).allowed
        if found.kind != "metastore" and turn == 1:
            rows = type(row).objects.filter(pk=row.pk)
            answers["permitted"] = authorization.permitted(asking, asked, rows).exists()
        if (
            found.kind != "metastore"
            and turn == 2
            and authorization.is_visible(asking, row) != self.world.sees(user, found)
        ):
            answers["sees"] = not expected
        steps_taken["answers"] += len(answers)
        wrong = {how: answer for how, answer in answers.items() if answer != expected}
        assert not wrong, f"{user} {operation} on {found}: the world says {expected}, the product {wrong}"

    def compare_version(self, user, version, row):
        """The point check, and the list."""
        asking, expected = self.people[user], self.world.writes_version(user, version)
        rows = ModelVersion.objects.filter(pk=row.pk)
        for name in OF_VERSIONS:
            operation = Operation[name]
            told = authorization.permitted(asking, operation, rows).exists()
            answers = {"allows": authorization.allows(asking, operation, row), "permitted": told}
            steps_taken["answers"] += len(answers)
            wrong = {how: answer for how, answer in answers.items() if answer != expected}
            assert not wrong, f"{user} {name} on a version of {version}: the world says {expected}, not {wrong}"

    def compare_everything(self):
        """Every operation of every person on every object: as lists, and point by point."""
        for user in sorted(self.world.users):
            asking = self.people[user]
            for kind, operations in OPERATIONS.items():
                for operation, may in operations.items():
                    expected = {found for found in self.world.of_kind(kind) if may(self.world, user, found)}
                    self.compare_list(asking, kind, Operation[operation], expected)
                if kind != "metastore":
                    expected = {found for found in self.world.of_kind(kind) if self.world.sees(user, found)}
                    self.compare_list(asking, kind, None, expected)

    def compare_list(self, asking, kind, operation, expected):
        rows, objects = MODELS[kind].objects.all(), self.world.of_kind(kind)
        wanted = {self.rows[found.key].pk for found in expected}
        steps_taken["answers"] += 2 * len(objects)
        for listing in (False, True) if kind != "metastore" else ():
            told = (
                authorization.permitted(asking, operation, rows, listing=listing)
                if operation
                else authorization.visible(asking, rows, listing=listing)
            )
            assert set(told.values_list("pk", flat=True)) == wanted, f"{asking.name} {operation} {kind} {listing=}"
        if operation:
            told = {found for found in objects if authorization.allows(asking, operation, self.rows[found.key])}
            assert told == expected, f"{asking.name} {operation} {kind}"

    def asking(self):
        return actor(User.objects.get(pk=self.root.pk))

    def read_rows(self):
        """All rows as they are now, with what they lie in."""
        rows = {
            "catalog": Catalog.objects.select_related("owner_user", "owner_group").in_bulk(),
            "schema": Schema.objects.select_related("owner_user", "owner_group", "catalog__owner_user",
                                                    "catalog__owner_group").in_bulk(),
            "model": RegisteredModel.objects.select_related(
                "owner_user", "owner_group", "schema__owner_user", "schema__owner_group",
                "schema__catalog__owner_user", "schema__catalog__owner_group").in_bulk(),
            "table": Table.objects.select_related(
                "owner_user", "owner_group", "schema__owner_user", "schema__owner_group",
                "schema__catalog__owner_user", "schema__catalog__owner_group").in_bulk(),
            "external": ExternalMetadata.objects.select_related("owner_user", "owner_group").in_bulk(),
            "experiment": Experiment.objects.select_related("owner_user", "owner_group").in_bulk(),
        }  # fmt: skip
        for found in self.world.objects[1:]:
            self.rows[found.key] = rows[found.kind][self.rows[found.key].pk]

    def row(self, found):
        """The object's row as it is now, found by its key: names move."""
        self.rows[found.key] = MODELS[found.kind].objects.get(pk=self.rows[found.key].pk)
        return self.rows[found.key]


def test_the_world_knows_every_operation():
    kinds = dict(zip(GRANTABLE, MODELS, strict=True))
    for kind in SECURABLE_KINDS:
        assert {operation.name for operation in kind.operations} == set(OPERATIONS[kinds[kind.wire_type]])
        assert {p.words for p in GRANTABLE[kind.wire_type]} == FITTING[kinds[kind.wire_type]]
    assert set(Operation) == {operation for kind in SECURABLE_KINDS for operation in kind.operations}
    assert ModelVersion not in MODELS.values()  # governed by its model, but for who has begun it
    assert set(OF_VERSIONS) == {operation.name for operation, rule in RULES.items() if rule.creators}

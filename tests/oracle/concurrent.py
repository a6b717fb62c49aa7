"""Two changes at once, on two connections: what comes of them is what one of the two orders would have brought.

Beside the two, a third connection asks for rights all the time, so that whatever a process remembers is filled in the
middle of everything. A deadlock, a conflict that is no refusal, an update that is lost, a right that outlives its
revocation: each is a failure.
"""

import copy
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.contrib.auth.models import Group
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection

from accounts.models import GroupNesting, User
from registry import authorization
from registry.authorization import Operation
from registry.conflicts import is_gone
from registry.exceptions import RegistryError
from registry.models import Alias, Catalog, Metastore, ModelVersion, RegisteredModel, RegisteredModelTag, Schema
from registry.names import FullName
from registry.privileges import Privilege
from registry.services.access import explanations, grants
from registry.services.activity import watching
from registry.services.hierarchy import catalogs, model_versions, registered_models, schemas
from registry.services.hierarchy.model_versions import Origin
from registry.services.labels import tags
from registry.services.metadata import aliases
from registry.services.people import groups, principals
from registry.services.shared import counters
from registry.services.versions import copies
from tests.cast import actor, govern_certification
from tests.oracle.machine import GROUPS, LIKELY, MODELS, NAMES, PEOPLE
from tests.oracle.world import FITTING, OPERATIONS, Object, World

ROOT = "root@example.com"
OK, REFUSED = "ok", "refused"
KINDS = ["metastore", "catalog", "schema", "model"]


@dataclass
class Versions:
    """What a model has beside its rights: the states of its versions by number, and its aliases."""

    states: dict[int, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)
    last: int = 0


class Life:
    """The world, its rows in the product, and how a change is made in either."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.world = World()
        self.world.kept = {}
        self.rows = {self.world.metastore.key: Metastore.current().pk}
        govern_certification()
        User.objects.create_superuser(ROOT)
        self.world.users.add(ROOT)
        self.world.administrators.add(ROOT)
        for name in PEOPLE:
            User.objects.create_user(name)
            self.world.users.add(name)
        for name in GROUPS:
            Group.objects.create(name=name)
            self.world.groups.add(name)
        for number in range(2):
            self.settle(Create.by_name(self, self.world.metastore.key, "catalog", NAMES[number]))
        for number in range(3):
            self.settle(Create.by_name(self, self.some("catalog"), "schema", NAMES[number]))
        for number in range(4):
            self.settle(Create.by_name(self, self.some("schema"), "model", NAMES[number % 3]))

    def settle(self, change):
        """Make one change alone."""
        outcome = change.expect(self.world)
        assert change.perform(self.rows) == outcome, change
        self.learn_rows(self.world)

    def some(self, *kinds):
        found = [found for kind in kinds for found in self.world.of_kind(kind)]
        return self.chance.choice(found or [self.world.metastore]).key

    def learn_rows(self, world):
        """Find the rows of what is new in ``world``, by its name."""
        for found in world.objects:
            if found.key not in self.rows:
                self.rows[found.key] = row_of(found).pk

    def someone(self):
        return self.chance.choice(sorted(self.world.users | self.world.groups))

    def change(self):
        """A random change, of objects that are there now."""
        kind = self.chance.choice(CHANGES)
        return kind.of(self)


def row_of(found):
    names = found.full_name.split(".")
    if found.kind == "catalog":
        return Catalog.objects.get(name=names[0])
    if found.kind == "schema":
        return Schema.objects.get(catalog__name=names[0], name=names[1])
    return RegisteredModel.objects.get(schema__catalog__name=names[0], schema__name=names[1], name=names[2])


def get(world, key):
    return next((found for found in world.objects if found.key == key), None)


def principal(name):
    return User.objects.filter(user_name=name).first() or Group.objects.filter(name=name).first()


def asking():
    return actor(User.objects.get(user_name=ROOT))


@dataclass
class Change:
    """``expect`` makes the change in a world and says how it ends; ``perform`` makes it in the product."""

    key: int

    @classmethod
    def of(cls, life):
        return cls(life.some("catalog", "schema", "model"))

    def expect(self, world):
        found = get(world, self.key)
        return REFUSED if found is None else self.in_world(world, found)

    def perform(self, rows):
        try:
            self.in_product(self.kind_of_row(rows).get(pk=rows[self.key]))
        except (RegistryError, ObjectDoesNotExist):
            return REFUSED
        except IntegrityError as error:
            if not is_gone(error):  # both ways in answer that something was deleted meanwhile
                raise
            return REFUSED
        return OK

    def kind_of_row(self, rows):
        return self.table.objects.all()

    table = None


@dataclass
class OnAnything(Change):
    kind: str = ""

    @classmethod
    def of(cls, life):
        if len(life.world.objects) == 1:
            return Create.of(life)
        change = cls(life.some("catalog", "schema", "model"))
        change.kind = get(life.world, change.key).kind
        return change.further(life)

    def further(self, life):
        return self

    def kind_of_row(self, rows):
        return MODELS[self.kind].objects.all()


@dataclass
class Grant(OnAnything):
    who: str = ""
    privilege: str = ""
    adds: bool = True

    def further(self, life):
        fitting = sorted(set(LIKELY) & FITTING[self.kind]) or ["CREATE CATALOG"]
        self.who, self.privilege = life.someone(), life.chance.choice(fitting)
        mine = sorted(g for g in life.world.grants if g[2] == self.key)
        if mine and life.chance.random() < 0.5:
            self.who, self.privilege, _ = life.chance.choice(mine)
            self.adds = False
        return self

    def in_world(self, world, found):
        if self.who not in world.users | world.groups:
            return REFUSED
        row = self.who, self.privilege, self.key
        if self.adds:
            world.grants.add(row)
        else:
            gone = {self.privilege}
            if self.privilege == "ALL PRIVILEGES":
                gone |= FITTING[found.kind] - {"MANAGE", "EXTERNAL USE SCHEMA"}
            world.grants -= {(self.who, each, self.key) for each in gone}
        return OK

    def in_product(self, row):
        who = principal(self.who)
        if who is None:
            raise RegistryError("nobody")
        privileges = (Privilege.parse(self.privilege),)
        change = grants.GrantChange(who, add=privileges if self.adds else (), remove=() if self.adds else privileges)
        grants.update_grants(actor=asking(), securable=row, changes=[change], with_prerequisites=False)


class Preview(Grant):
    """Tells what a grant would do, and does nothing."""

    def in_world(self, world, found):
        return OK if self.who in world.users | world.groups else REFUSED

    def in_product(self, row):
        who = principal(self.who)
        if who is None:
            raise RegistryError("nobody")
        change = grants.GrantChange(who, add=(Privilege.parse(self.privilege),))
        explanations.preview_grants(actor=asking(), securable=row, changes=[change])


@dataclass
class Transfer(OnAnything):
    who: str = ""

    def further(self, life):
        self.who = life.someone()
        return self

    def in_world(self, world, found):
        if self.who not in world.users | world.groups:
            return REFUSED
        found.owner = self.who
        return OK

    def in_product(self, row):
        update(row, owner=self.who)


@dataclass
class Rename(OnAnything):
    name: str = ""

    def further(self, life):
        self.name = life.chance.choice(NAMES)
        return self

    def in_world(self, world, found):
        if any(other.name == self.name for other in world.children(found.parent) if other is not found):
            return REFUSED
        found.name = self.name
        return OK

    def in_product(self, row):
        update(row, new_name=self.name)


class Delete(OnAnything):
    def in_world(self, world, found):
        world.remove(found)
        world.kept = {key: kept for key, kept in world.kept.items() if get(world, key) is not None}
        return OK

    def in_product(self, row):
        if isinstance(row, Catalog):
            catalogs.delete_catalog(actor=asking(), catalog=row, force=True)
        elif isinstance(row, Schema):
            schemas.delete_schema(actor=asking(), schema=row, force=True)
        else:
            registered_models.delete_registered_model(actor=asking(), model=row)


def update(row, **changes):
    if isinstance(row, Catalog):
        catalogs.update_catalog(actor=asking(), catalog=row, **changes)
    elif isinstance(row, Schema):
        schemas.update_schema(actor=asking(), schema=row, **changes)
    else:
        registered_models.update_registered_model(actor=asking(), model=row, **changes)


@dataclass
class Create(Change):
    """``key`` is the container's, and ``container`` its full name: a model is created by the name of its schema."""

    kind: str = ""
    name: str = ""
    container: str = ""
    new_key: int = 0

    def __post_init__(self):
        self.new_key = Object("", "").key

    @classmethod
    def of(cls, life):
        kind = life.chance.choice(("catalog", "schema", "schema", "model", "model"))
        inside = {"catalog": "metastore", "schema": "catalog", "model": "schema"}[kind]
        if not life.world.of_kind(inside):
            kind, inside = "catalog", "metastore"
        return cls.by_name(life, life.some(inside), kind, life.chance.choice(NAMES))

    @classmethod
    def by_name(cls, life, key, kind, name):
        return cls(key, kind, name, get(life.world, key).full_name)

    def kind_of_row(self, rows):
        return {"catalog": Metastore, "schema": Catalog, "model": Schema}[self.kind].objects.all()

    def in_world(self, world, parent):
        if self.kind == "model" and parent.full_name != self.container:
            return REFUSED
        if any(child.name == self.name for child in world.children(parent)):
            return REFUSED
        world.objects.append(Object(self.kind, self.name, parent, owner=ROOT, key=self.new_key))
        if self.kind == "model":
            world.kept[self.new_key] = Versions()
        return OK

    def in_product(self, row):
        if self.kind == "catalog":
            catalogs.create_catalog(actor=asking(), name=self.name, with_default_schema=False)
        elif self.kind == "schema":
            schemas.create_schema(actor=asking(), catalog=row, name=self.name)
        else:
            full_name = FullName.parse(f"{self.container}.{self.name}")
            registered_models.create_registered_model(actor=asking(), full_name=full_name)


@dataclass
class Member(Change):
    """Somebody joins or leaves a group. ``key`` is of no matter."""

    who: str = ""
    group: str = ""
    joins: bool = True

    @classmethod
    def of(cls, life):
        change = cls(life.world.metastore.key, life.someone(), life.chance.choice(GROUPS))
        if life.world.members and life.chance.random() < 0.5:
            change.who, change.group = life.chance.choice(sorted(life.world.members))
            change.joins = False
        return change

    table = Metastore

    def in_world(self, world, found):
        if self.who not in world.users | world.groups:
            return REFUSED
        pair = self.who, self.group
        if not self.joins:
            world.members.discard(pair)
        elif self.who == self.group or self.who in world.groups_of(self.group):
            return REFUSED
        else:
            world.members.add(pair)
        return OK

    def in_product(self, row):
        who = principal(self.who)
        if who is None:
            raise RegistryError("nobody")
        key = frozenset({who.pk})
        members = groups.Members(groups=key) if isinstance(who, Group) else groups.Members(users=key)
        change = groups.GroupChange(add=members) if self.joins else groups.GroupChange(remove=members)
        group = groups.get_group(pk=Group.objects.get(name=self.group).pk)
        groups.change_group(actor=asking(), group=group, changes=[change])


@dataclass
class DeleteUser(Change):
    who: str = ""
    table = Metastore

    @classmethod
    def of(cls, life):
        return cls(life.world.metastore.key, life.chance.choice(PEOPLE))

    def in_world(self, world, found):
        if self.who not in world.users:
            return REFUSED
        world.remove_user(self.who)
        return OK

    def in_product(self, row):
        user = User.objects.filter(user_name=self.who).first()
        if user is None:
            raise RegistryError("nobody")
        principals.delete_user(actor=asking(), user=user)


class CreateUser(DeleteUser):
    def in_world(self, world, found):
        if self.who in world.users:
            return REFUSED
        world.users.add(self.who)
        return OK

    def in_product(self, row):
        principals.create_user(actor=asking(), kind=User.Kind.USER, user_name=self.who)


@dataclass
class OnModel(Change):
    table = RegisteredModel

    @classmethod
    def of(cls, life):
        if not life.world.of_kind("model"):
            return Create.of(life)
        return cls(life.some("model")).further(life)

    def further(self, life):
        return self


@dataclass
class Numbered(OnModel):
    number: int = 0

    def further(self, life):
        states = life.world.kept[self.key].states
        self.number = life.chance.choice(sorted(states) or [1])
        return self

    def version(self, row):
        return model_versions.get_model_version(actor=asking(), model=row, version=self.number)


class NewVersion(OnModel):
    def in_world(self, world, found):
        kept = world.kept[self.key]
        kept.last += 1
        kept.states[kept.last] = "PENDING_REGISTRATION"
        return OK

    def in_product(self, row):
        model_versions.create_model_version(actor=asking(), model=row, origin=Origin(source="here"))


class DeleteVersion(Numbered):
    def in_world(self, world, found):
        kept = world.kept[self.key]
        if self.number not in kept.states:
            return REFUSED
        del kept.states[self.number]
        kept.aliases = {name: number for name, number in kept.aliases.items() if number != self.number}
        return OK

    def in_product(self, row):
        model_versions.delete_model_version(actor=asking(), version=self.version(row))


@dataclass
class DeleteVersions(OnModel):
    """All that are there when it is asked for: all go, or none."""

    numbers: tuple[int, ...] = ()

    def further(self, life):
        self.numbers = tuple(sorted(life.world.kept[self.key].states))
        return self

    def in_world(self, world, found):
        kept = world.kept[self.key]
        if not set(self.numbers) <= set(kept.states):
            return REFUSED
        kept.states = {number: state for number, state in kept.states.items() if number not in self.numbers}
        kept.aliases = {name: number for name, number in kept.aliases.items() if number not in self.numbers}
        return OK

    def in_product(self, row):
        numbered = [
            model_versions.get_model_version(actor=asking(), model=row, version=number) for number in self.numbers
        ]
        model_versions.delete_model_versions(actor=asking(), versions=numbered)


class Copy(Numbered):
    """Into the model itself, by jobs that no worker takes: the same copy that is asked for again is joined."""

    def in_world(self, world, found):
        kept = world.kept[self.key]
        if kept.states.get(self.number) != "READY" or not world.reads_data(ROOT, found):
            return REFUSED
        if any(source == self.number and target in kept.states for target, source in kept.copies.items()):
            return OK
        kept.last += 1
        kept.states[kept.last] = "PENDING_REGISTRATION"
        kept.copies[kept.last] = self.number
        return OK

    def in_product(self, row):
        copies.copy_model_version(actor=asking(), source=self.version(row), destination=row)


class MakeReady(Numbered):
    """As a worker or a client does, without the bytes."""

    def in_world(self, world, found):
        kept = world.kept[self.key]
        if kept.states.get(self.number) != "PENDING_REGISTRATION":
            return REFUSED
        kept.states[self.number] = "READY"
        return OK

    def in_product(self, row):
        self.version(row).finalize(size=10)


@dataclass
class SetAlias(Numbered):
    alias: str = ""

    def further(self, life):
        super().further(life)
        self.alias = life.chance.choice(("champion", "challenger"))
        return self

    def in_world(self, world, found):
        kept = world.kept[self.key]
        if self.number not in kept.states:
            return REFUSED
        kept.aliases[self.alias] = self.number
        return OK

    def in_product(self, row):
        aliases.set_registered_model_alias(actor=asking(), model=row, alias=self.alias, version=self.number)


class DeleteAlias(SetAlias):
    def in_world(self, world, found):
        world.kept[self.key].aliases.pop(self.alias, None)
        return OK

    def in_product(self, row):
        aliases.delete_registered_model_alias(actor=asking(), model=row, alias=self.alias)


@dataclass
class Tag(OnModel):
    value: str = ""

    def further(self, life):
        self.value = life.chance.choice("xyz")
        return self

    def in_world(self, world, found):
        world.kept[self.key].tags["stage"] = self.value
        return OK

    def in_product(self, row):
        tags.set_tag(actor=asking(), subject=row, key="stage", value=self.value)
        watching.watch(actor=asking(), model=row, level=watching.Level.EVERYTHING)


CHANGES = [
    Grant, Grant, Grant, Grant, Preview, Transfer, Transfer, Rename, Delete, Create, Create, Create, Member, Member,
    DeleteUser, CreateUser, CreateUser, NewVersion, NewVersion, NewVersion, MakeReady, MakeReady, DeleteVersion,
    DeleteVersions, Copy, SetAlias, SetAlias, DeleteAlias, Tag,
]  # fmt: skip


def state_of(world):
    """Everything that is so in a world, by names."""
    versions = {
        get(world, key).full_name: (kept.states, kept.aliases, kept.tags, kept.last) for key, kept in world.kept.items()
    }
    objects = {(found.kind, found.full_name, found.owner) for found in world.objects[1:]}
    granted = {
        (who, privilege, get(world, key).kind, "" if get(world, key) is world.metastore else get(world, key).full_name)
        for who, privilege, key in world.grants
    }
    return {
        "objects": objects, "grants": granted, "members": world.members, "users": world.users, "versions": versions,
    }  # fmt: skip


def state_of_product():
    """What ``state_of`` says of a world, read from the tables in a number of queries that does not grow."""
    owned = "owner_user", "owner_group"
    models = RegisteredModel.objects.select_related("schema__catalog", *owned)
    rows = {
        "metastore": [Metastore.current()],
        "catalog": Catalog.objects.select_related(*owned),
        "schema": Schema.objects.select_related("catalog", *owned),
        "model": models,
    }
    objects = {(kind, row.full_name, row.owner_name or None) for kind in KINDS[1:] for row in rows[kind]}
    nested = {(n.child.name, n.parent.name) for n in GroupNesting.objects.select_related("child", "parent")}
    joined = set(User.groups.through.objects.values_list("user__user_name", "group__name"))
    return {
        "objects": objects,
        "grants": {grant for kind in KINDS for grant in grants_of_product(kind, rows[kind])},
        "members": nested | joined,
        "users": set(User.objects.values_list("user_name", flat=True)),
        "versions": versions_of_product(rows["model"]),
    }


def grants_of_product(kind, rows):
    names = {row.pk: "" if kind == "metastore" else row.full_name for row in rows}
    words = {privilege.codename: privilege.words for privilege in Privilege}
    for relation, holder in (("user_grants", "user__user_name"), ("group_grants", "group__name")):
        table = MODELS[kind]._meta.get_field(relation).related_model
        for who, codename, on in table.objects.values_list(holder, "permission__codename", "content_object_id"):
            yield who, words[codename], kind, names[on]


def versions_of_product(models):
    kept = {row.pk: ({}, {}, {}, row.last_version) for row in models}
    for model, version, status in ModelVersion.objects.values_list("registered_model_id", "version", "status"):
        kept[model][0][version] = status
    for model, name, version in Alias.objects.values_list("registered_model_id", "name", "model_version__version"):
        kept[model][1][name] = version
    for model, key, value in RegisteredModelTag.objects.values_list("subject_id", "key", "value"):
        kept[model][2][key] = value
    return {row.full_name: kept[row.pk] for row in models}


class Asker:
    """Asks for rights of anybody on anything, on a connection of its own, while two change something."""

    def __init__(self, seed):
        self.chance, self.stopped, self.errors = random.Random(seed), threading.Event(), []
        self.is_wanted = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopped.is_set():
            self.is_wanted.wait()
            try:
                self.ask()
            except Exception as error:
                self.errors.append(error)
        connection.close()

    def ask(self):
        users = list(User.objects.all())
        rows = [*Catalog.objects.all(), *RegisteredModel.objects.select_related("schema__catalog")]
        for row in self.chance.sample(rows, min(3, len(rows))):
            authorization.allows(actor(self.chance.choice(users)), Operation.READ_AUDIT_LOG, row)
        time.sleep(0.001)

    def stop(self):
        self.stopped.set()
        self.is_wanted.set()
        self.thread.join()
        assert not self.errors, self.errors[0]


class Pair:
    """Two threads with a connection each, that begin together."""

    def __init__(self):
        self.pool = ThreadPoolExecutor(2)

    def perform(self, changes, rows, pauses):
        barrier = threading.Barrier(2)

        def one(change, pause):
            barrier.wait()
            time.sleep(pause)
            return change.perform(rows)

        running = [self.pool.submit(one, change, pause) for change, pause in zip(changes, pauses, strict=True)]
        return [future.result() for future in running]

    def close(self):
        for _ in range(2):  # each of the two closes its own
            self.pool.submit(lambda: (connection.close(), time.sleep(0.05)))
        self.pool.shutdown()


def live(seed, steps):
    """Let ``steps`` pairs of changes happen, and compare after each; return how many answers were compared."""
    life, pair, asker, answers = Life(seed), Pair(), Asker(seed), 0
    try:
        for _ in range(steps):
            changes = [life.change(), life.change()]
            pauses = [life.chance.random() * 0.004, life.chance.random() * 0.004]
            asker.is_wanted.set()
            told = pair.perform(changes, life.rows, pauses)
            asker.is_wanted.clear()
            answers += compare(life, changes, told)
        assert [str(container) for container, _ in counters.mend()] == []  # no child counted twice, or not at all
    finally:
        pair.close()
        asker.stop()
    return answers


def compare(life, changes, told):
    """Find the order in which the two can have happened, go on from its world, and ask for rights in it."""
    product, possible = state_of_product(), []
    for order in ((0, 1), (1, 0)):
        world = copy.deepcopy(life.world)
        expected = {place: changes[place].expect(world) for place in order}
        possible.append((expected, state_of(world)))
        if [expected[0], expected[1]] == told and state_of(world) == product:
            life.world = world
            life.learn_rows(world)
            return compare_rights(life)
    raise AssertionError(
        f"{changes} ended {told}, with {product}; it could have been\n{possible[0]}\nor\n{possible[1]}"
    )


def compare_rights(life):
    for _ in range(5):
        user = life.chance.choice(sorted(life.world.users))
        found = life.chance.choice(life.world.objects)
        name = life.chance.choice(sorted(OPERATIONS[found.kind]))
        row = MODELS[found.kind].objects.get(pk=life.rows[found.key])
        answer = authorization.allows(actor(User.objects.get(user_name=user)), Operation[name], row)
        expected = OPERATIONS[found.kind][name](life.world, user, found)
        assert answer == expected, f"{user} {name} on {found}: {expected}, and the product says {answer}"
    return 5

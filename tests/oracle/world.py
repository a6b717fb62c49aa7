"""The rules once more: slow, in plain Python over plain rows, written from Unity Catalog's own texts.

It shares nothing with ``registry.authorization``: no filter, no table of rules, no constant. Where the two disagree,
one of them is wrong. The paragraphs in brackets are those of the privileges reference as the project's notes number
them: ownership, inheritance, usage, the matrix of operations.
"""

from dataclasses import dataclass, field
from itertools import count

EVERYONE = "account users"

ON_MODEL = {"ALL PRIVILEGES", "MANAGE", "APPLY TAG", "CREATE MODEL VERSION", "EXECUTE"}
ON_SCHEMA = ON_MODEL | {
    "USE SCHEMA", "EXTERNAL USE SCHEMA", "CREATE FUNCTION", "CREATE MODEL", "CREATE TABLE", "CREATE VOLUME",
    "CREATE MATERIALIZED VIEW", "MODIFY", "REFRESH", "SELECT", "READ VOLUME", "WRITE VOLUME",
}  # fmt: skip
ON_CATALOG = (ON_SCHEMA - {"EXTERNAL USE SCHEMA"}) | {"BROWSE", "USE CATALOG", "CREATE SCHEMA"}
ON_METASTORE = {
    "CREATE CATALOG", "CREATE CLEAN ROOM", "CREATE CONNECTION", "CREATE EXTERNAL LOCATION", "CREATE EXTERNAL METADATA",
    "CREATE SERVICE CREDENTIAL", "CREATE STORAGE CREDENTIAL", "MANAGE ALLOWLIST", "USE MARKETPLACE ASSETS",
}  # fmt: skip
ON_EXPERIMENT = {"CAN READ", "CAN EDIT", "CAN MANAGE"}
ON_TABLE = {"ALL PRIVILEGES", "MANAGE", "APPLY TAG", "SELECT", "MODIFY"}
ON_EXTERNAL = {"ALL PRIVILEGES", "MANAGE", "BROWSE", "MODIFY"}
FITTING = {
    "metastore": ON_METASTORE, "catalog": ON_CATALOG, "schema": ON_SCHEMA, "model": ON_MODEL, "table": ON_TABLE,
    "external": ON_EXTERNAL, "experiment": ON_EXPERIMENT,
}  # fmt: skip
NEVER_IMPLIED = {"ALL PRIVILEGES", "MANAGE", "EXTERNAL USE SCHEMA", *ON_EXPERIMENT}


@dataclass(eq=False)
class Object:
    """A metastore, catalog, schema, model, table, something external, or an experiment.

    ``owner`` is the name of a user or group, or nothing.
    """

    kind: str
    name: str
    parent: "Object | None" = None
    owner: str | None = None
    key: int = field(default_factory=count(1).__next__)

    def __repr__(self):
        return f"{self.kind} {self.full_name}"

    @property
    def full_name(self):
        inside = self.parent is not None and self.parent.kind != "metastore"
        return f"{self.parent.full_name}.{self.name}" if inside else self.name

    @property
    def levels(self):
        """The object and its containers up to the catalog: grants on the metastore never flow down."""
        found, level = [], self
        while level is not None and (level is self or level.kind != "metastore"):
            found.append(level)
            level = level.parent
        return found


class World:
    def __init__(self):
        self.metastore = Object("metastore", "metastore")
        self.objects = [self.metastore]
        self.users, self.groups, self.administrators = set(), {EVERYONE}, set()
        self.members = set()  # (user or group, group)
        self.grants = set()  # (principal, privilege, object's key)
        self.ending = set()  # those of them that end by themselves
        self.versions = []  # (model, who has begun it)
        self.assigners = {EVERYONE}  # whom the policy of the certification's tag lists

    def of_kind(self, kind):
        return [found for found in self.objects if found.kind == kind]

    def children(self, parent):
        return [found for found in self.objects if found.parent is parent]

    def remove(self, gone):
        for child in self.children(gone):
            self.remove(child)
        self.objects.remove(gone)
        self.grants = {grant for grant in self.grants if grant[2] != gone.key}
        self.versions = [version for version in self.versions if version[0] is not gone]

    def remove_user(self, user):
        self.users.discard(user)
        self.assigners.discard(user)
        self.administrators.discard(user)
        self.members = {pair for pair in self.members if pair[0] != user}
        self.grants = {grant for grant in self.grants if grant[0] != user}
        for found in self.objects:
            if found.owner == user:
                found.owner = None
        # An account of that name that is made again is another one.
        self.versions = [(model, None if creator == user else creator) for model, creator in self.versions]

    def grant(self, who, privilege, key, *, has_end):
        """To grant takes nothing away: what is held for good does not get an end."""
        row = (who, privilege, key)
        if has_end and (row not in self.grants or row in self.ending):
            self.ending.add(row)
        else:
            self.ending.discard(row)
        self.grants.add(row)

    def end_grants(self):
        self.grants -= self.ending
        self.ending.clear()

    def groups_of(self, member):
        """Everything that ``member`` is in, at any depth."""
        found, frontier = set(), {member}
        while frontier:
            frontier = {group for inside, group in self.members if inside in frontier} - found
            found |= frontier
        return found

    def identities(self, user):
        return {user, EVERYONE} | self.groups_of(user) | self.groups_of(EVERYONE)

    # What a principal holds

    def owns(self, user, found):
        return found.owner in self.identities(user)

    def owns_a_container(self, user, found):
        return any(self.owns(user, level) for level in found.levels[1:])

    def holds(self, user, privilege, found):
        """A grant on the object or on any container; ALL PRIVILEGES counts for what it implies [1.3, 1.4]."""
        me, counting = self.identities(user), {privilege}
        if privilege not in NEVER_IMPLIED:
            counting.add("ALL PRIVILEGES")
        return any(
            (principal, granted, level.key) in self.grants
            for principal in me
            for granted in counting
            for level in found.levels
        )

    def uses(self, user, container):
        """USE of a catalog or schema, which the owner of it, or of what contains it, has without a grant [0.2]."""
        privilege = {"catalog": "USE CATALOG", "schema": "USE SCHEMA"}[container.kind]
        return (
            self.owns(user, container)
            or self.owns_a_container(user, container)
            or self.holds(user, privilege, container)
        )

    def uses_all(self, user, containers):
        return all(self.uses(user, container) for container in containers)

    # What a principal may do. Every method is a row, or some, of the matrix [1.6].

    def manages(self, user, found):
        """Owner, owner of a container, holder of MANAGE; each in usable containers. Administrators always."""
        if user in self.administrators:
            return True
        if found.kind == "metastore":
            return False
        if not self.uses_all(user, found.levels[1:]):
            return False
        return self.owns(user, found) or self.owns_a_container(user, found) or self.holds(user, "MANAGE", found)

    def creates_inside(self, user, container, *privileges):
        """Create: the right on the container, or its ownership, and USE of the container itself."""
        if user in self.administrators:
            return True
        granted = any(self.holds(user, privilege, container) for privilege in privileges)
        if container.kind == "metastore":
            return granted
        owned = self.owns(user, container) or self.owns_a_container(user, container)
        return self.uses_all(user, container.levels) and (granted or owned)

    def reads_metadata(self, user, found):
        if user in self.administrators:
            return True
        some_right = any(self.holds(user, privilege, found) for privilege in FITTING[found.kind])
        owned = self.owns(user, found) or self.owns_a_container(user, found)
        return self.uses_all(user, found.levels[1:]) and (some_right or owned)

    def modifies(self, user, found):
        """MODIFY on a table, or on what is external; whoever manages it may as well."""
        may = self.holds(user, "MODIFY", found) and self.uses_all(user, found.levels[1:])
        return may or self.manages(user, found)

    def reads_data(self, user, model):
        """EXECUTE or ownership of the model; not an administrator, not a container's owner, not MANAGE [0.4]."""
        may = self.holds(user, "EXECUTE", model) or self.owns(user, model)
        return may and self.uses_all(user, model.levels[1:])

    def adds_versions(self, user, model):
        if self.manages(user, model):
            return True
        return self.uses_all(user, model.levels[1:]) and self.holds(user, "CREATE MODEL VERSION", model)

    def writes(self, user, model):
        """A version that somebody else has begun: as one manages everything of the model."""
        return self.manages(user, model)

    def writes_version(self, user, version):
        """A version of one's own as one may add versions, and any as above [1.6: upload, finalize]."""
        model, creator = version
        return self.writes(user, model) or (creator == user and self.adds_versions(user, model))

    def tags(self, user, found):
        if user in self.administrators:
            return True
        may = self.owns(user, found) or self.holds(user, "APPLY TAG", found)
        return may and self.uses_all(user, found.levels[1:])

    def certifies(self, user, found):
        """To tag it, and ASSIGN on the governed tag: to be listed in its policy, oneself or by a group [3.3]."""
        listed = user in self.administrators or self.identities(user) & self.assigners
        return self.tags(user, found) and bool(listed)

    def renames(self, user, model):
        return self.manages(user, model) and self.creates_inside(user, model.parent, "CREATE MODEL", "CREATE FUNCTION")

    def has_level(self, user, experiment, *levels):
        """One of Databricks' levels of permission, each of which includes those below it; an owner has all."""
        if user in self.administrators or self.owns(user, experiment):
            return True
        return any(self.holds(user, level, experiment) for level in levels)

    def sees(self, user, found):
        """Any right on it, BROWSE on its catalog (which needs no USE), or ownership of it or of a container."""
        if user in self.administrators:
            return True
        if found.kind == "experiment":
            return self.has_level(user, found, *ON_EXPERIMENT)
        if self.holds(user, "BROWSE", found.levels[-1]):
            return True
        some_right = any(self.holds(user, privilege, found) for privilege in FITTING[found.kind])
        owned = self.owns(user, found) or self.owns_a_container(user, found)
        return self.uses_all(user, found.levels[1:]) and (some_right or owned)


MANAGING_ITSELF = {"MANAGE_GRANTS", "READ_ALL_GRANTS", "TRANSFER_OWNERSHIP", "READ_AUDIT_LOG"}
MANAGING = MANAGING_ITSELF | {"DECIDE_ACCESS_REQUEST", "READ_QUOTAS"}
OPERATIONS = {
    "metastore": {
        "CREATE_CATALOG": lambda world, user, found: world.creates_inside(user, found, "CREATE CATALOG"),
        "CREATE_EXTERNAL_METADATA": lambda world, user, found: world.creates_inside(
            user, found, "CREATE EXTERNAL METADATA"
        ),
        **dict.fromkeys(
            (MANAGING - {"DECIDE_ACCESS_REQUEST", "TRANSFER_OWNERSHIP"})
            | {"UPDATE_METASTORE", "PURGE_TRASH", "IMPORT_REGISTRY"}
            | {"MANAGE_PRINCIPALS", "MANAGE_TOKENS", "MANAGE_TAG_POLICIES"},
            World.manages,
        ),
    },
    "catalog": {
        "CREATE_SCHEMA": lambda world, user, found: world.creates_inside(user, found, "CREATE SCHEMA"),
        "SET_TAG": World.tags,
        "CERTIFY": World.certifies,
        **dict.fromkeys(MANAGING | {"UPDATE_CATALOG", "DELETE_CATALOG"}, World.manages),
    },
    "schema": {
        "CREATE_REGISTERED_MODEL": lambda world, user, found: world.creates_inside(
            user, found, "CREATE MODEL", "CREATE FUNCTION"
        ),
        "CREATE_TABLE": lambda world, user, found: world.creates_inside(user, found, "CREATE TABLE"),
        "SET_TAG": World.tags,
        "CERTIFY": World.certifies,
        **dict.fromkeys(MANAGING | {"UPDATE_SCHEMA", "DELETE_SCHEMA"}, World.manages),
    },
    "model": {
        "READ_REGISTERED_MODEL": World.reads_metadata,
        "READ_ARTIFACTS": World.reads_data,
        "CREATE_MODEL_VERSION": World.adds_versions,
        "WRITE_ARTIFACTS": World.writes,
        "FINALIZE_MODEL_VERSION": World.writes,
        "SET_TAG": World.tags,
        "CERTIFY": World.certifies,
        "RENAME_REGISTERED_MODEL": World.renames,
        **dict.fromkeys(
            MANAGING
            | {
                "UPDATE_MODEL_VERSION", "DELETE_MODEL_VERSION", "SET_ALIAS", "UPDATE_REGISTERED_MODEL",
                "DELETE_REGISTERED_MODEL",
            },
            World.manages,
        ),
    },
    "table": {
        "READ_TABLE": World.reads_metadata,
        "UPDATE_TABLE": World.modifies,
        **dict.fromkeys(MANAGING_ITSELF | {"DELETE_TABLE"}, World.manages),
    },
    "external": {
        "READ_EXTERNAL_METADATA": World.reads_metadata,
        "UPDATE_EXTERNAL_METADATA": World.modifies,
        **dict.fromkeys(MANAGING_ITSELF | {"DELETE_EXTERNAL_METADATA"}, World.manages),
    },
    "experiment": {
        "READ_EXPERIMENT": lambda world, user, found: world.has_level(user, found, *ON_EXPERIMENT),
        "EDIT_EXPERIMENT": lambda world, user, found: world.has_level(user, found, "CAN EDIT", "CAN MANAGE"),
        **dict.fromkeys(
            ("MANAGE_EXPERIMENT", "MANAGE_GRANTS", "READ_ALL_GRANTS", "TRANSFER_OWNERSHIP", "READ_AUDIT_LOG"),
            lambda world, user, found: world.has_level(user, found, "CAN MANAGE"),
        ),
    },
}  # fmt: skip
OF_VERSIONS = ("WRITE_ARTIFACTS", "FINALIZE_MODEL_VERSION")
"""What is asked of versions, where it matters who has begun them: ``World.writes_version``."""

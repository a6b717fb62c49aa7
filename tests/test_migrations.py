"""What no migration does, unless it is listed here with the reason why it went well.

The product is upgraded with all its processes stopped, and the first start of a release migrates, each migration in a
transaction. So nothing reads or writes meanwhile: an index need not be built concurrently (which takes a migration
without a transaction, and leaves half an index behind where it is killed), and a column need not keep its default in
the database. What matters is that no migration fails on rows that are there, ends half-way, takes away what the former
release reads (who has to go back would find its data gone), or means something else once the code has moved on.
"""

import inspect
import re
import sys

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

OURS = {"accounts", "registry"}
MOVES_DATA = (migrations.RunPython, migrations.RunSQL)
TAKES_AWAY = (
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
    migrations.RemoveField,
    migrations.RenameField,
)
TOUCHES_NO_TABLE = (migrations.AlterModelOptions, migrations.AlterModelManagers, migrations.SeparateDatabaseAndState)

EXCEPTIONS = {
    "registry.0002_search_and_tags": [
        # What is written is the new column alone, which no key refers to, and models were unique by name and schema.
        "alters registeredmodel after it moved data",
        "may fail on rows of registeredmodel: full_name is unique",
        # No row of these was written.
        "alters alias after it moved data",
        "alters modelversion after it moved data",
        "alters modelversiontag after it moved data",
        "alters registeredmodeltag after it moved data",
    ],
    "registry.0005_governance": [
        "imports registry.models, which moves on",  # how an event is signed, which can be written in one place alone
    ],
    "registry.0011_size_of_models": [
        "alters registeredmodel after it moved data",  # of the new column alone, which no key refers to
    ],
    "registry.0014_revisions_of_holders": [
        "imports registry.models, which moves on",  # triggers, which are the same for all releases
        "alters revision after it moved data",  # triggers, and no row
        "takes away: Delete model Revision",  # tokens that caches compare, made anew with the next change
    ],
    "registry.0017_filed_as": [
        "takes away: Rename field full_name on registeredmodel to filed_as",  # before the first release
    ],
    "registry.0021_uploads_and_creators": [
        "alters modelversion after it moved data",  # of the new column alone, which no key refers to
    ],
    "registry.0025_child_count": [
        "imports registry.models, which moves on",  # triggers, which are the same for all releases
    ],
    "registry.0028_clients_fields": [
        "imports registry.models, which moves on",  # triggers, which are the same for all releases
    ],
    "registry.0042_text_search": [
        "imports registry.models, which moves on",  # indexes, which are the same for all releases
    ],
    "registry.0044_version_digest": [
        "imports registry.models, which moves on",  # indexes, which are the same for all releases
    ],
    "registry.0045_storage_roots": [
        "imports registry.models, which moves on",  # triggers, which are the same for all releases
    ],
    "registry.0034_lineage_graph": [
        "takes away: Rename model LineageEdge to ToldLineage",  # before the first release; its rows are moved
    ],
    "registry.0036_delete_told_lineage": [
        "takes away: Delete model ToldLineage",  # before the first release; its rows were moved
    ],
    "registry.0024_everybody_tells_lineage": [
        "may fail on rows of lineageedge: lineage_edge_once",  # was unique by fewer columns
    ],
}


def migrations_of_ours():
    """Ours in their order, each with the state before it."""
    loader = MigrationLoader(None)
    state, seen = ProjectState(), set()
    for leaf in sorted(loader.graph.leaf_nodes()):
        for key in loader.graph.forwards_plan(leaf):
            if key in seen:
                continue
            seen.add(key)
            migration = loader.graph.nodes[key]
            if migration.app_label in OURS:
                yield migration, state.clone()
            state = migration.mutate_state(state, preserve=False)


def findings(migration, state):
    """What is unsafe about ``migration``, in words."""
    created, added, moved_data = set(), set(), False
    if not migration.atomic:
        yield "can end half-way"
    for operation in migration.operations:
        before, table = state.clone(), table_of(operation)
        operation.state_forwards(migration.app_label, state)
        if isinstance(operation, MOVES_DATA):
            moved_data = True
            if not operation.reversible:
                yield "cannot be taken back"
        elif isinstance(operation, migrations.CreateModel):
            created.add(table)
        elif table not in created and not isinstance(operation, TOUCHES_NO_TABLE):
            if moved_data:
                yield f"alters {table} after it moved data"
            yield from about_an_older_table(operation, before, migration.app_label, added)
        if isinstance(operation, migrations.AddField):
            added.add((table, operation.name))


def about_an_older_table(operation, before, app_label, added):
    if isinstance(operation, TAKES_AWAY):
        yield f"takes away: {operation.describe()}"
    if doubt := doubt_of_rows(operation, before, app_label, added):
        yield f"may fail on rows of {table_of(operation)}: {doubt}"


def table_of(operation):
    return getattr(operation, "model_name", getattr(operation, "name", "")).lower()


def imports_of_ours(source):
    """Modules of the product that a migration names, but for the fields of its columns."""
    found = re.findall(r"^ *(?:from|import) ((?:accounts|registry|explorer)\S*)", source, re.MULTILINE)
    return [f"imports {name}, which moves on" for name in found if name != "registry.models.fields"]


def doubt_of_rows(operation, before, app_label, added):
    """Why rows that are there might not fit; nothing, if all will."""
    table = table_of(operation)
    if isinstance(operation, migrations.AddConstraint):
        new = {name for of, name in added if of == table}
        return "" if columns_of(operation.constraint) & new else operation.constraint.name
    if isinstance(operation, migrations.AlterUniqueTogether):
        former = before.models[app_label, table].options.get("unique_together") or set()
        return "unique together" if operation.option_value - former else ""
    if isinstance(operation, migrations.AddField):
        return f"{operation.name} is unique" if operation.field.unique and not operation.field.null else ""
    if isinstance(operation, migrations.AlterField):
        former = before.models[app_label, table].fields[operation.name]
        return narrowed(former, operation.field, operation.name)
    return ""


def columns_of(constraint):
    if isinstance(constraint, models.CheckConstraint):
        return {lookup.split("__")[0] for lookup, _ in leaves(constraint.condition)}
    return set(constraint.fields)


def leaves(condition):
    for child in condition.children:
        if isinstance(child, models.Q):
            yield from leaves(child)
        elif isinstance(child, tuple):
            yield child


def narrowed(former, field, name):
    if former.null and not field.null:
        return f"{name} may not be empty"
    if field.unique and not former.unique:
        return f"{name} is unique"
    if field.get_internal_type() != former.get_internal_type():
        return f"{name} has another type"
    longest = (getattr(former, "max_length", None), getattr(field, "max_length", None))
    return f"{name} is shorter" if None not in longest and longest[1] < longest[0] else ""


def test_migrations_are_safe_for_the_rows_that_are_there_and_for_who_has_to_go_back():
    found = {}
    for migration, state in migrations_of_ours():
        source = inspect.getsource(sys.modules[type(migration).__module__])
        found[str(migration)] = {*imports_of_ours(source), *findings(migration, state)}
    assert {name: words for name, words in found.items() if words} == {
        name: set(words) for name, words in EXCEPTIONS.items()
    }


def nothing(apps, schema_editor):
    pass


FILLS = migrations.RunPython(nothing, nothing)
LABEL = models.CharField(max_length=50)
UNSAFE = {
    "takes away: Delete model Thing": [migrations.DeleteModel("Thing")],
    "takes away: Rename model Thing to Other": [migrations.RenameModel("Thing", "Other")],
    "takes away: Rename table for Thing to other": [migrations.AlterModelTable("Thing", "other")],
    "takes away: Remove field label from thing": [migrations.RemoveField("thing", "label")],
    "takes away: Rename field label on thing to name": [migrations.RenameField("thing", "label", "name")],
    "cannot be taken back": [migrations.RunPython(nothing)],
    "alters thing after it moved data": [FILLS, migrations.AddIndex("thing", models.Index(fields=["label"], name="x"))],
    "may fail on rows of thing: key is unique": [
        migrations.AddField("thing", "key", models.CharField(max_length=5, unique=True, default=""))
    ],
    "may fail on rows of thing: label may not be empty": [migrations.AlterField("thing", "label", LABEL)],
    "may fail on rows of thing: label is unique": [
        migrations.AlterField("thing", "label", models.CharField(max_length=50, null=True, unique=True))
    ],
    "may fail on rows of thing: label is shorter": [
        migrations.AlterField("thing", "label", models.CharField(max_length=49, null=True))
    ],
    "may fail on rows of thing: label has another type": [
        migrations.AlterField("thing", "label", models.IntegerField(null=True))
    ],
    "may fail on rows of thing: once": [
        migrations.AddConstraint("thing", models.UniqueConstraint(fields=["label"], name="once"))
    ],
    "may fail on rows of thing: some": [
        migrations.AddConstraint(
            "thing", models.CheckConstraint(condition=~models.Q(label="") | models.Q(label="a"), name="some")
        )
    ],
    "may fail on rows of thing: unique together": [migrations.AlterUniqueTogether("thing", {("label", "id")})],
}
SAFE = {
    "a new table, whatever it has": [
        migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)), ("label", LABEL)]),
        FILLS,
        migrations.AddConstraint("new", models.UniqueConstraint(fields=["label"], name="once")),
    ],
    "a new column, and what is said of it": [
        migrations.AddField("thing", "size", models.IntegerField(default=0)),
        migrations.AddConstraint("thing", models.CheckConstraint(condition=models.Q(size__gte=0), name="positive")),
        migrations.AddIndex("thing", models.Index(fields=["size"], name="thing_size")),
        FILLS,
    ],
    "a wider column": [migrations.AlterField("thing", "label", models.CharField(max_length=60, null=True))],
}


def planted(operations, *, atomic=True):
    thing = migrations.CreateModel(
        "Thing",
        [("id", models.BigAutoField(primary_key=True)), ("label", models.CharField(max_length=50, null=True))],
    )
    state = ProjectState()
    thing.state_forwards("registry", state)
    migration = migrations.Migration("0002_planted", "registry")
    migration.operations, migration.atomic = operations, atomic
    return list(findings(migration, state))


@pytest.mark.parametrize("words", UNSAFE)
def test_what_is_unsafe_is_found(words):
    assert planted(UNSAFE[words]) == [words]


@pytest.mark.parametrize("what", SAFE)
def test_what_is_safe_is_let_be(what):
    assert planted(SAFE[what]) == []


def test_a_migration_without_a_transaction_is_found():
    assert planted([], atomic=False) == ["can end half-way"]


def test_imports_of_what_moves_on_are_found():
    source = "import registry.models.fields\n\ndef fill(apps, _):\n    from registry.services import sizes\n"
    assert imports_of_ours(source) == ["imports registry.services, which moves on"]

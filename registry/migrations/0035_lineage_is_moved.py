"""What was told of lineage, and what versions say of their runs and sources, becomes nodes and edges."""

from uuid import NAMESPACE_URL, uuid5

from django.db import migrations
from django.db.models import Exists, OuterRef, Q

AT_ONCE = 100
LONGEST_KEY, LONGEST_NAME = 200, 1_100


def move(apps, schema_editor):
    version, told = apps.get_model("registry", "ModelVersion"), apps.get_model("registry", "ToldLineage")
    concerned = Q(copied_from__isnull=False) | ~Q(run_id="") | Exists(told.objects.filter(model_version=OuterRef("pk")))
    concerned |= Exists(version.objects.filter(copied_from=OuterRef("pk")))
    rows = version.objects.filter(concerned).select_related("registered_model__schema__catalog").order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        last = batch[-1].pk
        versions_become_nodes(apps, batch)
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        last = batch[-1].pk
        edges_are_made(apps, batch)


def versions_become_nodes(apps, versions):
    node = apps.get_model("registry", "LineageNode")
    node.objects.bulk_create(
        [
            node(
                kind="MODEL_VERSION", key=str(each.uid), name=name_of(each), version=each,
                registered_model=each.registered_model,
            )
            for each in versions
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def edges_are_made(apps, versions):
    node, edge = apps.get_model("registry", "LineageNode"), apps.get_model("registry", "LineageEdge")
    told = apps.get_model("registry", "ToldLineage").objects.filter(model_version__in=versions)
    told = list(told.order_by("first_seen_at"))
    wanted = {(row.kind, key_of(row)): label_of(row) for row in reversed(told)}
    wanted |= {("RUN", key(each.run_id)): each.run_id for each in versions if each.run_id}
    node.objects.bulk_create(
        [node(kind=kind, key=text, name=name) for (kind, text), name in wanted.items()], ignore_conflicts=True
    )
    known = {}
    keys = sorted({text for _, text in wanted})
    for start in range(0, len(keys), AT_ONCE):
        found = node.objects.exclude(kind="MODEL_VERSION").filter(key__in=keys[start : start + AT_ONCE])
        known |= {(n.kind, n.key): n for n in found}
    near = {each.pk for each in versions} | {each.copied_from_id for each in versions}
    of_versions = {n.version_id: n for n in node.objects.filter(version__in=near)}
    edges = []
    for row in told:
        ends = known[row.kind, key_of(row)], of_versions[row.model_version_id]
        is_upstream = row.direction == "UPSTREAM"
        source, target = ends if is_upstream else reversed(ends)
        kind = ("READ" if row.kind == "TABLE" else "MADE") if is_upstream else "USED"
        edges.append(
            edge(source=source, target=target, kind=kind, recorded_by=row.recorded_by, first_seen_at=row.first_seen_at)
        )
    for each in versions:
        made = {"target": of_versions[each.pk], "recorded_by": each.created_by, "first_seen_at": each.created_at}
        if each.run_id:
            edges.append(edge(source=known["RUN", key(each.run_id)], kind="MADE", **made))
        if each.copied_from_id in of_versions:
            edges.append(edge(source=of_versions[each.copied_from_id], kind="COPIED", **made))
    edge.objects.bulk_create(edges, ignore_conflicts=True, batch_size=AT_ONCE)


def name_of(version):
    model = version.registered_model
    return f"{model.schema.catalog.name}.{model.schema.name}.{model.name} version {version.version}"


def label_of(row):
    name = row.name.lower() if row.kind == "TABLE" else row.name
    return (name or row.entity_id)[:LONGEST_NAME]


def key_of(row):
    if not row.name:
        return key(row.entity_id)
    return key(label_of(row) if row.kind == "TABLE" else f"{row.entity_id}\n{row.name}")


def key(text):
    return text if len(text) <= LONGEST_KEY else f"{text[:LONGEST_KEY]}#{uuid5(NAMESPACE_URL, text)}"


class Migration(migrations.Migration):
    dependencies = [("registry", "0034_lineage_graph")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]

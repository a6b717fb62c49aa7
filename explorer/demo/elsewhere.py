"""What lies elsewhere, of the demo: the table that its models learn from, and a dashboard that shows their scores."""

from __future__ import annotations

from registry.actor import Actor
from registry.models import ModelVersion
from registry.names import FullName
from registry.services.hierarchy import external_metadata, tables
from registry.services.versions import relationships

_COLUMNS = [
    {"name": name, "type_text": kind, "type_name": kind.upper(), "position": place, "comment": comment}
    for place, (name, kind, comment) in enumerate(
        [
            ("sepal_length", "double", "in centimetres"),
            ("sepal_width", "double", "in centimetres"),
            ("petal_length", "double", "in centimetres"),
            ("petal_width", "double", "in centimetres"),
            ("species", "string", "setosa, versicolor or virginica"),
        ]
    )
]


def register_table(actor: Actor) -> None:
    """Register the table that the models of the demo learn from."""
    described = tables.Described(
        storage_location="s3://garden/measurements/iris",
        data_source_format="DELTA",
        comment="What three people measured of 150 flowers.",
        columns=_COLUMNS,
        properties={"refreshed": "yearly"},
    )
    tables.create_table(actor=actor, full_name=FullName("dev", "ml_team", "iris"), described=described)


def draw_consumer(actor: Actor, version: ModelVersion) -> None:
    """Name a dashboard of another system, and draw that it uses ``version``."""
    described = external_metadata.Described(
        system_type="TABLEAU",
        entity_type="Dashboard",
        url="https://bi.example.com/garden",
        comment="Which species grew in which bed.",
    )
    board = external_metadata.create_external_metadata(actor=actor, name="garden_dashboard", described=described)
    relationships.create_relationship(
        actor=actor,
        source=relationships.end_of(version),
        target=relationships.end_of(board),
        note="Refreshed every Monday from the Champion.",
    )

"""What clients report about lineage: MLflow's header, and the call that emits it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import orjson

from registry import limits
from registry.models import LineageNode
from registry.names import plain_text
from registry.services.shared.graph import Entity

Kind = LineageNode.Kind


def read_header(value: str) -> list[Entity]:
    """Read MLflow's lineage header: base64 of JSON. One that cannot be read counts as none: it never stops a client."""
    if len(value) > limits.LINEAGE_HEADER_LENGTH:
        return []
    try:
        content = orjson.loads(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return []
    return read_entities(content)


def read_entities(content: Any) -> list[Entity]:
    """Read ``{"entities": […], "lineages": [{"source_securables": […]}]}``, skipping what has another form."""
    if not isinstance(content, dict):
        return []
    entities = [entity for item in _items(content, "entities") for entity in _outside_entity(item)]
    tables = [
        item["table"]
        for lineage in _items(content, "lineages")
        for item in _items(lineage, "source_securables")
        if isinstance(item.get("table"), dict)
    ]
    for table in tables:
        name, table_id = plain_text(table.get("name"), 800), plain_text(table.get("table_id"), 255)
        if name:
            entities.append(Entity(Kind.TABLE, table_id or name[:255], name))
    return entities


def _outside_entity(item: dict[str, Any]) -> Iterator[Entity]:
    for kind in (Kind.NOTEBOOK, Kind.JOB, Kind.PIPELINE):
        entity = item.get(kind.value.lower())
        if isinstance(entity, dict) and (entity_id := plain_text(entity.get("id"), 255)):
            yield Entity(kind, entity_id)


def _items(mapping: dict[str, Any], key: str) -> list[dict[str, Any]]:
    items = mapping.get(key)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

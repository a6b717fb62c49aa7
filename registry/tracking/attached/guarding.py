"""What the attached server would do for anyone who may write, and our own process for no one.

It opens, and removes, any address that a tag of a trace names as that of its spans; and it gives an assessment of any
trace, named by its id, to a trace that is begun.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from registry.exceptions import InvalidParameterValue

_ADDRESSES = {"mlflow.artifactLocation", "mlflow.trace.archiveLocation", "mlflow.trace.spansLocation"}
_OTHERS = {"assessment_id", "assessmentId", "overrides"}
"""The field by which an assessment names another one, of any trace."""


def require_harmless(path: str, params: dict[str, Any]) -> None:
    """Raise if a request about traces names an address to open, or begins a trace with an assessment that has an id."""
    if "/traces" not in path:
        return
    for item in _objects(params):
        require_no_address((*item, str(item.get("key"))))
        begun = item.get("assessments")
        if begun and any(_OTHERS & assessment.keys() for assessment in _objects(begun)):
            raise InvalidParameterValue("The assessments with which a trace begins have no ids, and override none.")


def require_no_address(tags: Iterable[str]) -> None:
    """Raise if one of the tag names is that of an address."""
    if named := _ADDRESSES & set(tags):
        raise InvalidParameterValue(f"The tag {min(named)} can be set only by MLflow.")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in ``value``, at any depth."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)

"""Path converters: a name in an address is parsed once, here."""

from registry.exceptions import InvalidParameterValue
from registry.names import FullName, schema_name


class FullNameConverter:
    """``catalog/schema/model`` as a FullName."""

    regex = "[^/]+/[^/]+/[^/]+"

    def to_python(self, value: str) -> FullName:
        try:
            return FullName.of(*value.split("/"))
        except InvalidParameterValue as error:
            raise ValueError(error.message) from error

    def to_url(self, value: FullName) -> str:
        return f"{value.catalog}/{value.schema}/{value.model}"


class SchemaNameConverter:
    """``catalog/schema`` as a pair of names."""

    regex = "[^/]+/[^/]+"

    def to_python(self, value: str) -> tuple[str, str]:
        try:
            return schema_name(value.replace("/", "."))
        except InvalidParameterValue as error:
            raise ValueError(error.message) from error

    def to_url(self, value: tuple[str, str]) -> str:
        return "/".join(value)

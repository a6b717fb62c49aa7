"""SQL that concerns governance, read into statements. None of it ever reaches a database as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lark import Token, Transformer, UnexpectedInput, UnexpectedToken

from registry.exceptions import InvalidParameterValue, RegistryError
from registry.language import Language
from registry.privileges import Privilege, SecurableType

LONGEST = 100_000
"""Characters of a statement: enough for the longest description."""
MOST_WORDS = 500
"""Words and marks of a statement, a text in quotes counting as one."""

Name = tuple[str, ...]
"""The parts of a name, as far as they are given: what is missing in front comes from where the user is."""


class UnsupportedStatement(RegistryError):
    """A statement that may be fine SQL and that this server does not execute."""


@dataclass(frozen=True)
class On:
    """A securable as a statement names it; the metastore has no name."""

    kind: SecurableType
    name: Name = ()


@dataclass(frozen=True)
class GrantStatement:
    privileges: tuple[Privilege, ...]
    on: On
    principal: str


@dataclass(frozen=True)
class RevokeStatement(GrantStatement):
    pass


@dataclass(frozen=True)
class ShowGrants:
    principal: str | None
    on: On | None
    """None: on everything."""


@dataclass(frozen=True)
class AlterOwner:
    on: On
    principal: str


@dataclass(frozen=True)
class CommentOn:
    on: On
    comment: str


@dataclass(frozen=True)
class SetTag:
    on: On
    key: str
    value: str


@dataclass(frozen=True)
class UnsetTag:
    on: On
    key: str


@dataclass(frozen=True)
class Inside:
    """The container that a SHOW names; its kind may be left out, and so may all of it."""

    kind: SecurableType | None = None
    name: Name = ()


@dataclass(frozen=True)
class Show:
    """SHOW CATALOGS, SCHEMAS or MODELS, ``inside`` a container and ``like`` a pattern."""

    kind: SecurableType
    inside: Inside
    like: str


@dataclass(frozen=True)
class Describe:
    on: On


Statement = GrantStatement | RevokeStatement | ShowGrants | AlterOwner | CommentOn | SetTag | UnsetTag | Show | Describe

KNOWN = (
    "GRANT, REVOKE, SHOW GRANTS, ALTER … OWNER TO, COMMENT ON, SET TAG, UNSET TAG, SHOW CATALOGS, SHOW SCHEMAS, "
    "SHOW MODELS, DESCRIBE"
)
WORDS = tuple(
    dict.fromkeys((
        "GRANT", "REVOKE", "SHOW GRANTS", "SHOW CATALOGS", "SHOW SCHEMAS", "SHOW MODELS", "ALTER", "COMMENT ON",
        "SET TAG", "UNSET TAG", "DESCRIBE", "ON", "TO", "FROM", "IN", "IS", "LIKE", "SET OWNER TO", "CATALOG", "SCHEMA",
        "MODEL", "TABLE", "METASTORE", "EXTENDED", *(privilege.words for privilege in Privilege),
    ))
)  # fmt: skip
"""What a statement can be made of besides names, for users who are offered words."""
_BEGINNINGS = {"GRANT", "REVOKE", "SHOW", "ALTER", "COMMENT", "SET", "UNSET", "DESCRIBE", "DESC"}


def parse(text: str) -> Statement:
    """Read one statement.

    Raises:
        UnsupportedStatement: it begins like none of those that are executed here.
        InvalidParameterValue: it does, but is not well-formed, or names something this server does not know.
    """
    if len(text) > LONGEST:
        raise InvalidParameterValue(f"A statement has at most {LONGEST} characters.")
    try:
        return _LANGUAGE.read(text)
    except UnexpectedInput as error:
        raise _refusal(text, error) from error


def written(full_name: str) -> str:
    """Return a full name as a statement has it: parts that are not plain words are in backticks."""
    return ".".join(part if re.fullmatch(r"\w+", part) else f"`{part}`" for part in full_name.split("."))


def _refusal(text: str, error: UnexpectedInput) -> RegistryError:
    first = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(\w*)", text, re.DOTALL)
    word = first[1].upper() if first else ""
    if word and word not in _BEGINNINGS:
        return UnsupportedStatement(f"{word} is not executed by this server. It executes {KNOWN}.")
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    rest = [] if at_end else text[error.pos_in_stream or 0 :].split(maxsplit=1)
    where = f"at or near '{rest[0][:50]}'" if rest else "at end of input"
    return InvalidParameterValue(f"Syntax error {where}. This server executes {KNOWN}.")


class _ReadTree(Transformer[Token, Statement]):
    """Makes statements of parse trees: one method per rule of the grammar."""

    def start(self, children: list[Any]) -> Any:
        return children[0]

    def grant(self, children: list[Any]) -> GrantStatement:
        return GrantStatement(*children)

    def revoke(self, children: list[Any]) -> RevokeStatement:
        return RevokeStatement(*children)

    def show_grants(self, children: list[Any]) -> ShowGrants:
        return ShowGrants(*children)

    def show_grants_to(self, children: list[Any]) -> ShowGrants:
        return ShowGrants(children[0], None)

    def alter_owner(self, children: list[Any]) -> AlterOwner:
        kind, name, principal = children
        return AlterOwner(On(kind, name), principal)

    def comment_on(self, children: list[Any]) -> CommentOn:
        kind, name, comment = children
        return CommentOn(On(kind, name), comment or "")

    def set_tag(self, children: list[Any]) -> SetTag:
        kind, name, key, value = children
        return SetTag(On(kind, name), key, value or "")

    def unset_tag(self, children: list[Any]) -> UnsetTag:
        kind, name, key = children
        return UnsetTag(On(kind, name), key)

    def show_catalogs(self, children: list[Any]) -> Show:
        return Show(SecurableType.CATALOG, Inside(), _pattern(children[0]))

    def show_schemas(self, children: list[Any]) -> Show:
        return Show(SecurableType.SCHEMA, children[0] or Inside(), _pattern(children[1]))

    def show_models(self, children: list[Any]) -> Show:
        return Show(SecurableType.FUNCTION, children[0] or Inside(), _pattern(children[1]))

    def inside(self, children: list[Any]) -> Inside:
        return Inside(*children)

    def describe(self, children: list[Any]) -> Describe:
        return Describe(On(*children))

    def privileges(self, children: list[Any]) -> tuple[Privilege, ...]:
        return tuple(children)

    def privilege(self, words: list[str]) -> Privilege:
        return Privilege.parse(" ".join(words))

    def securable(self, children: list[Any]) -> On:
        return On(*children)

    def principal(self, children: list[str]) -> str:
        return children[0]

    def name(self, children: list[str]) -> Name:
        return tuple(children)

    def text(self, children: list[str]) -> str:
        return children[0]

    def METASTORE(self, token: Token) -> SecurableType:  # noqa: N802  # terminals are named this way
        return SecurableType.METASTORE

    def KIND(self, token: Token) -> SecurableType:  # noqa: N802
        return SecurableType.SCHEMA if token.upper() == "DATABASE" else SecurableType.parse(token)

    def NULL(self, token: Token) -> None:  # noqa: N802
        return None

    def WORD(self, token: Token) -> str:  # noqa: N802
        return str(token)

    def QUOTED(self, token: Token) -> str:  # noqa: N802
        return token[1:-1].replace("``", "`")

    def STRING(self, token: Token) -> str:  # noqa: N802
        quote, inside = token[0], token[1:-1]
        return re.sub(rf"{quote}{quote}|\\(.)", lambda match: match[1] or quote, inside, flags=re.DOTALL)


def _pattern(given: str | None) -> str:
    return "*" if given is None else given


_LANGUAGE = Language(Path(__file__).with_name("grammar.lark"), _ReadTree, noun="statement", most_words=MOST_WORDS)

"""What an actor would hold: after changes of grants that have not been made, or only as a member of a group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.contrib.auth.models import Group
from django.db.models import Model

from accounts.models import EVERYONE, User, ancestors_and_self, group_ids_of_each
from registry.actor import Actor
from registry.authorization.holdings import Holder, Holdings, Row, RowsOf, read_rows
from registry.kinds import catalog_key_of
from registry.models import Catalog, Metastore, Schema, Securable
from registry.privileges import Privilege

Principal = User | Group
GrantRow = tuple[Principal, Privilege]
_NOBODY = 0
"""A key that no user has: nothing is granted to it, and it owns nothing."""


@dataclass(frozen=True)
class GrantDelta:
    """Privileges that ``principal`` would be given and would lose on ``securable``."""

    securable: Securable
    principal: Principal
    added: frozenset[Privilege] = frozenset()
    removed: frozenset[Privilege] = frozenset()

    def applied(self, grants: Sequence[GrantRow]) -> list[GrantRow]:
        """Return the grants on the securable as they would be; without duplicates."""
        kept = [row for row in grants if not (row[0] == self.principal and row[1] in self.removed)]
        return [*kept, *((self.principal, new) for new in sorted(self.added) if (self.principal, new) not in kept)]


def is_container(securable: Securable) -> bool:
    """Return whether grants on ``securable`` hold for what is in it, and are part of holdings."""
    return isinstance(securable, Metastore | Catalog | Schema)


def suppose(
    actors: Sequence[Actor], deltas: Sequence[GrantDelta], on_single: tuple[Securable, list[GrantRow]] | None
) -> None:
    """Give each of ``actors`` the holdings that it would have after ``deltas`` (two queries, however many they are).

    ``on_single``: the only object without children that the actors are to be asked about, and the grants on it as
    they are now; None where no grants on such objects are changed.
    """
    groups = group_ids_of_each([actor.principal for actor in actors])
    rows_of, *_ = read_rows(groups)
    changed = _changed(rows_of, [delta for delta in deltas if is_container(delta.securable)])
    for actor in actors:
        mine = groups[actor.principal.pk]
        holdings = Holdings.of_rows(actor.principal, mine, changed)
        direct = _on_single(actor.principal, mine, deltas, *on_single) if on_single else None
        actor.held["holdings"] = replace(holdings, supposed=direct)


def member_of(group: Group) -> Actor:
    """Return an actor who is in ``group`` and in the group of everyone, and otherwise holds and owns nothing."""
    everybody = Group.objects.filter(name=EVERYONE).values_list("pk", flat=True)
    groups = frozenset(ancestors_and_self({group.pk, *everybody}))
    anybody = Actor(principal=User(pk=_NOBODY, user_name=group.name))
    rows_of, *_ = read_rows({_NOBODY: groups})
    anybody.held["holdings"] = Holdings.of_rows(anybody.principal, groups, rows_of)
    return anybody


def _on_single(
    principal: User,
    groups: Collection[int],
    deltas: Sequence[GrantDelta],
    securable: Securable,
    grants: Sequence[GrantRow],
) -> dict[tuple[type[Model], int], frozenset[str]]:
    """What ``principal`` would hold on ``securable`` itself."""
    changed = list(grants)
    for delta in deltas:
        if delta.securable == securable:
            changed = delta.applied(changed)
    mine = {(False, principal.pk), *((True, group) for group in groups)}
    held = frozenset(privilege.codename for holder, privilege in changed if _holder(holder) in mine)
    return {(type(securable), securable.pk): held}


def _changed(rows_of: RowsOf, deltas: Sequence[GrantDelta]) -> RowsOf:
    changed = {holder: list(rows) for holder, rows in rows_of.items()}
    for delta in deltas:
        rows = changed.setdefault(_holder(delta.principal), [])
        gone = [_row(delta.securable, privilege) for privilege in delta.removed]
        rows[:] = [row for row in rows if row not in gone]
        rows += [_row(delta.securable, privilege) for privilege in delta.added]
    return changed


def _holder(principal: Principal) -> Holder:
    return isinstance(principal, Group), principal.pk


def _row(securable: Securable, privilege: Privilege) -> Row:
    return type(securable), catalog_key_of(securable) or securable.pk, securable.pk, privilege.codename

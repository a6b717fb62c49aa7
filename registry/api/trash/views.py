"""What was deleted: our own resource."""

from __future__ import annotations

from uuid import UUID

from registry.api.base import ApiView, Nothing, Params, asks
from registry.api.fields import PageFields
from registry.api.trash import serializers as wire
from registry.services.trash import entries


class Trash(ApiView):
    @asks(PageFields)
    def get(self, params: Params) -> wire.TrashList:
        """List what the caller may restore, the newest first."""
        rows = entries.list_trash(actor=self.actor)
        page, token = self.page(rows, params, keys=("-deleted_at", "-pk"), default=100, most=1000)
        return {"trash": [wire.trash_info(entry) for entry in page], "next_page_token": token}


class TrashByUid(ApiView):
    @asks()
    def get(self, uid: UUID) -> wire.TrashInfo:
        return wire.trash_info(entries.get_entry(actor=self.actor, uid=uid))

    @asks()
    def delete(self, uid: UUID) -> Nothing:
        """Delete it forever, with its files: for administrators."""
        entries.purge(actor=self.actor, uid=uid)
        return {}


class Restore(ApiView):
    @asks(wire.RestoreAs)
    def post(self, params: Params, uid: UUID) -> wire.RestoredInfo:
        """Put it back with all that was in it, under another name if one is given."""
        entry = entries.get_entry(actor=self.actor, uid=uid)
        restored = entries.restore(actor=self.actor, uid=uid, new_name=params["new_name"] or "")
        return {"kind": entry.kind, "full_name": str(restored.row), "lost_aliases": restored.lost_aliases}

"""Imports: our own resource, for administrators."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from registry.api.base import ApiView, Params, asks
from registry.api.fields import PageFields
from registry.api.imports import serializers as wire
from registry.remotes.connection import Credential
from registry.services.imports import entries


class Imports(ApiView):
    @asks(PageFields)
    def get(self, params: Params) -> wire.ImportList:
        """List the imports that were started, the newest first."""
        rows = entries.list_imports(actor=self.actor)
        page, token = self.page(rows, params, keys=("-created_at", "-pk"), default=20, most=100)
        return {"imports": [wire.import_info(each) for each in page], "next_page_token": token}

    @asks(wire.CreateImport)
    def post(self, params: Params) -> wire.ImportInfo:
        """Note an import; look at its preview, and start it within an hour.

        `destination` is the schema that takes the models; of another Catalog Explorer, the catalog that takes the
        place of theirs, or nothing. With `user`, `token` is that user's password.
        """
        imported = entries.create_import(
            actor=self.actor,
            kind=params["kind"],
            address=params["address"],
            destination=params["destination"],
            credential=Credential(params["token"], params["user"]),
            stages=params.get("stages"),
        )
        return wire.import_info(imported)


class ImportByUid(ApiView):
    @asks()
    def get(self, uid: UUID) -> wire.ImportInfo:
        """Return an import, with its report once it has ended."""
        return wire.import_info(entries.get_import(actor=self.actor, uid=uid))


class Preview(ApiView):
    @asks()
    def get(self, uid: UUID) -> wire.ImportPreview:
        """Ask the other server what it has, and say what would become of it."""
        imported = entries.get_import(actor=self.actor, uid=uid)
        return wire.import_preview(entries.preview(actor=self.actor, imported=imported))


class Start(ApiView):
    @asks(wire.StartImport)
    def post(self, params: Params, uid: UUID) -> wire.ImportInfo:
        """Start an import, as a job. `names` maps models to full names here; without it, all models come."""
        imported = entries.get_import(actor=self.actor, uid=uid)
        job = entries.start_import(actor=self.actor, imported=imported, chosen=params["names"])
        self.headers["Location"] = reverse("job-by-uid", args=[job.pk])
        return wire.import_info(imported)

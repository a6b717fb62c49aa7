"""Artifact bytes: signed URLs for one file each, and the Files API with its uploads in parts."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import Credential
from accounts.models import User
from registry import audit
from registry.actor import Actor
from registry.api.base import ApiView, Nothing, Params, SignedRequest, asks
from registry.api.contracts import declares
from registry.api.fields import Overwrite
from registry.api.files import paths
from registry.api.files import serializers as wire
from registry.api.files.paths import Where
from registry.api.signing import Session, credential_of, signed_url
from registry.denials import Attempt, DenialKind
from registry.exceptions import InvalidParameterValue, SignedUrlExpired, SignedUrlRefused, SignedUrlRevoked
from registry.http.paging import page_of_list
from registry.http.transfer import announced_size, body_of, file_response
from registry.services.artifacts.trees import FileTree


class FilesView(ApiView):
    def where(self, path: str) -> Where:
        return paths.find(self.actor, path)

    def signed_url(self, method: str, route: str, tree: FileTree, **names: object) -> wire.SignedUrlAnswer:
        return {"url": signed_url(self.request, method, route, tree.uid, **names), "headers": []}

    def session(self, token: str, where: Where) -> Session:
        try:
            return Session.read(token, tree=str(where.tree.uid), path=where.path, user=self.actor.principal.pk)
        except InvalidParameterValue as error:
            kind, about = DenialKind.FORGED_UPLOAD_SESSION, f"{where.tree.title}: {where.path}"
            audit.refused(self.actor, kind, Attempt.CONTINUE_UPLOAD, about, error.message)
            raise


class CreateUploadUrl(FilesView):
    @asks(wire.PathParameters)
    def post(self, params: Params) -> wire.SignedUrlAnswer:
        where = self.where(params["path"])
        where.tree.vend_url(where.path, write=True)
        return self.signed_url("PUT", "presigned-file", where.tree, path=where.path)


class CreateDownloadUrl(FilesView):
    @asks(wire.PathParameters)
    def post(self, params: Params) -> wire.SignedUrlAnswer:
        where = self.where(params["path"])
        if link := where.tree.vend_url(where.path, write=False):
            return {"url": link, "headers": []}
        return self.signed_url("GET", "presigned-file", where.tree, path=where.path)


class CreateUploadPartUrls(FilesView):
    @asks(wire.PartUrls)
    def post(self, params: Params) -> wire.PartUrlsAnswer:
        where = self.where(params["path"])
        where.tree.vend_url(where.path, write=True)
        parts = self.session(params["session_token"], where).parts
        urls: list[wire.PartUrl] = []
        for number in range(params["start_part_number"], params["start_part_number"] + params["count"]):
            url = self.signed_url("PUT", "presigned-part", where.tree, parts=parts, number=number)
            urls.append({**url, "part_number": number})
        return {"upload_part_urls": urls}


class CreateAbortUploadUrl(FilesView):
    @asks(wire.UploadSession)
    def post(self, params: Params) -> wire.AbortUrlAnswer:
        where = self.where(params["path"])
        where.tree.require_uploadable(where.path)
        parts = self.session(params["session_token"], where).parts
        return {"abort_upload_url": self.signed_url("DELETE", "presigned-parts", where.tree, parts=parts)}


class Directory(FilesView):
    @asks(wire.ListDirectory)
    def get(self, params: Params, path: str) -> wire.DirectoryListing:
        """List a directory by name, a page at a time."""
        where = self.where(path)
        entries = where.tree.list(where.path)
        size = params.get("page_size") or params.get("max_results") or 0
        rows, token = page_of_list(
            entries,
            key=lambda entry: entry.name,
            size=size if size > 0 else len(entries),
            token=params["page_token"],
            bound_to=f"{self.request.path} for {self.actor.principal.pk}",
        )
        contents: list[wire.DirectoryEntry] = [
            {
                "path": f"{where.prefix}/{entry.path}",
                "name": entry.name,
                "is_directory": entry.is_directory,
                "file_size": entry.size,
                "last_modified": int(entry.modified_at.timestamp() * 1000),
            }
            for entry in rows
        ]
        return {"contents": contents, "next_page_token": token}

    @asks(status=204)
    def put(self, path: str) -> None:
        where = self.where(path)
        where.tree.make_directory(where.path)

    @asks(status=204)
    def delete(self, path: str) -> None:
        where = self.where(path)
        where.tree.remove_directory(where.path)


class File(FilesView):
    @declares(gives_bytes=True)
    def get(self, request: Request, path: str) -> HttpResponseBase:
        where = self.where(path)
        return file_response(request, where.tree, where.path)

    @declares(gives_bytes=True)
    def head(self, request: Request, path: str) -> HttpResponseBase:
        return self.get(request, path)

    @declares(asks=Overwrite, takes_bytes=True, status=204)
    def put(self, request: Request, path: str) -> Response:
        where, params = self.where(path), self.parse_query(Overwrite)
        chunks, size = body_of(request._request), announced_size(request._request)
        where.tree.write(where.path, chunks, size, overwrite=params["overwrite"])
        return Response(status=204)

    @asks(wire.UploadAction)
    def post(self, params: Params, path: str) -> wire.InitiatedUpload:
        """Begin an upload in parts, or turn the parts that have arrived into the file."""
        where = self.where(path)
        if params["action"] == "initiate-upload":
            parts = where.tree.begin_upload(where.path, overwrite=params["overwrite"])
            user, uid = self.actor.principal.pk, str(where.tree.uid)
            return {
                "multipart_upload": {"session_token": Session(uid, where.path, user, parts, params["overwrite"]).sign()}
            }
        where.tree.require_uploadable(where.path)
        session = self.session(params["session_token"], where)
        etags = {part["part_number"]: part["etag"] or "" for part in params["parts"]}
        where.tree.complete_upload(where.path, session.parts, etags, overwrite=session.overwrite)
        return {}

    @asks(status=204)
    def delete(self, path: str) -> None:
        where = self.where(path)
        where.tree.delete(where.path)


class SignedUrl(SignedRequest):
    """The request is made with the credential by which its URL was signed, and with nothing more."""

    def authenticate(self, request: Request) -> tuple[User, Credential]:
        try:
            credential = self._signed_by(request)
        except SignedUrlRefused as error:
            kind = next(kind for refused, kind in _WHY.items() if isinstance(error, refused))
            audit.refused(Actor.of_nobody(request, ""), kind, Attempt.USE_SIGNED_URL, request.path, method="signed URL")
            raise
        return credential.user, credential

    def _signed_by(self, request: Request) -> Credential:
        signed = {name: str(value) for name, value in request.parser_context["kwargs"].items()}
        match = request._request.resolver_match
        return credential_of(
            request.query_params.get("signature", ""),
            route=match.url_name or "" if match else "",
            method=request.method or "",
            version=signed.pop("uid"),
            path="/".join(signed.values()),
        )


_WHY = {
    SignedUrlRevoked: DenialKind.REVOKED_URL,
    SignedUrlExpired: DenialKind.EXPIRED_URL,
    SignedUrlRefused: DenialKind.FORGED_URL,
}


class SignedView(ApiView):
    """A request with a signed URL. The signature says who the caller is; their rights are checked again."""

    authentication_classes = (SignedUrl,)

    def handle_exception(self, exc: Exception) -> Response | HttpResponse:  # type: ignore[override]
        if isinstance(exc, SignedUrlExpired):
            # In the words of S3: on reading them, clients ask for a new URL, with the token that they have now.
            body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
            return HttpResponse(body, status=403, content_type="application/xml; charset=utf-8")
        return super().handle_exception(exc)

    def tree(self, uid: UUID) -> FileTree:
        return paths.by_uid(self.actor, uid)


class PresignedFile(SignedView):
    """Read or write the bytes of a file."""

    @declares(takes_bytes=True)
    def put(self, request: Request, uid: UUID, path: str) -> Response:
        self.tree(uid).write(path, body_of(request._request), announced_size(request._request))
        return Response({})

    @declares(gives_bytes=True)
    def get(self, request: Request, uid: UUID, path: str) -> HttpResponseBase:
        return file_response(request, self.tree(uid), path)

    @declares(gives_bytes=True)
    def head(self, request: Request, uid: UUID, path: str) -> HttpResponseBase:
        return self.get(request, uid, path)


class PresignedPart(SignedView):
    """Receive the bytes of one part of a file."""

    @declares(takes_bytes=True)
    def put(self, request: Request, uid: UUID, parts: UUID, number: int) -> Response:
        chunks, size = body_of(request._request), announced_size(request._request)
        etag = self.tree(uid).write_part(str(parts), number, chunks, size)
        return Response({}, headers={"ETag": f'"{etag}"'})


class PresignedParts(SignedView):
    """Discard all parts that have arrived."""

    @asks()
    def delete(self, uid: UUID, parts: UUID) -> Nothing:
        self.tree(uid).abort_upload(str(parts))
        return {}

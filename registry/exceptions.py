"""What can go wrong in the catalog. No HTTP here: one error needs different statuses on different wires."""


class RegistryError(Exception):
    """Something the caller should hear about, in words that help."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidParameterValue(RegistryError):
    """The request is malformed or breaks a limit."""


class IncompleteBody(InvalidParameterValue):
    """The body of the request ended before it was whole."""


class SlowBody(RegistryError):
    """The body of the request, or its answer, moved slower than this server waits for."""


class InvalidState(RegistryError):
    """The request is well-formed, but the object is not in a state that allows it."""


class DirectoryNotEmpty(InvalidState):
    """A directory was to be deleted without what is in it."""


class Damaged(InvalidState):
    """A file in the storage is not what was uploaded: it is not given out."""


class StorageFull(RegistryError):
    """There is no room for what was to be written."""


class StorageUnavailable(RegistryError):
    """The store that keeps the files does not answer, or not as it should."""


class SourceUnavailable(StorageUnavailable):
    """Another server, from which something is to be read, does not answer."""


class NoSuchUpload(RegistryError):
    """An upload in parts has been completed, aborted or swept away."""


class DoesNotExist(RegistryError):
    """There is no such object, or none that the caller can see."""


class FileDoesNotExist(DoesNotExist):
    """There is no such file or directory among the artifacts. (Clients distinguish it from the other kind.)"""


class AlreadyExists(RegistryError):
    """An object of that name is there already, and the caller may know that."""


class FileAlreadyExists(AlreadyExists):
    """There is such a file among the artifacts, and it was not to be replaced."""


class PermissionDenied(RegistryError):
    """The caller may see the object, but not do this to it."""


class SignedUrlRefused(PermissionDenied):
    """A signed URL that was not made here, or was made for something else."""


class SignedUrlExpired(SignedUrlRefused):
    """A genuine signed URL that is too old, or has ended otherwise: a new one has to be asked for."""


class SignedUrlRevoked(SignedUrlExpired):
    """A genuine signed URL whose token has ended before it."""


class TooLarge(InvalidParameterValue):
    """A file, or a version, would have more bytes than this installation takes."""


class QuotaExceeded(RegistryError):
    """One more would be over a quota of this installation."""


class TrackingUnavailable(RegistryError):
    """The process that keeps runs does not answer."""


class PrincipalDoesNotExist(DoesNotExist):
    """A grant or an owner names no one."""

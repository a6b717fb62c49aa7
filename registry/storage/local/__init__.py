"""Artifacts on the local disk: ``local:///<uid>`` is the folder ``<root>/<first two digits>/<uid>``."""

from registry.storage.local.files import LocalFiles
from registry.storage.local.lender import LocalLender
from registry.storage.local.uploads import LocalUploads

__all__ = ["LocalFiles", "LocalLender", "LocalUploads"]

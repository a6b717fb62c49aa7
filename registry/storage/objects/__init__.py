"""Files as objects of a store in the cloud. What differs between stores is a ``Bucket``; all else is written once.

A location is ``<root>/<installation>/<uid>``, where a root is an address such as ``s3://bucket/prefix``. The files of a
version are the objects below it, called by their paths, so that other tools read them with a credential for that place.
Beside the locations lie ``incoming/`` (parts of uploads) and ``inbox/`` (what clients write by themselves).
"""

from registry.storage.objects.files import ObjectFiles
from registry.storage.objects.lender import ObjectLender
from registry.storage.objects.uploads import ObjectUploads

__all__ = ["ObjectFiles", "ObjectLender", "ObjectUploads"]

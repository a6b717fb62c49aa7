"""Static files with hashed names, also inside the import statements of our ES modules."""

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

from registry.durable import sync_directory, write_durably


class ModuleAwareStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    support_js_module_import_aggregation = True


def collect() -> None:
    """Collect the static files. A power cut in the middle, or soon after, leaves empty ones: then they are made again.

    The mark says that what had been collected has reached the disk.
    """
    mark, root = settings.STATIC_MARK, Path(settings.STATIC_ROOT)
    if mark.exists():
        mark.unlink()
        sync_directory(mark.parent)
    elif root.exists():
        shutil.rmtree(root)
    call_command("collectstatic", interactive=False, verbosity=0)
    os.sync()
    write_durably(mark, b"")

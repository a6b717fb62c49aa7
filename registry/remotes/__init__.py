"""Other servers that models are read from: their wires, in the words of ``records``.

Only what is here sends requests to an address that a user has named, and only through ``connection``.
"""

from registry.remotes.catalog_explorer import CatalogExplorer
from registry.remotes.connection import Connection, Credential
from registry.remotes.mlflow import MlflowServer
from registry.remotes.records import Remote
from registry.remotes.workspace import WorkspaceRegistry

MLFLOW, WORKSPACE, CATALOG_EXPLORER = "MLFLOW", "WORKSPACE", "CATALOG_EXPLORER"
_KINDS = {MLFLOW: MlflowServer, WORKSPACE: WorkspaceRegistry, CATALOG_EXPLORER: CatalogExplorer}


def connect(kind: str, address: str, credential: Credential, *, is_trusted: bool) -> Remote:
    """Return the registry of that kind at an address; nothing is asked yet.

    ``is_trusted``: whoever has named the address may reach what this machine reaches, also within its network.
    """
    remote: Remote = _KINDS[kind](Connection(address, credential, is_trusted=is_trusted))
    return remote

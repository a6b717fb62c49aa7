"""``/api/2.1/imports``: registries of other servers, brought here."""

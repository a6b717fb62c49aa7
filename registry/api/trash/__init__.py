"""``/api/2.1/trash``: what was deleted, and can be restored."""

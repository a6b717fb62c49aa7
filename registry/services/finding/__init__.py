"""How one finds things again: look-up, facets, pins, saved searches, statements."""

"""How users find things again: look-up, facets, pins, saved searches, statements."""

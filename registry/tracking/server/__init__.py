"""MLflow's tracking store, in a separate process that imports nothing from Django.

It listens on a socket in DATA_DIR, which no other account of the machine can open, and trusts what it gets from those
who can: the experiments of a request are in a header (``scope``).
"""

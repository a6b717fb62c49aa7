"""MLflow's tracking store, in a process of its own that imports nothing of Django.

It listens on a socket in DATA_DIR, which no other account of the machine can open, and believes what it is told by who
may: the experiments of a request stand in a header (``scope``).
"""

"""An MLflow server that is not ours, in place of the process that keeps runs (TRACKING_URL).

It is asked only through its own API, and doesn't know our rights: what our process narrows in SQL is narrowed here, by
what is asked and by what is passed on. Its files are a storage backend (``registry.storage.attached``).
"""

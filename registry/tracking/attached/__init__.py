"""An MLflow server that is not ours, in the place of the process that keeps runs (TRACKING_URL).

It is asked in its own API alone, and knows nothing of our rights: what our process narrows in SQL is narrowed here, by
what is asked and by what is passed on. Its files are a storage backend (``registry.storage.attached``).
"""

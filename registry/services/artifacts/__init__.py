"""The files of versions: sent, kept, compared, read."""

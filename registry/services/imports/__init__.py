"""Bringing here what another registry keeps."""

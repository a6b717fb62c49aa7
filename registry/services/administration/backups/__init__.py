"""A backup is a folder: the database as it was in one moment, and every file that it names.

manifest.json      what the others are, with their SHA-256; written last, so a folder without it is no backup
database.*         SQLite's file, or what pg_dump writes
files.jsonl        a line for each file of a version: where it belongs, its size and SHA-256
artifacts/         those files, by the uid of their version
findings.txt       what did not compare with the database when it was copied
secret_key, audit_key, audit_head, installation
"""

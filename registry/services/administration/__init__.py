"""The installation as a whole: its identity, health, integrity and backups."""

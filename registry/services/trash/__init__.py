"""What was deleted, kept for some days and put back as it was."""

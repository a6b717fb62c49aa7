"""What is done with versions that are there: copied, compared, described, traced."""

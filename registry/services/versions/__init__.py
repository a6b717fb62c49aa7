"""What is done with existing versions: copied, compared, described, traced."""

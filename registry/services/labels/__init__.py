"""Tags, the policies of those that are governed, and certification."""

"""Who may do what, why, and how to ask for it."""

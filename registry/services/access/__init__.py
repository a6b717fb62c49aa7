"""Who may do what, why, and how one asks for it."""

"""Users, groups, service principals, and what they sign in with."""

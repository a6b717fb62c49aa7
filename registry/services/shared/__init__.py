"""What all the services need: ownership, names, and quotas."""

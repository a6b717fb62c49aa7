"""What happened, and who is notified of it: the audit log, notifications, watching, discussions."""

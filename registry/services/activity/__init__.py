"""What happened, and who hears of it: the audit log, notifications, watching, discussions."""

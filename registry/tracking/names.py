"""What both ends of the line call things."""

SCOPE = "X-Experiments"
"""The header that says which experiments a request may touch: numbers and ranges of them, or ``*`` for all."""
DATABASE = "TRACKING_DATABASE"
"""The environment variable with the address of the tracking store's database, as SQLAlchemy writes it."""
SCHEMA = "mlflow_tracking"
"""Where its tables lie in PostgreSQL: beside the product's own, whose database it shares."""

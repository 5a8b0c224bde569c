"""What a dashboard draws of each kind of endpoint, as data."""

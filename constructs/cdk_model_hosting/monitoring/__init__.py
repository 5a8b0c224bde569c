"""What is watched: alarms on what an endpoint publishes."""

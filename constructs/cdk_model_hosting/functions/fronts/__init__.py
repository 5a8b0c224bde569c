"""How requests reach a function: not at all but directly, over HTTPS, or from a queue."""

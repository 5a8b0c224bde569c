"""How an endpoint grows and shrinks with its traffic."""

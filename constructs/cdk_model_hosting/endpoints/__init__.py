"""How a model answers: endpoints, their fleets and variants."""

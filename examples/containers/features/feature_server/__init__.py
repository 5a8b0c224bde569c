"""The container in front of a fraud model: makes of payments, as shops report them, the features that the model reads."""

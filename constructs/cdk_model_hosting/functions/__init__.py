"""Models inside Lambda functions: how code, packages and model come to a function, and how its versions replace each other."""

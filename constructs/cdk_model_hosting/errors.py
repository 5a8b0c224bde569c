"""The one error this library raises."""


class ConfigurationError(ValueError):
    """A construct was configured in a way that the service would refuse, or that cannot work.

    It is raised while the app is being built, so that nothing wrong reaches a deployment. Every message is one sentence
    of the same grammar:

    - *what*: the argument as the user typed it (``Fleet volume_gb``),
    - *rule*: what the service allows (``must be 1-512 GB``),
    - *value*: what was given (``got 900``),
    - *why*: the reason behind the rule (``SageMaker attaches one EBS volume of at most that size``).

    For example: ``Fleet volume_gb must be 1-512 GB, got 900: SageMaker attaches one EBS volume of at most that size``.

    Values that are only known at deploy time (Tokens) pass every check.
    """

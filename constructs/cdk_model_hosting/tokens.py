"""Recognising CDK Tokens in plain Python.

``cdk.Token.is_unresolved`` crosses into the node kernel on every call; checks run on every argument of every construct,
so they ask this module instead.
"""

import struct

_STRING_MARKER = "${Token["
_LIST_MARKER = "#{Token["
# CDK encodes a number Token as a double whose two leading bytes no sensible configuration value has.
_NUMBER_MARKER = b"\xfb\xff"


def is_token(value: object) -> bool:
    """Whether a value is known only at deploy time.

    Args:
        value: Any argument of a construct. A string counts when any part of it is a Token, a list when it is an encoded
            list Token, an object when its class is an ``IResolvable``.

    Returns:
        True for what ``cdk.Token.is_unresolved`` calls unresolved.
    """
    if value is None or isinstance(value, bool):
        return False
    if isinstance(value, str):
        return _STRING_MARKER in value
    if isinstance(value, int | float):
        return _is_number_token(value)
    if isinstance(value, list | tuple):
        return len(value) == 1 and isinstance(value[0], str) and value[0].startswith(_LIST_MARKER)
    return _resolves(value)


def _resolves(value: object) -> bool:
    """Whether an object is an ``IResolvable``: a Size, a Duration or a bucket is none."""
    kind = type(value)
    # The class is asked, never the value: that would be a call into the CDK kernel.
    if hasattr(kind, "resolve") and hasattr(kind, "creation_stack"):
        return True
    # What the kernel hands back by several interfaces at once.
    return kind.__module__.startswith("jsii.") and any(_resolves(each) for each in vars(value).get("_delegates", ()))


def _is_number_token(value: float) -> bool:
    if value > -1e288:  # noqa: PLR2004 - number Tokens start near -1.88e289; nothing a user types is that low
        return False
    try:
        return struct.pack(">d", value)[:2] == _NUMBER_MARKER
    except (OverflowError, struct.error):  # an int that no double can hold
        return False

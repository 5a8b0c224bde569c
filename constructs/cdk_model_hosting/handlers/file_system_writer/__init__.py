"""The file system writer: a function in a VPC that unpacks models into a file system, and removes them.

It is invoked by the file system publisher, which stands outside of the VPC and answers CloudFormation: from inside of a VPC without a
way out, nobody could. What it is asked for and what it says is in `request`.

A model gets a folder that is named after the SHA-256 of its archive, and gets it at the very end, when all of it is there and
checked: no function ever finds a part of a model. Beside it is written down who uses it, and the last one to leave removes it.

The folder and what it shares with its neighbours are a package of their own inside the function, so its modules import each
other relatively.
"""

from .entry import handler

__all__ = ["handler"]

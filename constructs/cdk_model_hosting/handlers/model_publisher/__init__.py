"""The model publisher: a function that puts model archives where a multi-model endpoint looks for them.

It answers one custom resource, `Custom::PublishedModel`: each is an archive that is copied into a store, under a name of its
own. S3 copies it by itself, part by part, so that an archive of any size passes neither through the function's memory nor its
disk.

The folder and what it shares with its neighbours are a package of their own inside the function, so its modules import each
other relatively.
"""

from .entry import handler

__all__ = ["handler"]

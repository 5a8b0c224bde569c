"""As whom, and in which folder, functions see a file system."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_model_hosting.limits import (
    FUNCTION_ACCESS_POINT_PATH,
    FUNCTION_FOLDER_MODE,
    FUNCTION_MOUNT_PATH,
    FUNCTION_POSIX_ID,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """As whom, and in which folder, functions see a file system.

    Whoever comes through an access point sees its folder alone, and is its user, whatever user he says he is. The folder is made
    when somebody first comes.

    Args:
        folder: The folder of the file system that has the models.
        uid: Number of the user, who owns the folder.
        gid: Number of the user's group.
        mode: Permissions of the folder, as octal digits. The user must be able to write, to publish models.
        mount_path: Where functions find it: ``/mnt/`` and a name.

    Raises:
        ConfigurationError: When EFS or Lambda would refuse one of them.

    See: https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html
    """

    folder: str = "/models"
    uid: int = 1000
    gid: int = 1000
    mode: str = "750"
    mount_path: str = "/mnt/models"

    def __post_init__(self) -> None:
        FUNCTION_ACCESS_POINT_PATH.check("AccessPoint folder", self.folder, optional=False)
        FUNCTION_POSIX_ID.check("AccessPoint uid", self.uid, optional=False)
        FUNCTION_POSIX_ID.check("AccessPoint gid", self.gid, optional=False)
        FUNCTION_FOLDER_MODE.check("AccessPoint mode", self.mode, optional=False)
        FUNCTION_MOUNT_PATH.check("AccessPoint mount_path", self.mount_path, optional=False)

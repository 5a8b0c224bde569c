"""As whom, and in which folder, functions see a file system."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    FUNCTION_ACCESS_POINT_PATH,
    FUNCTION_FOLDER_MODE,
    FUNCTION_MOUNT_PATH,
    FUNCTION_POSIX_ID,
)
from cdk_model_hosting.tokens import is_token

_ROOT = "/"
_DIGITS_OF_ALL = 3
_EVERYTHING = 0o7


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """As whom, and in which folder, functions see a file system.

    Whoever comes through an access point sees its folder alone, and is its user, whatever user he says he is. The folder is made
    when somebody first comes.

    Args:
        folder: The folder of the file system that has the models. Into the root, which belongs to root, none can be published.
        uid: Number of the user, who owns the folder.
        gid: Number of the user's group.
        mode: Permissions of the folder, as octal digits. The user must have all of them (7), to publish models.
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

    def check_publishing(self) -> None:
        """Refuse a folder that the access point's user cannot put models into.

        Raises:
            ConfigurationError: When it is the root, or its mode does not let its owner in.
        """
        if self.folder == _ROOT:
            raise ConfigurationError(
                f"AccessPoint folder must not be the root for ModelDelivery.file_system_asset, got {self.folder!r}: the root of a file "
                "system belongs to root, and the access point's user cannot write there"
            )
        if not is_token(self.mode) and int(self.mode[-_DIGITS_OF_ALL], 8) != _EVERYTHING:
            raise ConfigurationError(
                f"AccessPoint mode must let the owner read, write and enter (7, such as 750) for ModelDelivery.file_system_asset, got "
                f"{self.mode!r}: the access point's user owns the folder, and models are put there by it"
            )

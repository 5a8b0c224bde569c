"""Limits of the file systems that functions have models on."""

from cdk_model_hosting.limits.kinds import Limit, TextLimit

_READ = "2026-11-21"
_ACCESS_POINT = "https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html"
_CREATION = "https://docs.aws.amazon.com/efs/latest/APIReference/API_CreationInfo.html"

FUNCTION_MOUNT_PATH = TextLimit(
    name="path at which a function has a file system",
    low=6,
    high=160,
    pattern=r"/mnt/[A-Za-z0-9_.-]+",
    shape="/mnt/ and letters, digits, dots, hyphens and underscores",
    why="Lambda mounts nothing elsewhere",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_FileSystemConfig.html",
    read=_READ,
)
FUNCTION_ACCESS_POINT_PATH = TextLimit(
    name="folder of an access point",
    low=1,
    high=100,
    pattern=r"/|(/(?!\.)[^$#<>;`|&?{}^*/\n]+){1,4}",
    shape="/, or 1-4 folders, none of which begins with a dot",
    why="EFS opens no other folder to an access point",
    source="https://docs.aws.amazon.com/efs/latest/APIReference/API_RootDirectory.html",
    read=_READ,
)
FUNCTION_POSIX_ID = Limit(
    name="user or group that an access point stands for",
    low=1,
    high=4_294_967_295,
    why="0 is root, which takes a permission that no model needs",
    source=_ACCESS_POINT,
    read=_READ,
)
FUNCTION_FOLDER_MODE = TextLimit(
    name="permissions of an access point's folder",
    low=3,
    high=4,
    pattern=r"[0-7]{3,4}",
    shape="octal digits",
    why="EFS sets them when it makes the folder",
    source=_CREATION,
    read=_READ,
)
FUNCTION_PUBLISHED_MB = Limit(
    name="model that a deployment unpacks into a file system",
    low=0,
    high=20_480,
    unit="MB",
    integer=False,
    why="what unpacks it is a function of twelve minutes, with 30 MB a second to be safe; bring a larger one there in another way",
    source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
    read=_READ,
)

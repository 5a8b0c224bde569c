"""Places in the local S3, spelled as SageMaker takes them: ``s3://bucket/key`` or an https address of the bucket."""

import re
from dataclasses import dataclass

from tests.local_aws.server.sagemaker import cloud

_HOSTED = re.compile(r"https://(?P<bucket>[^/]+)\.s3[.-][^/]*amazonaws\.com(?:\.cn)?/?(?P<key>.*)")
_PATHED = re.compile(r"https://s3[.-][^/]*amazonaws\.com(?:\.cn)?/(?P<bucket>[^/]+)/?(?P<key>.*)")
_PLAIN = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<key>.*)")


@dataclass(frozen=True, slots=True)
class Location:
    """An object or a prefix in the local S3.

    Args:
        bucket: The bucket.
        key: The key or the prefix.
    """

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> "Location":
        """Read a location; one that cannot be read is in a bucket that does not exist."""
        match = _PLAIN.fullmatch(text) or _PATHED.fullmatch(text) or _HOSTED.fullmatch(text)
        return cls(match["bucket"], match["key"]) if match else cls("", text)

    def __str__(self) -> str:
        """Return the location in the form ``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"

    def under(self, *names: str) -> "Location":
        """Return a place below this prefix."""
        return Location(self.bucket, "/".join(part.strip("/") for part in (self.key, *names) if part.strip("/")))

    def read(self) -> bytes | None:
        """Read the object, or return None where there is none."""
        return cloud.read_object(self.bucket, self.key)

    def write(self, data: bytes, content_type: str, kms_key: str = "") -> bool:
        """Write the object; return whether it could be written."""
        return cloud.write_object(self.bucket, self.key, data, content_type, kms_key)

"""What the tests of Lambda functions do over and over: archives, images, functions, invocations."""

import io
import json
import subprocess
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import unique

SECONDS_TO_SETTLE = 120.0
REPOSITORY_NAME = "functions"


def archived(code: str) -> bytes:
    """An archive whose only module is ``index``."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", code)
    return archive.getvalue()


@dataclass
class Functions:
    """A local AWS, and short words for what Lambda is asked to do.

    Args:
        local: The local AWS.
    """

    local: LocalAws
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.local.client("lambda")

    @property
    def role(self) -> str:
        """Any role: what it may do is not looked at."""
        return f"arn:aws:iam::{self.local.account}:role/function"

    def create(self, code: str, *, variables: Mapping[str, str] | None = None, **settings: Any) -> str:
        """Create a function of an archive and return its name."""
        given = {"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": archived(code)}}
        return self._create(given, variables or {}, settings)

    def create_image(self, uri: str, *, variables: Mapping[str, str] | None = None, **settings: Any) -> str:
        """Create a function of an image and return its name."""
        return self._create({"PackageType": "Image", "Code": {"ImageUri": uri}}, variables or {}, settings)

    def publish(self, name: str, alias: str = "") -> str:
        """Publish a version, and let an alias name it; return its number."""
        self.client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
        version = str(self.client.publish_version(FunctionName=name)["Version"])
        if alias:
            self.client.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
        return version

    def invoke(self, name: str, event: Any = None, qualifier: str = "") -> Any:
        """What a function answers."""
        chosen = {"Qualifier": qualifier} if qualifier else {}
        answer = self.client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **chosen)
        return json.loads(answer["Payload"].read())

    def image(self, context: Path, *build_args: str, tag: str = "", variables: Mapping[str, str] | None = None) -> str:
        """Build a folder and push the image; return its URI."""
        host = f"{self.local.account}.dkr.ecr.{self.local.region}.amazonaws.com"
        uri = f"{host}/{REPOSITORY_NAME}:{tag or unique('image')}"
        ecr = self.local.client("ecr")
        if not any(each["repositoryName"] == REPOSITORY_NAME for each in ecr.describe_repositories()["repositories"]):
            ecr.create_repository(repositoryName=REPOSITORY_NAME)
        given = [word for argument in build_args for word in ("--build-arg", argument)]
        environment = {**self.local.environment(), **(variables or {})}
        for words in (["build", *given, "--tag", uri, str(context)], ["push", uri]):
            command = [environment["CDK_DOCKER"], *words]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, input="")
            assert done.returncode == 0, done.stderr
        return uri

    def settled(self, name: str, qualifier: str) -> dict[str, Any]:
        """The configuration of a version that is no longer pending."""
        deadline = time.monotonic() + SECONDS_TO_SETTLE
        while True:
            known = self.client.get_function_configuration(FunctionName=name, Qualifier=qualifier)
            if known["State"] != "Pending":
                return dict(known)
            assert time.monotonic() < deadline, known
            time.sleep(0.05)

    def _create(self, given: dict[str, Any], variables: Mapping[str, str], settings: dict[str, Any]) -> str:
        name = unique("function")
        self.client.create_function(
            FunctionName=name, Role=self.role, Environment={"Variables": dict(variables)}, **given, **settings
        )
        return name


def laid_out(folder: Path, dockerfile: str, files: Mapping[str, str]) -> Path:
    """A build context: a Dockerfile, and files by their names."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder

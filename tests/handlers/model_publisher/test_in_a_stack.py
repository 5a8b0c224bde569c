"""The publisher as a function on the local AWS, deployed by the real CDK command and called by its CloudFormation."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import ModelArtifact, ModelStore
from tests.local_aws.cdk import Cdk, CdkError
from tests.local_aws.lifecycle import LocalAws

Add = Callable[[ModelStore, s3.IBucket], object]

BUCKET = "releases-of-models"


class Shop:
    """A stack with a store, deployed again and again."""

    def __init__(self, local: LocalAws, scratch: Path) -> None:
        self.local, self.scratch = local, scratch
        self.client: Any = local.client("s3")
        self.deployed = 0

    def deploy(self, add: Add) -> None:
        """Deploy the stack with these models in its store."""
        self.assemble(add).deploy()

    def assemble(self, add: Add) -> Cdk:
        self.deployed += 1
        folder = self.scratch / f"assembly-{self.deployed}"
        app = cdk.App(outdir=str(folder))
        environment = cdk.Environment(account=self.local.account, region=self.local.region)
        stack = cdk.Stack(app, "Shop", env=environment)
        store = ModelStore(stack, "Models")
        add(store, s3.Bucket.from_bucket_name(stack, "Releases", BUCKET))
        cdk.CfnOutput(stack, "Bucket", value=store.bucket.bucket_name)
        app.synth()
        return Cdk(local=self.local, assembly=folder)

    def folder(self, content: str) -> Path:
        """A trained model."""
        folder = self.scratch / "model"
        folder.mkdir(exist_ok=True)
        (folder / "model.txt").write_text(content)
        return folder

    def models(self) -> dict[str, int]:
        """Archives in the store and their sizes."""
        (bucket,) = (each["Name"] for each in self.client.list_buckets()["Buckets"] if "modelsbucket" in each["Name"])
        listed = self.client.list_objects_v2(Bucket=bucket, Prefix="models/").get("Contents", [])
        return {each["Key"].removeprefix("models/"): each["Size"] for each in listed}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    local = LocalAws.start(tmp_path_factory.mktemp("local-aws"))
    try:
        Cdk(local=local, assembly=tmp_path_factory.mktemp("bootstrap")).bootstrap()
        yield Shop(local, tmp_path_factory.mktemp("shop"))
    finally:
        local.stop()


def test_models_come_with_the_stack_and_stay_when_it_goes(shop: Shop) -> None:
    shop.client.create_bucket(Bucket=BUCKET)
    shop.client.put_object(Bucket=BUCKET, Key="ads/7/model.tar.gz", Body=b"seven bytes or so")
    targets: dict[str, str] = {}

    def both(version: str, trained: str) -> Add:
        def add(store: ModelStore, releases: s3.IBucket) -> None:
            released = ModelArtifact.from_bucket(releases, "ads/{version}/model.tar.gz", version=version)
            targets["ads"] = store.add_model("ads", released)
            targets["fraud"] = store.add_model("fraud", ModelArtifact.from_asset(shop.folder(trained)))

        return add

    shop.deploy(both("7", "first"))
    first = dict(targets)
    assert first["ads"] == "ads-7.tar.gz"
    assert sorted(shop.models()) == sorted(first.values())
    assert shop.models()["ads-7.tar.gz"] == 17

    # A version that is not there fails the deployment, which goes back to the one that is.
    with pytest.raises(CdkError, match=r"there is no archive s3://releases-of-models/ads/8/model\.tar\.gz"):
        shop.deploy(both("8", "second"))

    shop.client.put_object(Bucket=BUCKET, Key="ads/8/model.tar.gz", Body=b"better")
    shop.deploy(both("8", "second"))
    assert sorted(shop.models()) == sorted({*first.values(), *targets.values()})
    assert len(shop.models()) == 4

    shop.assemble(both("8", "second")).destroy()
    assert len(shop.models()) == 4

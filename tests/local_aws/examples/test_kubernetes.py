"""The Kubernetes examples by the real command line: what is in their clusters, what a change does to it, and that all of it goes."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from examples.fraud.records import sample_records
from examples.fraud.train import NAME, RECIPES
from stacks.gpu_batch_job import GpuBatchJobStack
from stacks.gpu_node_group import GpuNodeGroupStack
from stacks.gpu_triton import GpuTritonStack
from tests.local_aws.examples.assembling import assemble
from tests.local_aws.examples.deciding import TOLERANCE, probabilities
from tests.local_aws.kubernetes import Kubernetes
from tests.local_aws.training import train
from tests.triton.needed import needed
from tests.triton.server import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import aws_cdk as cdk

    from examples.fraud.train import TrainedModel
    from tests.local_aws.cdk import Cdk
    from tests.local_aws.examples.assembling import Make
    from tests.local_aws.lifecycle import LocalAws

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]
OLD, NEW = "1.36.1-20261005", "1.36.1-20261102"
# What an image needs to be played: the packages of the example's own are large.
DOCKERFILE = "FROM python:3.13-slim\nCOPY worker.py /opt/worker.py\n"


class Example:
    """One stack, deployed as often as a test asks for it."""

    def __init__(self, local: LocalAws, scratch: Path, name: str) -> None:
        self.local = local
        self.name = name
        self.outputs: dict[str, str] = {}
        self._scratch = scratch
        self._deployments = 0

    def deploy(self, make: Make) -> Cdk:
        """Deploy it, and see that a second deployment would find nothing to do."""

        def with_zones(app: cdk.App, environment: cdk.Environment) -> None:
            # The command line asks AWS for them otherwise, and synthesizes once more.
            key = f"availability-zones:account={environment.account}:region={environment.region}"
            app.node.set_context(key, ZONES)
            make(app, environment)

        self._deployments += 1
        made = assemble(self.local, self._scratch / f"{self.name}.{self._deployments}", with_zones)
        self.outputs = made.deploy(self.name)[self.name]
        assert made.is_deployed(self.name)
        return made

    def group(self, cluster: str, prefix: str) -> dict[str, Any]:
        """A node group, as EKS describes it."""
        eks = self.local.client("eks")
        names = eks.list_nodegroups(clusterName=cluster)["nodegroups"]
        (name,) = (each for each in names if each.startswith(prefix))
        return dict(eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"])


class Served(Example):
    """The example of a server."""

    def __init__(self, local: LocalAws, scratch: Path, name: str) -> None:
        super().__init__(local, scratch, name)
        self.models: dict[str, TrainedModel] = {}

    def update(self, *, version: str = "1", release: str = OLD, most: int = 6) -> Cdk:
        """Deploy it with a version of the model."""
        folder = self._scratch / f"model-{version}"
        self.models[version] = train(RECIPES[version])
        self.models[version].export(folder, name=NAME, version=version)
        return self.deploy(
            lambda app, env: GpuTritonStack(
                app, self.name, model_folder=str(folder), release=release, most=most, env=env
            )
        )

    @property
    def cluster(self) -> str:
        """Name of its cluster."""
        return self.outputs["ClusterName"]

    @property
    def inside(self) -> Kubernetes:
        """What is in the cluster."""
        return Kubernetes(self.local, self.cluster)

    def pod(self) -> dict[str, Any]:
        """What the server's pods are."""
        return dict(self.inside.object("Rollout", "fraud")["spec"]["template"]["spec"])

    def download(self, folder: Path) -> set[str]:
        """Do what a pod does before its server starts, from where it looks; the files that are there then."""
        command = self.pod()["initContainers"][0]["command"]
        (address,) = (each for each in command if each.startswith("s3://"))
        bucket, _, key = address.removeprefix("s3://").partition("/")
        body = self.local.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as packed:
            packed.extractall(folder, filter="data")
        return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture(scope="module")
def served(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A cluster with a server; once the stack is gone, so is the cluster."""
    example = Served(bootstrapped, tmp_path_factory.mktemp("served"), "GpuTriton")
    made = example.update()
    yield example
    made.delete(example.name)
    assert example.cluster not in bootstrapped.client("eks").list_clusters()["clusters"]


def test_a_server_stands_in_a_cluster_without_a_gpu(served: Served) -> None:
    inside = served.inside
    assert inside.releases().keys() == {
        *("argo-rollouts", "cluster-autoscaler", "keda", "nvidia-device-plugin", "prometheus")
    }
    assert "models" in inside.told()["namespaces"]
    assert inside.names("Service") == inside.names("Rollout") == inside.names("ScaledObject") == ["fraud"]
    assert served.outputs["Address"] == "http://fraud.models.svc:8000"
    group = served.group(served.cluster, "gpu-")
    assert group["scalingConfig"] == {"minSize": 0, "maxSize": 6, "desiredSize": 0}
    assert (group["amiType"], group["releaseVersion"]) == ("AL2023_x86_64_NVIDIA", OLD)


def test_the_autoscaler_is_told_of_the_group_and_may_resize_it_alone(served: Served) -> None:
    (values,) = (served.inside.releases()["cluster-autoscaler"]["values"],)
    assert values["autoDiscovery"] == {"clusterName": served.cluster}
    group = served.group(served.cluster, "gpu-")
    assert group["tags"]["k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu"] == "1"
    assert group["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]


def test_a_real_triton_decides_by_what_a_pod_downloads_and_is_told(served: Served, tmp_path: Path) -> None:
    assert served.download(tmp_path / "models") >= {
        "fraud/config.pbtxt",
        "classifier/1/model.onnx",
        "reader/1/model.py",
    }
    (container,) = served.pod()["containers"]
    told = [each.replace("=/models", f"={tmp_path / 'models'}") for each in container["args"]]
    records = sample_records(20).records
    data = [json.dumps(each) for each in records]
    asked = {"name": "transaction", "datatype": "BYTES", "shape": [len(data), 1], "data": data}
    (tmp_path / "triton").mkdir()

    with running(needed(), tmp_path / "triton", *told) as server:
        answer = server.infer("fraud", asked).outputs()

    expected = probabilities(served.models["1"], records)
    assert answer["fraud_probability"] == pytest.approx(expected, abs=TOLERANCE)


def test_a_new_model_and_a_new_image_of_the_nodes_keep_what_runs(served: Served, tmp_path: Path) -> None:
    before, objects = served.pod(), {kind: served.inside.names(kind) for kind in ("Service", "PodDisruptionBudget")}
    group = served.group(served.cluster, "gpu-")
    served.local.client("eks").update_nodegroup_config(
        clusterName=served.cluster, nodegroupName=group["nodegroupName"], scalingConfig={"desiredSize": 3}
    )

    served.update(version="2", release=NEW, most=8)

    after = served.group(served.cluster, "gpu-")
    assert after["nodegroupArn"] == group["nodegroupArn"]
    assert after["releaseVersion"] == NEW
    assert after["scalingConfig"] == {"minSize": 0, "maxSize": 8, "desiredSize": 3}
    # The download is another, and so is the pod: the canary begins. Nobody says how many pods there are but KEDA.
    assert served.pod()["initContainers"] != before["initContainers"]
    assert served.pod()["containers"] == before["containers"]
    assert "replicas" not in served.inside.object("Rollout", "fraud")["spec"]
    assert served.download(tmp_path) >= {"fraud/config.pbtxt", "classifier/1/model.onnx"}
    assert {kind: served.inside.names(kind) for kind in objects} == objects


def test_a_cluster_that_exists_gains_two_groups(served: Served, tmp_path: Path) -> None:
    described = served.local.client("eks").describe_cluster(name=served.cluster)["cluster"]
    ids = described["resourcesVpcConfig"]["subnetIds"]
    subnets = served.local.client("ec2").describe_subnets(SubnetIds=ids)["Subnets"]
    guest = Example(served.local, tmp_path, "GpuNodeGroup")

    def deployed(*, release: str, most: int) -> Cdk:
        return guest.deploy(
            lambda app, env: GpuNodeGroupStack(
                app,
                guest.name,
                cluster_name=served.cluster,
                vpc_id=subnets[0]["VpcId"],
                zones=[each["AvailabilityZone"] for each in subnets],
                subnet_ids=[each["SubnetId"] for each in subnets],
                release=release,
                most=most,
                env=env,
            )
        )

    deployed(release=OLD, most=2)
    spot, on_demand = (guest.group(served.cluster, prefix) for prefix in ("spot-", "on-demand-"))
    assert [each["capacityType"] for each in (spot, on_demand)] == ["SPOT", "ON_DEMAND"]
    assert spot["nodegroupName"] == guest.outputs["SpotGroup"]
    made = deployed(release=NEW, most=5)
    changed = guest.group(served.cluster, "spot-")
    assert changed["nodegroupArn"] == spot["nodegroupArn"]
    assert (changed["releaseVersion"], changed["scalingConfig"]["maxSize"]) == (NEW, 5)

    made.delete(guest.name)
    left = served.local.client("eks").list_nodegroups(clusterName=served.cluster)["nodegroups"]
    assert not [each for each in left if each.startswith(("spot-", "on-demand-"))]


def test_a_job_waits_for_its_day_on_nodes_that_are_not_there(bootstrapped: LocalAws, tmp_path: Path) -> None:
    worker = tmp_path / "worker" / "batch_job"
    worker.mkdir(parents=True)
    (worker / "Dockerfile").write_text(DOCKERFILE.replace("COPY ", "COPY batch_job/"))
    (worker / "worker.py").write_text("print('done')\n")
    example = Example(bootstrapped, tmp_path, "GpuBatchJob")

    def deployed(*, release: str, shards: int) -> Cdk:
        return example.deploy(
            lambda app, env: GpuBatchJobStack(
                app,
                example.name,
                bucket_name="payments",
                worker_folder=str(tmp_path / "worker"),
                release=release,
                shards=shards,
                env=env,
            )
        )

    deployed(release=OLD, shards=8)
    inside = Kubernetes(bootstrapped, example.outputs["ClusterName"])
    assert {"karpenter", "karpenter-crd", "nvidia-device-plugin"} == inside.releases().keys()
    schedule = inside.object("CronJob", example.outputs["JobName"])["spec"]
    job = schedule["jobTemplate"]["spec"]
    assert (schedule["schedule"], job["completions"], job["completionMode"]) == ("0 3 1 * *", 8, "Indexed")
    (container,) = job["template"]["spec"]["containers"]
    repository, _, tag = container["image"].rpartition("/")[2].partition(":")
    pushed = bootstrapped.client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    assert pushed["imageDetails"]
    told = {each["name"]: each.get("value") for each in container["env"]}
    assert (told["SHARD_URI"], told["OUTPUT_URI"]) == ("s3://payments/payments/", "s3://payments/decisions/")
    assert inside.object("NodePool", "pool")["spec"]["limits"] == {"nvidia.com/gpu": 8}

    made = deployed(release=NEW, shards=16)
    changed = inside.object("CronJob", example.outputs["JobName"])["spec"]["jobTemplate"]["spec"]
    assert changed["completions"] == 16
    (image,) = inside.object("EC2NodeClass", "pool")["spec"]["amiSelectorTerms"]
    assert image == {"alias": "al2023@v20261102"}

    made.delete(example.name)
    assert example.outputs["ClusterName"] not in bootstrapped.client("eks").list_clusters()["clusters"]

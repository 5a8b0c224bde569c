from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.kubernetes.servers.volumes import PodVolume, SecretKey
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.schemas import assert_valid
from tests.unit.kubernetes.serving import OWN, archive, container, objects, own, pod, prefix, serving

# Newer versions of the AWS CLI would choose a way to transfer that takes gigabytes of memory.
SHELL = (
    *("/bin/sh", "-c"),
    'aws configure set default.s3.preferred_transfer_client classic && exec aws "$@"',
)


def test_all_that_an_image_can_be_told() -> None:
    server = serving(
        server=own(
            live_path="/live",
            metrics_path="/numbers",
            command=["serve", "--fast"],
            environment={"MODE": "fast"},
            secrets={"KEY": SecretKey(name="keys", key="mine")},
            volumes=[
                PodVolume.scratch("/work"),
                PodVolume.claim("/data", "features", read_only=True),
                PodVolume.secret("/keys", "keys"),
            ],
            startup=cdk.Duration.seconds(45),
        )
    )
    found = container(server)

    assert_valid(made.manifests(server))
    assert (found["image"], found["command"]) == (OWN, ["serve", "--fast"])
    assert found["env"] == [
        {"name": "HOME", "value": "/tmp"},  # noqa: S108 - a pod's own
        {"name": "MODE", "value": "fast"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "mine"}}},
    ]
    assert found["ports"] == [{"name": "http", "containerPort": 8080}]
    ready = {"path": "/ready", "port": "http"}
    assert found["readinessProbe"] == {
        "httpGet": ready,
        "periodSeconds": 5,
        "timeoutSeconds": 5,
        "failureThreshold": 3,
    }
    assert found["startupProbe"] == {
        "httpGet": ready,
        "periodSeconds": 10,
        "timeoutSeconds": 5,
        "failureThreshold": 5,
    }
    assert found["livenessProbe"]["httpGet"] == {"path": "/live", "port": "http"}
    assert found["volumeMounts"][1:4] == [
        {"name": "volume-1", "mountPath": "/work"},
        {"name": "volume-2", "mountPath": "/data", "readOnly": True},
        {"name": "volume-3", "mountPath": "/keys", "readOnly": True},
    ]
    assert pod(server)["volumes"][1:4] == [
        {"name": "volume-1", "emptyDir": {}},
        {"name": "volume-2", "persistentVolumeClaim": {"claimName": "features", "readOnly": True}},
        {"name": "volume-3", "secret": {"secretName": "keys"}},
    ]
    assert objects(server)["Deployment"]["spec"]["template"]["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8080",
        "prometheus.io/path": "/numbers",
    }


def test_files_from_a_prefix() -> None:
    cluster = made.cluster()
    server = serving(cluster=cluster, server=own(artifact=prefix(cluster)))
    (download,) = pod(server)["initContainers"]

    assert_valid(made.manifests(server))
    assert download["image"] == "public.ecr.aws/aws-cli/aws-cli:2.32.3"
    assert download["command"] == [
        *(*SHELL, "aws", "s3", "cp", "s3://models/ranker/7/", "/models/"),
        *("--only-show-errors", "--recursive"),
    ]
    # All the memory that the server will have, and no more asked for than the pod asks for in any case.
    assert download["resources"] == {
        "limits": {"memory": "8192Mi"},
        "requests": {"memory": "512Mi", "cpu": "250m"},
    }
    assert {"name": "AWS_REGION", "value": "<AWS::Region>"} in download["env"]
    assert download["volumeMounts"][0] == {"name": "models", "mountPath": "/models"}
    assert download["securityContext"] == container(server)["securityContext"]
    assert {"name": "models", "mountPath": "/models"} in container(server)["volumeMounts"]


def test_an_archive() -> None:
    cluster = made.cluster()
    mirror = "mirror.example.com:5000/aws-cli:2.32.3"
    server = serving(cluster=cluster, server=own(artifact=archive(cluster)), downloader=mirror)
    download, unpack = pod(server)["initContainers"]

    assert_valid(made.manifests(server))
    assert (download["image"], unpack["image"]) == (mirror, OWN)
    assert download["command"] == [
        *(*SHELL, "aws", "s3", "cp", "s3://models/ranker/7.tar.gz", "/archive/model.tar.gz", "--only-show-errors")
    ]
    assert unpack["resources"] == download["resources"]
    assert unpack["command"] == [
        *("tar", "--extract", "--gzip", "--file=/archive/model.tar.gz", "--directory=/models", "--no-same-owner")
    ]
    assert [each["name"] for each in unpack["volumeMounts"]] == ["archive", "models", "scratch"]
    # The server itself has no use for the archive.
    assert "archive" not in [each["name"] for each in container(server)["volumeMounts"]]
    assert {"name": "archive", "emptyDir": {}} in pod(server)["volumes"]


def test_another_address_is_another_pod() -> None:
    cluster = made.cluster()
    first, second = (
        pod(
            serving(f"Ranker{number}", cluster=made.cluster(), server=own(artifact=prefix(cluster, f"B{number}", name)))
        )
        for number, name in enumerate(["ranker/7/", "ranker/8/"])
    )
    assert first["initContainers"] != second["initContainers"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 0}, "ModelServer.image port must be 1-65535, got 0: TCP has no other ports"),
        (
            {"ready_path": "ready"},
            "ModelServer.image ready_path must begin with /, got 'ready': it is the path of a request",
        ),
        (
            {"live_path": "live"},
            "ModelServer.image live_path must begin with /, got 'live': it is the path of a request",
        ),
        (
            {"metrics_path": 7},
            "ModelServer.image metrics_path must be a str, got 7: nothing else is understood there",
        ),
        (
            {"command": "serve"},
            "ModelServer.image command must be a list or tuple, got 'serve': nothing else is understood there",
        ),
        (
            {"environment": {"1ST": "x"}},
            (
                "ModelServer.image environment name must be 1-256 characters (letters, digits and underscores, not beginning with a digit), "
                "got '1ST': programs read no others"
            ),
        ),
        (
            {"environment": {"N": 1}},
            "ModelServer.image environment['N'] must be a str, got 1: nothing else is understood there",
        ),
        (
            {"secrets": {"KEY": "s3cret"}},
            "ModelServer.image secrets['KEY'] must be a SecretKey, got 's3cret': nothing else is understood there",
        ),
        (
            {"volumes": ["/data"]},
            "ModelServer.image volumes element must be a PodVolume, got '/data': nothing else is understood there",
        ),
        (
            {"volumes": [PodVolume.scratch("/models")]},
            (
                "ModelServer.image volumes must have paths of their own, got '/models' again: a container sees one volume at a path, and "
                "/tmp, /dev/shm, /models are the pod's"
            ),
        ),
        (
            {"volumes": [PodVolume.scratch("/a"), PodVolume.claim("/a", "b")]},
            (
                "ModelServer.image volumes must have paths of their own, got '/a' again: a container sees one volume at a path, and "
                "/tmp, /dev/shm, /models are the pod's"
            ),
        ),
        (
            {"artifact": "s3://models/x"},
            "ModelServer.image artifact must be a ModelArtifact, got 's3://models/x': nothing else is understood there",
        ),
        ({"user": -1}, "ModelServer.image user must be 0-2147483647, got -1: Linux numbers its users like this"),
        (
            {"read_only_root": "yes"},
            "ModelServer.image read_only_root must be a bool, got 'yes': nothing else is understood there",
        ),
        (
            {"startup": cdk.Duration.seconds(5)},
            "ModelServer.image startup must be 10-7200 seconds, got 5: a pod that is not ready by then is started anew",
        ),
    ],
)
def test_fails_when_an_option_is_wrong(options: dict[str, Any], message: str) -> None:
    with refused(message):
        own(**options)


@pytest.mark.parametrize(
    "image",
    [
        "ranker",
        "ranker:latest",
        "registry.example.com:5000/ranker",
        "registry.example.com:5000/ranker:latest",
        "ranker@sha256:12",
        "ranker :7",
    ],
)
def test_fails_when_an_image_could_change_under_its_name(image: str) -> None:
    with refused(
        f"ModelServer.image image must end in a tag other than latest, or a digest, got {image!r}: a new version rolls out by its new name"
    ):
        ModelServer.image(image, port=80, ready_path="/")


@pytest.mark.parametrize(
    "image",
    ["ranker:7", "registry.example.com:5000/a/ranker:7", f"ranker@sha256:{'0' * 64}", f"ranker:7@sha256:{'0' * 64}"],
)
def test_images_by_tag_or_digest(image: str) -> None:
    assert ModelServer.image(image, port=80, ready_path="/").kind.image == image


@pytest.mark.parametrize("path", ["data", "/", "/data/", "/a:b"])
def test_fails_when_a_path_is_none(path: str) -> None:
    with refused(
        f"PodVolume.scratch path must be absolute and below the root, got {path!r}: a container sees volumes at such paths"
    ):
        PodVolume.scratch(path)


def test_fails_when_names_are_none() -> None:
    with refused(
        "PodVolume.claim name must be 1-253 characters (lower case letters, digits, hyphens and dots, beginning and ending with a letter "
        "or digit), got 'Data': Kubernetes takes no other name"
    ):
        PodVolume.claim("/data", "Data")
    with refused(
        "SecretKey key must be 1-253 characters (letters, digits, hyphens, underscores and dots), got 'my key': Kubernetes keeps no other"
    ):
        SecretKey(name="keys", key="my key")


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    text = {name: text_token(stack, name) for name in ("Image", "Ready", "Value", "Secret", "Key", "Path", "Claim")}
    port: Any = number_token(stack, "Port")
    user: Any = number_token(stack, "User")
    server = ModelServer.image(
        text["Image"],
        port=port,
        ready_path=text["Ready"],
        metrics_path="/metrics",
        environment={"VALUE": text["Value"]},
        secrets={"KEY": SecretKey(name=text["Secret"], key=text["Key"])},
        volumes=[PodVolume.claim(text["Path"], text["Claim"])],
        user=user,
    )
    serving(cluster=cluster, server=server)

    (workload,) = [
        each["Properties"]["Manifest"]["Fn::Join"][1]
        for each in made.template(stack)["Resources"].values()
        if each["Type"] == made.MANIFEST and "Deployment" in str(each["Properties"]["Manifest"])
    ]
    for name in (*text, "Port", "User"):
        assert {"Ref": name} in workload

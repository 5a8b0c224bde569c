import json
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from cdk_model_hosting.kubernetes.jobs.batch_job import GpuBatchJob
from cdk_model_hosting.kubernetes.jobs.output import JobOutput
from cdk_model_hosting.kubernetes.jobs.retries import ShardRetries
from cdk_model_hosting.kubernetes.jobs.shards import JobShards
from cdk_model_hosting.kubernetes.jobs.start import JobStart
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.scheduling import Taint
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import new_stack, number_token, only, sub, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.jobs import IMAGE, KEYS, bucket, environment, job, of_kind, pod
from tests.unit.kubernetes.schemas import VERSIONS, assert_valid


@pytest.fixture(scope="module")
def plain() -> GpuBatchJob:
    return job()


# The job


def test_a_pod_for_each_shard(plain: GpuBatchJob) -> None:
    spec = of_kind(plain, "Job")["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 3, 3)
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["activeDeadlineSeconds"] == 7200
    assert spec["ttlSecondsAfterFinished"] == 7 * 24 * 3600
    assert "suspend" not in spec


def test_a_lost_pod_is_no_failure_and_each_shard_fails_by_itself(plain: GpuBatchJob) -> None:
    spec = of_kind(plain, "Job")["spec"]
    assert spec["backoffLimitPerIndex"] == 3
    assert "maxFailedIndexes" not in spec
    assert "backoffLimit" not in spec
    assert spec["podReplacementPolicy"] == "Failed"
    assert spec["podFailurePolicy"] == {
        "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
    }


def test_final_exit_codes_end_a_shard_but_not_that_of_a_lost_pod() -> None:
    spec = of_kind(job(retries=ShardRetries(per_shard=0, failed_shards=1, final_exit_codes=(65, 2, 65))), "Job")["spec"]
    assert (spec["backoffLimitPerIndex"], spec["maxFailedIndexes"]) == (0, 1)
    assert [each["action"] for each in spec["podFailurePolicy"]["rules"]] == ["Ignore", "FailIndex"]
    assert spec["podFailurePolicy"]["rules"][1]["onExitCodes"] == {
        "containerName": "worker",
        "operator": "In",
        "values": [2, 65],
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("start", [JobStart.on_deploy(run="2"), JobStart.on_schedule("0 3 * * *"), JobStart.by_hand()])
def test_kubernetes_takes_everything_of_it(version: str, start: JobStart) -> None:
    found = job(
        cluster=made.cluster(version=version),
        parallel=2,
        retries=ShardRetries(failed_shards=3, final_exit_codes=(65,)),
        shard_time_limit=cdk.Duration.minutes(30),
        keep_for=cdk.Duration.hours(1),
        environment={"THRESHOLD": "0.5"},
        user=1000,
        start=start,
    )
    assert_valid(made.manifests(found), version)


def test_nodes_stay_until_its_pods_have_ended_and_nothing_else_holds_them(plain: GpuBatchJob) -> None:
    template = of_kind(plain, "Job")["spec"]["template"]
    assert template["metadata"]["annotations"] == {
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "karpenter.sh/do-not-disrupt": "true",
    }
    assert {each["kind"] for each in made.manifests(plain)} == {"ServiceAccount", "ConfigMap", "Job"}


# What workers are told


def test_workers_of_a_list_look_up_their_shard(plain: GpuBatchJob) -> None:
    (container,) = pod(plain)["containers"]
    assert container["image"] == IMAGE
    assert container["command"][:2] == ["/bin/sh", "-ec"]
    assert container["command"][3:] == ["worker", "python", "worker.py"]
    told = environment(plain)
    assert told == {
        "SHARD_INDEX": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-completion-index']"}},
        "RUN_NAME": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-name']"}},
        "SHARD_COUNT": "3",
        "SHARD_PART": "whole",
        "SHARD_BASE": "s3://records/",
        "SHARD_LIST": "/etc/model-hosting/shards",
        "OUTPUT_URI": "s3://records/output/",
    }
    shards = of_kind(plain, "ConfigMap")
    assert shards["immutable"] is True
    assert shards["data"] == {"shards": "".join(f"{index} {key}\n" for index, key in enumerate(KEYS))}
    (volume,) = (each for each in pod(plain)["volumes"] if "configMap" in each)
    assert volume["configMap"]["name"] == shards["metadata"]["name"] == plain.resource_name
    (mount,) = (each for each in container["volumeMounts"] if each["name"] == volume["name"])
    folder, _, file = told["SHARD_LIST"].rpartition("/")
    assert (mount["mountPath"], [file]) == (folder, list(shards["data"]))


def test_workers_of_a_prefix_need_no_shell() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    made_job = job(
        cluster=cluster,
        shards=JobShards.below(bucket(stack, "other"), "in/", count=40),
        parallel=8,
        environment={"THRESHOLD": "0.5"},
    )
    assert pod(made_job)["containers"][0]["command"] == ["python", "worker.py"]
    told = environment(made_job)
    assert (told["SHARD_URI"], told["SHARD_PART"], told["SHARD_COUNT"]) == ("s3://other/in/", "modulo", "40")
    assert told["THRESHOLD"] == "0.5"
    assert not {"SHARD_LIST", "SHARD_BASE"} & told.keys()
    assert {each["kind"] for each in made.manifests(made_job)} == {"ServiceAccount", "Job"}
    spec = of_kind(made_job, "Job")["spec"]
    assert (spec["completions"], spec["parallelism"]) == (40, 8)


def test_what_a_pod_gets_of_its_node() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    spot = group("Spot", cluster=cluster, instance_types=["g5.12xlarge"], taints=[Taint(key="team", value="risk")])
    size = PodSize(gpus=2, cpu="8", memory_mb=16384, shared_memory_mb=4096, group=spot)
    found = pod(job(cluster=cluster, pod=size, shard_time_limit=cdk.Duration.minutes(20)))

    (container,) = found["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 2
    assert found["nodeSelector"] == {"model-hosting/accelerator": "nvidia", "model-hosting/group": "spot"}
    assert [each["key"] for each in found["tolerations"]] == ["nvidia.com/gpu", "team"]
    assert found["activeDeadlineSeconds"] == 1200
    assert {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "4096Mi"}} in found["volumes"]


def test_a_pod_can_do_no_more_than_it_needs(plain: GpuBatchJob) -> None:
    found = pod(plain)
    assert found["automountServiceAccountToken"] is False
    assert found["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert found["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize(("user", "ordinary"), [(1000, {"runAsNonRoot": True}), (0, {})])
def test_a_worker_runs_as_another_user(user: int, ordinary: dict[str, bool]) -> None:
    found = pod(job(user=user))["securityContext"]
    assert found == {"runAsUser": user, "seccompProfile": {"type": "RuntimeDefault"}, **ordinary}


def test_a_pod_that_fits_on_no_known_node_is_told() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.CLUSTER_AUTOSCALER)
    group("Small", cluster=cluster)
    large = job(cluster=cluster, pod=PodSize(gpus=8))
    (entry,) = (each for each in large.node.metadata if "podFitsOnNoNode" in str(each.data))
    assert entry.type == "aws:cdk:warning"


# Who it is


def test_workers_read_their_shards_and_write_their_answers_alone() -> None:
    stack = new_stack()
    made_job = job(
        cluster=made.cluster(stack),
        shards=JobShards.below(bucket(stack, "inbox"), "2026/", count=4),
        output=JobOutput(bucket=bucket(stack, "out"), prefix="scores/"),
        permissions=[Permission(actions=("sqs:SendMessage",), resources=("arn:aws:sqs:eu-west-1:111122223333:done",))],
    )
    role = only(made_job, "AWS::IAM::Role")
    (policy,) = role["Policies"]
    allowed = {json.dumps(each["Action"]): each for each in policy["PolicyDocument"]["Statement"]}
    assert len(allowed) == 4
    assert allowed['"s3:GetObject"']["Resource"] == sub("arn:${AWS::Partition}:s3:::inbox/2026/*")
    assert allowed['"s3:ListBucket"']["Condition"] == {"StringLike": {"s3:prefix": ["2026/*"]}}
    assert allowed['["s3:AbortMultipartUpload", "s3:PutObject"]']["Resource"] == sub(
        "arn:${AWS::Partition}:s3:::out/scores/*"
    )
    assert '"sqs:SendMessage"' in allowed
    assert pod(made_job)["serviceAccountName"] == of_kind(made_job, "ServiceAccount")["metadata"]["name"] == "score"
    assert made_job.role is made_job.service_account.role


def test_a_job_starts_when_its_namespace_and_its_role_are_there() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    namespace = ModelNamespace(stack, "Batch", cluster=cluster, name="batch")
    made_job = job(cluster=cluster, namespace=namespace)

    found = made.template(made_job)["Resources"]
    first = made.awaited(made_job, made.applied(made_job, "Job"))
    assert {found[each]["Type"] for each in first} == {
        made.MANIFEST,
        "AWS::EKS::PodIdentityAssociation",
        "AWS::IAM::Role",
    }
    assert {made.applied(made_job, each) for each in ("Namespace", "NetworkPolicy", "ServiceAccount")} <= first
    assert made_job.namespace == "batch"


def test_nag_finds_nothing_that_has_no_reason() -> None:
    app = cdk.App()
    job(cluster=made.cluster(cdk.Stack(app, "Stack")))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def test_a_name_of_its_own() -> None:
    named = job("GpuScore", name="scores")
    assert (named.name, named.resource_name[:7]) == ("scores", "scores-")
    assert job("GpuScore").name == "gpu-score"


def test_tokens_pass() -> None:
    stack = new_stack()
    number: Any = number_token(stack)
    text = text_token(stack)
    found = job(
        cluster=made.cluster(stack),
        image=text,
        command=["python", text],
        shards=JobShards.below(bucket(stack, "other"), text, count=number),
        output=JobOutput(bucket=bucket(stack, "out"), prefix=text),
        parallel=number,
        retries=ShardRetries(failed_shards=number),
        environment={"THRESHOLD": text},
        user=number,
        time_limit=cdk.Duration.seconds(number),
        keep_for=cdk.Duration.seconds(number),
    )
    (manifest,) = (
        each["Properties"]["Manifest"]
        for name, each in made.template(found)["Resources"].items()
        if name.startswith("ScoreManifest")
    )
    parts = manifest["Fn::Join"][1]
    # Shards twice, pods, failed shards, user, both times.
    assert parts.count({"Ref": "Number"}) == 7
    assert {"Ref": "Text"} in parts

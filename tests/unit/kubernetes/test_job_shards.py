from typing import Any

import pytest
from aws_cdk import aws_kms as kms

from cdk_model_hosting.kubernetes.jobs.output import JobOutput
from cdk_model_hosting.kubernetes.jobs.retries import ShardRetries
from cdk_model_hosting.kubernetes.jobs.shards import JobShards
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.kubernetes.jobs import bucket

KEY = "JobShards.listed keys element"


def listed(*keys: Any) -> JobShards:
    return JobShards.listed(bucket(new_stack()), keys)


def test_a_list_numbers_its_shards() -> None:
    shards = listed("input/eu.csv", "input/asia/")
    assert (shards.size, shards.base, shards.part) == (2, "s3://records/", "whole")
    assert shards.listing == "0 input/eu.csv\n1 input/asia/\n"


def test_a_prefix_is_shared_out() -> None:
    shards = JobShards.below(bucket(new_stack()), "input/", count=40)
    assert (shards.size, shards.base, shards.part) == (40, "s3://records/input/", "modulo")
    assert shards.listing is None
    assert shards.folders == ("input/",)


@pytest.mark.parametrize(
    ("keys", "folders"),
    [
        (("a/1.csv", "a/2.csv"), ("a/",)),
        (("a/1.csv", "a/b/"), ("a/",)),
        (("a/b/", "a-b/1", "c/"), ("a-b/", "a/b/", "c/")),
        (("top.csv", "a/"), ("",)),
        ([f"in/{each:02}/1.csv" for each in range(20)], tuple(f"in/{each:02}/" for each in range(20))),
        ([f"in/day-{each:02}/1.csv" for each in range(21)], ("in/",)),
        ([f"in/eu/{each:02}/" for each in range(20)] + ["in/europe/"], ("in/",)),
        ([f"{each:02}/" for each in range(21)], ("",)),
    ],
)
def test_workers_may_read_the_folders_of_their_shards(keys: tuple[str, ...], folders: tuple[str, ...]) -> None:
    assert listed(*keys).folders == folders


def test_what_is_encrypted_is_decrypted() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/k")
    records = bucket(stack, encryption_key=key)
    read = JobShards.below(records, "input/", count=1).permissions
    written = JobOutput(bucket=records).permissions
    assert [each.actions for each in read] == [("s3:GetObject",), ("s3:ListBucket",), ("kms:Decrypt",)]
    assert [each.actions for each in written] == [
        ("s3:AbortMultipartUpload", "s3:PutObject"),
        ("kms:Decrypt", "kms:GenerateDataKey"),
    ]
    assert written[-1].resources == (key.key_arn,)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            (),
            "JobShards.listed keys must have 1-100000 shards, got 0: Kubernetes keeps track of no more where each is tried again by itself",
        ),
        (
            ("a/", "b/", "a/1.csv"),
            "JobShards.listed keys must have no objects in common, got 'a/' and 'a/1.csv': those would be worked on twice",
        ),
        (
            ("a.csv", "a.csv"),
            "JobShards.listed keys must have no objects in common, got 'a.csv' and 'a.csv': those would be worked on twice",
        ),
        (("",), f"{KEY} must be 1-1024 bytes, got '' of 0 bytes: S3 keeps no longer key"),
        (
            ("a/*.csv",),
            f"{KEY} must hold none of *, ? and $, got 'a/*.csv': IAM and CloudFormation read them as wildcards and references",
        ),
        *(
            (
                (key,),
                (
                    f"{KEY} must begin with no slash or space, end with no space and hold no control character, got {key!r}: a shard is a "
                    "line of a file"
                ),
            )
            for key in ("/a.csv", " a.csv", "a.csv ", "a\nb")
        ),
        (
            ([1],),
            "JobShards.listed keys element must be a str, got [1]: nothing else is understood there",
        ),
        (
            [f"{'long' * 50}/{each}" for each in range(1000)],
            (
                "JobShards.listed keys must be 1-196608 bytes, got 208780: kubectl writes the object that holds it once more into an "
                "annotation of at most 256 KiB; JobShards.below has no list"
            ),
        ),
    ],
)
def test_fails_when_keys_are_no_shards(keys: tuple[Any, ...], message: str) -> None:
    with refused(message):
        listed(*keys)


def test_names_that_only_begin_alike_are_two_shards() -> None:
    assert listed("a.csv", "a.csv.gz").size == 2


def test_fails_when_a_prefix_cannot_be_shared_out() -> None:
    records = bucket(new_stack())
    with refused(
        "JobShards.below prefix must end in '/' and not begin with one, got 'input': it names a folder of the bucket"
    ):
        JobShards.below(records, "input", count=1)
    with refused(
        "JobShards.below count must be 1-100000 shards, got 0: Kubernetes keeps track of no more where each is tried again by itself"
    ):
        JobShards.below(records, "input/", count=0)
    with refused(
        "JobShards.below bucket must be a bucket such as Bucket.from_bucket_name(self, 'Records', 'my-records'), got 'records': nothing "
        "else is understood there"
    ):
        JobShards.below("records", "input/", count=1)  # type: ignore[arg-type] # no types


def test_fails_when_the_output_is_no_folder() -> None:
    records = bucket(new_stack())
    with refused(
        "JobOutput prefix must hold none of *, ? and $, got 'a*/': IAM and CloudFormation read them as wildcards and references"
    ):
        JobOutput(bucket=records, prefix="a*/")
    with refused(
        "JobOutput bucket must be a bucket such as Bucket.from_bucket_name(self, 'Records', 'my-records'), got 'records': nothing else is "
        "understood there"
    ):
        JobOutput(bucket="records")  # type: ignore[arg-type] # no types


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"per_shard": 101},
            (
                "ShardRetries per_shard must be 0-100 tries, got 101: pauses between them grow up to six minutes, and a shard that fails so "
                "often will fail again"
            ),
        ),
        (
            {"failed_shards": -1},
            "ShardRetries failed_shards must be 0-100000 shards, got -1: Kubernetes counts no more",
        ),
        (
            {"final_exit_codes": (0,)},
            "ShardRetries final_exit_codes element must be 1-255, got 0: a process ends with no other, and 0 is success",
        ),
        (
            {"final_exit_codes": 65},
            "ShardRetries final_exit_codes must be a list or tuple, got 65: nothing else is understood there",
        ),
        (
            {"final_exit_codes": (1,) * 256},
            "ShardRetries final_exit_codes must have 0-255 exit codes, got 256: there are no more",
        ),
    ],
)
def test_fails_when_retries_are_none(options: dict[str, Any], message: str) -> None:
    with refused(message):
        ShardRetries(**options)


def test_tokens_pass() -> None:
    stack = new_stack()
    records = bucket(stack)
    name, number = text_token(stack), number_token(stack)
    assert JobShards.listed(records, [name, "a/"]).folders == (name, "a/")
    assert JobShards.below(records, name, count=number).size == number  # type: ignore[arg-type] # a float
    assert JobOutput(bucket=records, prefix=name).uri == f"s3://records/{name}"
    assert ShardRetries(per_shard=number, failed_shards=number).per_shard == number  # type: ignore[arg-type] # the same

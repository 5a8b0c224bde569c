"""How an input is divided, and what is refused of it."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from cdk_model_hosting import BatchTransformMap, Shards, TransformSource
from cdk_model_hosting.permissions import policy_document
from tests.unit.batch.batched import KEY, batch_in, found, records
from tests.unit.builders import new_stack, refused, sub, text_token


def bound(shards: Shards, scope: cdk.Stack | None = None, **options: Any) -> Any:
    return shards.bind(batch_in(new_stack() if scope is None else scope, **options))


def test_prefixes_are_items_of_the_map() -> None:
    shards = bound(Shards.prefixes(["input/eu/", "input/us/"]))
    assert shards.items == {"Items": ["input/eu/", "input/us/"]}
    assert (shards.variables, shards.permissions, shards.first) == ({"shards": 2}, (), "TransformShards")


def test_a_prefix_may_be_known_at_deploy_time_alone() -> None:
    stack = new_stack()
    token = text_token(stack)
    assert bound(Shards.prefixes([token, "input/us/"]), stack).items == {"Items": [token, "input/us/"]}


def test_a_source_known_at_deploy_time_may_hold_any_prefix() -> None:
    stack = new_stack()
    source = TransformSource.prefix(text_token(stack), bucket=records(stack))
    assert bound(Shards.prefixes(["eu/"]), stack, source=source).items == {"Items": ["eu/"]}


def test_fails_when_there_is_no_prefix() -> None:
    with refused(
        "Shards.prefixes must have 1-1000 shards, got 0: more of them would not fit into what a state may hold; list them in a "
        "manifest"
    ):
        Shards.prefixes([])


def test_fails_when_prefixes_are_one_text() -> None:
    with refused("Shards.prefixes must be a list or tuple, got 'input/': nothing else is understood there"):
        Shards.prefixes("input/")


def test_fails_when_a_prefix_is_none() -> None:
    with refused("Shards.prefixes element must be a str, got None: nothing else is understood there"):
        Shards.prefixes(["input/eu/", None])  # type: ignore[list-item]


def test_fails_when_a_prefix_names_no_folder() -> None:
    with refused(
        "Shards.prefixes element must end in '/' and not begin with one, got 'input/eu': it names a folder of the bucket"
    ):
        Shards.prefixes(["input/eu"])


@pytest.mark.parametrize("prefixes", [["input/eu/", "input/b/", "input/eu/west/"], ["input/eu/west/", "input/eu/"]])
def test_fails_when_two_prefixes_have_files_in_common(prefixes: list[str]) -> None:
    with refused(
        "Shards.prefixes must have no files in common, got 'input/eu/' and 'input/eu/west/': those would be transformed twice"
    ):
        Shards.prefixes(prefixes)


@pytest.mark.parametrize(
    ("shards", "what"),
    [
        (Shards.prefixes(["input/eu/", "other/"]), "Shards.prefixes element"),
        (Shards.below("other/"), "Shards.below prefix"),
    ],
)
def test_fails_when_jobs_could_not_read_a_shard(shards: Shards, what: str) -> None:
    with refused(
        f"{what} must lie below the batch transform's own prefix 'input/', got 'other/': its jobs read nothing else"
    ):
        bound(shards)


def test_fails_when_the_folder_is_none() -> None:
    with refused(
        "Shards.below prefix must end in '/' and not begin with one, got '/input/': it names a folder of the bucket"
    ):
        Shards.below("/input/")


@pytest.mark.parametrize(
    ("shards", "folder"), [(Shards.below(), "input/"), (Shards.below("input/2027/"), "input/2027/")]
)
def test_folders_are_found_when_a_run_starts(shards: Shards, folder: str) -> None:
    search = bound(shards)
    assert search.variables["folder"] == f'{{% $exists($states.input.input) ? $states.input.input : "{folder}" %}}'
    assert search.items == {"Items": "{% $found %}"}
    assert (search.first, search.repeated) == ("Understood", "MoreShards")


def test_folders_are_found_below_the_source_and_nowhere_else() -> None:
    (permission,) = bound(Shards.below("input/2027/")).permissions
    assert permission.actions == ("s3:ListBucket",)
    assert permission.conditions == {"StringLike": {"s3:prefix": ["input/", "input/*"]}}


def test_each_page_of_folders_stays_below_what_a_state_may_hold() -> None:
    arguments = bound(Shards.below()).states(succeeded="Done", failed="Failed")["FindShards"]["Arguments"]
    assert "'Delimiter': '/', 'MaxKeys': 100}" in arguments


@pytest.mark.parametrize(
    ("key", "how"),
    [
        ("shards/eu.json", {"InputType": "JSON"}),
        ("shards/eu.jsonl", {"InputType": "JSONL"}),
        ("shards/eu.csv", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}),
    ],
)
def test_a_manifest_is_read_as_its_name_says(key: str, how: dict[str, str]) -> None:
    shards = bound(Shards.manifest(key))
    reader = shards.items["ItemReader"]
    assert reader["ReaderConfig"] == how
    assert reader["Arguments"] == {"Bucket": "records", "Key": key}
    assert reader["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:states:::s3:getObject"}
    assert shards.variables == {}


def test_a_manifest_and_its_key_may_be_read_and_nothing_else() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    lists = records(stack, "Lists", bucket_name="lists", encryption_key=key)
    shards = bound(Shards.manifest("shards/eu.json", bucket=lists), stack)
    assert stack.resolve(policy_document(shards.permissions))["Statement"] == [
        {
            "Action": "s3:GetObject",
            "Effect": "Allow",
            "Resource": sub("arn:${AWS::Partition}:s3:::lists/shards/eu.json"),
        },
        {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": KEY},
    ]


def test_a_manifest_may_be_known_at_deploy_time_but_for_its_ending() -> None:
    stack = new_stack()
    BatchTransformMap(stack, "Map", batch=batch_in(stack), shards=Shards.manifest(f"shards/{text_token(stack)}.json"))
    reader = found(stack, "AWS::StepFunctions::StateMachine", "MapRuns")["Definition"]["States"]["TransformShards"]
    assert reader["ItemReader"]["Arguments"]["Key"] == {"Fn::Join": ["", ["shards/", {"Ref": "Text"}, ".json"]]}


@pytest.mark.parametrize("key", ["shards/eu.txt", "shards/json", "shards/eu.json.gz"])
def test_fails_when_a_manifest_does_not_say_how_to_read_it(key: str) -> None:
    with refused(
        f"Shards.manifest key must end in .json, .jsonl or .csv, got {key!r}: it says how the file is to be read"
    ):
        Shards.manifest(key)


def test_fails_when_the_bucket_is_its_name() -> None:
    with refused(
        "Shards.manifest bucket must be a bucket such as Bucket.from_bucket_name(self, 'Records', 'my-records'), got 'lists': "
        "nothing else is understood there"
    ):
        Shards.manifest("eu.json", bucket="lists")  # type: ignore[arg-type]

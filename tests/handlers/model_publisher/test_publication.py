"""An archive gets where a container looks for it, and nothing that is there is ever changed."""

import hashlib

import pytest

from cdk_model_hosting.handlers.model_publisher import publication
from tests.handlers.model_publisher.stage import KEY, PROPERTIES, SOURCE, SOURCE_KEY, STORE, Stage

MARK = hashlib.sha256(PROPERTIES["Content"].encode()).hexdigest()


def test_the_archive_is_copied_by_s3_itself(stage: Stage) -> None:
    stage.succeed()

    assert stage.content() == b"weights"
    assert stage.operations == [
        "ListObjectsV2",
        "HeadObject",
        "HeadObject",
        "CreateMultipartUpload",
        "UploadPartCopy",
        "CompleteMultipartUpload",
        "HeadObject",
        "GetObject",
    ]


def test_it_is_told_what_it_is(stage: Stage) -> None:
    stage.succeed()

    found = stage.s3.head_object(Bucket=STORE, Key=KEY)
    assert found["Metadata"] == {"cdk-model-hosting-content": MARK}
    assert found["ContentType"] == "application/gzip"


def test_metadata_and_tags_of_the_source_stay_behind(stage: Stage) -> None:
    stage.put(b"weights", Metadata={"author": "somebody"}, Tagging="team=fraud")

    stage.succeed()

    assert "author" not in stage.s3.head_object(Bucket=STORE, Key=KEY)["Metadata"]
    assert stage.s3.get_object_tagging(Bucket=STORE, Key=KEY)["TagSet"] == []


def test_a_large_archive_is_copied_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes(range(256)) * (20 * 1024 * 1024 // 256) + b"the end"
    stage.put(content)
    monkeypatch.setattr(publication, "_PART_BYTES", 8 * 1024 * 1024)

    stage.succeed()

    parts = [each.parameters["CopySourceRange"] for each in stage.calls if each.operation == "UploadPartCopy"]
    assert sorted(parts) == ["bytes=0-8388607", "bytes=16777216-20971526", "bytes=8388608-16777215"]
    assert stage.content() == content


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_what_is_there_already_is_left_alone(stage: Stage, kind: str) -> None:
    stage.succeed()
    stage.put(b"the source is gone, or another archive of the same release")

    stage.succeed(kind)

    assert stage.operations == ["ListObjectsV2", "HeadObject"]
    assert stage.content() == b"weights"


def test_a_new_version_comes_beside_the_old_one(stage: Stage) -> None:
    stage.succeed()
    stage.put(b"better weights", "fraud/8/model.tar.gz")

    new = {
        "Key": "models/fraud-8.tar.gz",
        "SourceKey": "fraud/8/model.tar.gz",
        "Content": "releases/fraud/8/model.tar.gz",
    }
    stage.succeed("Update", **new)

    assert stage.keys() == [KEY, "models/fraud-8.tar.gz"]
    assert stage.content("models/fraud-8.tar.gz") == b"better weights"

    # A rollback asks for the old one again.
    stage.succeed("Update")
    assert stage.content() == b"weights"


def test_another_content_under_the_same_name_is_refused(stage: Stage) -> None:
    stage.succeed()
    stage.put(b"better weights", "elsewhere/7.tar.gz")

    assert stage.fail("Update", SourceKey="elsewhere/7.tar.gz", Content="releases/elsewhere/7.tar.gz") == (
        "s3://store/models/fraud-7.tar.gz is there already with another content: SageMaker goes on serving what it has loaded "
        "under a name, so a changed model must have a new version or a new name"
    )
    assert stage.content() == b"weights"


def test_what_somebody_else_has_put_there_is_not_replaced(stage: Stage) -> None:
    stage.put(b"trained by hand", KEY, STORE)

    assert stage.fail().startswith("s3://store/models/fraud-7.tar.gz is there already with another content: ")
    assert stage.content() == b"trained by hand"


def test_a_key_that_only_begins_alike_is_no_hindrance(stage: Stage) -> None:
    stage.put(b"notes", f"{KEY}.txt", STORE)

    stage.succeed()

    assert stage.content() == b"weights"


def test_nothing_is_removed_with_the_resource(stage: Stage) -> None:
    stage.succeed()

    stage.succeed("Delete")

    assert stage.operations == []
    assert stage.content() == b"weights"


def test_a_missing_archive_is_told(stage: Stage) -> None:
    assert stage.fail(SourceKey="fraud/9/model.tar.gz") == ("there is no archive s3://releases/fraud/9/model.tar.gz")
    assert stage.slept == []


def test_an_empty_archive_is_told(stage: Stage) -> None:
    stage.put(b"")

    assert stage.fail() == f"the archive s3://releases/{SOURCE_KEY} is empty"
    assert stage.keys() == []


@pytest.mark.parametrize("operation", ["ListObjectsV2", "HeadObject", "CreateMultipartUpload", "UploadPartCopy"])
def test_permissions_that_are_not_in_force_yet_are_waited_for(stage: Stage, operation: str) -> None:
    stage.refusals[operation] = ["AccessDenied", "403"]

    stage.succeed()

    assert stage.slept == [5.0, 10.0]
    assert stage.content() == b"weights"


def test_a_refusal_that_stays_is_told(stage: Stage) -> None:
    stage.refusals["HeadObject"] = ["403"] * 6

    assert stage.fail() == (
        f"HeadObject was refused for copying s3://releases/{SOURCE_KEY} to s3://store/{KEY}: the archive does not exist, or "
        "its bucket or KMS key does not let the stack's model publisher use it"
    )
    assert sum(stage.slept) == 120.0


def test_any_other_refusal_is_told_at_once(stage: Stage) -> None:
    stage.refusals["CreateMultipartUpload"] = ["NoSuchBucket"]

    assert stage.fail() == "CreateMultipartUpload was refused: Not for you (NoSuchBucket)"
    assert stage.slept == []


def test_an_archive_that_changes_while_it_is_copied_is_not_published(stage: Stage) -> None:
    etag = stage.s3.head_object(Bucket=SOURCE, Key=SOURCE_KEY)["ETag"]
    # moto copies whatever is there; S3 refuses a part of anything else than what was named.
    stage.refusals["UploadPartCopy"] = ["PreconditionFailed"]

    assert stage.fail() == f"the archive s3://releases/{SOURCE_KEY} was written anew while it was copied"
    assert [each.parameters["CopySourceIfMatch"] for each in stage.calls if each.operation == "UploadPartCopy"] == [
        etag
    ]
    assert stage.keys() == []


def test_a_copy_that_takes_too_long_is_given_up_in_time(stage: Stage) -> None:
    stage.seconds = 29.0

    assert stage.fail() == "S3 did not copy the archive within 15 minutes: it is too large, or too far away"
    assert "AbortMultipartUpload" in stage.operations
    assert stage.keys() == []
    assert "Uploads" not in stage.s3.list_multipart_uploads(Bucket=STORE)


def test_a_copy_of_another_size_is_told(stage: Stage) -> None:
    def interfere() -> None:
        if "CompleteMultipartUpload" in stage.operations:
            stage.before.clear()
            stage.put(b"by somebody else", KEY, STORE)

    stage.before["HeadObject"] = interfere

    assert stage.fail() == "s3://store/models/fraud-7.tar.gz has 16 bytes, and its source 7: somebody else writes there"

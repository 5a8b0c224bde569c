from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_model_hosting.endpoints.baseline import Baseline
from cdk_model_hosting.endpoints.explainer import Explainer
from tests.unit.builders import join, new_stack, refused, sub, text_token
from tests.unit.endpoints.configured import configured


def bound(stack: cdk.Stack, baseline: Baseline) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The baseline as the configuration names it, and what the role may do for it."""
    explainer = Explainer.shap(baseline=baseline).bind(stack)
    config = configured(stack, explainer_config=explainer.config)["ExplainerConfig"]["ClarifyExplainerConfig"]
    allowed = stack.resolve([each.render() for each in explainer.permissions])
    return config["ShapConfig"]["ShapBaselineConfig"], allowed


# Where the baseline lies


@pytest.mark.parametrize(
    ("key", "mime_type", "expected"),
    [("v1/baseline.csv", None, "text/csv"), ("v1/b.JSONL", None, "application/jsonlines"),
     ("v1/b.jsonlines", None, "application/jsonlines"), ("v1/baseline", "text/csv", "text/csv")],
)  # fmt: skip
def test_a_baseline_may_lie_in_a_bucket(key: str, mime_type: str | None, expected: str) -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Baselines", "baselines")
    config, allowed = bound(stack, Baseline.from_bucket(bucket, key, mime_type=mime_type))
    assert config == {"MimeType": expected, "ShapBaselineUri": f"s3://baselines/{key}"}
    object_arn = sub(f"arn:${{AWS::Partition}}:s3:::baselines/{key}")
    assert allowed == [{"Action": "s3:GetObject", "Effect": "Allow", "Resource": object_arn}]


def test_the_role_may_decrypt_with_the_buckets_key() -> None:
    stack = new_stack()
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1"
    key = kms.Key.from_key_arn(stack, "Key", arn)
    bucket = s3.Bucket.from_bucket_attributes(stack, "Baselines", bucket_name="baselines", encryption_key=key)
    _, allowed = bound(stack, Baseline.from_bucket(bucket, "b.csv"))
    assert allowed[1:] == [{"Action": "kms:Decrypt", "Effect": "Allow", "Resource": arn}]


def test_a_local_baseline_is_uploaded_under_a_name_of_its_content(tmp_path: Path) -> None:
    file = tmp_path / "baseline.csv"

    def address() -> Any:
        config, _ = bound(new_stack(), Baseline.from_asset(file))
        assert config["MimeType"] == "text/csv"
        return config["ShapBaselineUri"]

    file.write_text("0,0\n")
    first = address()
    file.write_text("0,1\n")
    assert address() != first
    file.write_text("0,0\n")
    assert address() == first


def test_the_role_may_read_the_uploaded_baseline_alone(tmp_path: Path) -> None:
    file = tmp_path / "baseline.csv"
    file.write_text("0,0\n")
    config, (read,) = bound(new_stack(), Baseline.from_asset(file))
    key = config["ShapBaselineUri"]["Fn::Join"][1][-1].rpartition("/")[2]
    assert read["Action"] == "s3:GetObject"
    assert read["Resource"]["Fn::Join"][1][-1].endswith(f"/{key}")
    assert key.endswith(".csv")


def test_a_key_may_be_a_token() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Baselines", "baselines")
    baseline = Baseline.from_bucket(bucket, text_token(stack, "Key"), mime_type="text/csv")
    config, _ = bound(stack, baseline)
    assert config["ShapBaselineUri"] == join("s3://baselines/", {"Ref": "Key"})


# What is refused


def test_fails_when_the_baseline_is_a_text() -> None:
    with refused("Explainer.shap baseline must be a Baseline, got '0,0': nothing else is understood there"):
        Explainer.shap(baseline="0,0")  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [0, 4097])
def test_fails_when_the_baseline_is_too_short_or_too_long(length: int) -> None:
    with refused(
        f"Baseline.inline records must be 1-4096 characters, got {length} characters: a longer baseline must be put into S3"
    ):
        Baseline.inline("0" * length)


def test_fails_when_the_format_is_another() -> None:
    with refused(
        "Baseline.inline mime_type must be one of text/csv, application/jsonlines, got 'application/json': SageMaker reads "
        "baselines in no other format"
    ):
        Baseline.inline("[0]", mime_type="application/json")


def test_fails_when_records_differ_in_their_features() -> None:
    with refused(
        "Baseline.inline records must have one number of features, got [2, 3]: each stands for a whole record"
    ):
        Baseline.inline("0,0,0\n0,0\n")


def test_fails_when_a_line_is_no_json() -> None:
    with refused(
        "Baseline.inline records must be a JSON value a line, got something else in line 2: their format is "
        "application/jsonlines"
    ):
        Baseline.inline('{"features":[0]}\n0,0', mime_type="application/jsonlines")


@pytest.mark.parametrize("key", ["", "baselines/*.csv", "base?.csv", "$1.csv"])
def test_fails_when_the_key_is_no_single_objects(key: str) -> None:
    bucket = s3.Bucket.from_bucket_name(new_stack(), "Baselines", "baselines")
    with refused(
        f"Baseline.from_bucket key must be one object's, without *, ? and $, got {key!r}: IAM and CloudFormation read them as "
        "wildcards and references"
    ):
        Baseline.from_bucket(bucket, key)


def test_fails_when_the_bucket_is_a_name() -> None:
    with refused(
        "Baseline.from_bucket bucket must be a bucket such as Bucket.from_bucket_name(self, 'Baselines', 'my-baselines'), got "
        "'baselines': nothing else is understood there"
    ):
        Baseline.from_bucket("baselines", "b.csv")  # type: ignore[arg-type]


def test_fails_when_the_ending_does_not_say_the_format() -> None:
    bucket = s3.Bucket.from_bucket_name(new_stack(), "Baselines", "baselines")
    with refused(
        "Baseline.from_bucket mime_type must be given for a name that ends in none of .csv, .jsonl, .jsonlines, got "
        "'b.parquet': SageMaker must know how to read it"
    ):
        Baseline.from_bucket(bucket, "b.parquet")


def test_fails_when_the_file_does_not_exist(tmp_path: Path) -> None:
    with refused(
        f"Baseline.from_asset file must be an existing file, got {tmp_path / 'b.csv'}: the CDK uploads it for the explainer"
    ):
        Baseline.from_asset(tmp_path / "b.csv")


def test_fails_when_the_address_is_too_long() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Baselines", "baselines")
    baseline = Baseline.from_bucket(bucket, f"{'k' * 1020}.csv")
    with refused(
        "Baseline address must be 1-1024 characters (an s3:// or https:// address), got "
        f"{repr('s3://baselines/' + 'k' * 99)[:59]}… of 1039 characters: SageMaker reads the baseline from there"
    ):
        baseline.bind(stack)

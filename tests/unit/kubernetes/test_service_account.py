import pytest
from aws_cdk import aws_s3 as s3

from cdk_model_hosting.permissions import Permission
from tests.unit.builders import new_stack, only, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.schemas import VERSIONS, assert_valid

READ = Permission(actions=("s3:GetObject",), resources=("arn:aws:s3:::models/a",))


def test_the_role_is_for_one_account_of_one_cluster() -> None:
    cluster = made.cluster()
    account = cluster.service_account(cluster, "Account", namespace="models", name="triton", permissions=[READ])

    role = only(cluster, "AWS::IAM::Role")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    tags = trust["Condition"]["StringEquals"]
    assert tags.pop("aws:RequestTag/eks-cluster-arn")["Fn::Join"][1][-1] == ":cluster/models"
    assert tags == {
        "aws:RequestTag/kubernetes-namespace": "models",
        "aws:RequestTag/kubernetes-service-account": "triton",
    }
    (policy,) = role["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {"Action": "s3:GetObject", "Effect": "Allow", "Resource": "arn:aws:s3:::models/a"}
    ]
    (role_id,) = resources(cluster, "AWS::IAM::Role")
    assert only(cluster, "AWS::EKS::PodIdentityAssociation") == {
        "ClusterName": "models",
        "Namespace": "models",
        "RoleArn": {"Fn::GetAtt": [role_id, "Arn"]},
        "ServiceAccount": "triton",
    }
    assert (account.namespace, account.name) == ("models", "triton")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_kubernetes_object(version: str) -> None:
    cluster = made.cluster(version=version)
    cluster.service_account(cluster, "Account", namespace="models", name="triton")

    found = made.manifests(cluster)
    assert found == [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "triton", "namespace": "models"}}
    ]
    assert_valid(found, version)


def test_without_permissions_there_is_no_policy() -> None:
    cluster = made.cluster()
    cluster.service_account(cluster, "Account", namespace="models", name="triton")
    assert "Policies" not in only(cluster, "AWS::IAM::Role")


def test_a_chart_makes_its_own_account() -> None:
    cluster = made.cluster()
    account = cluster.service_account(cluster, "Account", namespace="keda", name="keda-operator", make=False)

    assert account.manifest is None
    assert made.manifests(cluster) == []
    assert only(cluster, "AWS::EKS::PodIdentityAssociation")["ServiceAccount"] == "keda-operator"


def test_its_role_can_be_granted_more() -> None:
    cluster = made.cluster()
    account = cluster.service_account(cluster, "Account", namespace="models", name="triton")
    bucket = s3.Bucket.from_bucket_name(cluster, "Bucket", "models")
    bucket.grant_read(account.role)

    (policy,) = resources(cluster, "AWS::IAM::Policy").values()
    assert len(policy["Properties"]["Roles"]) == 1


def test_it_waits_for_its_namespace_and_for_its_role_which_later_pods_then_get() -> None:
    cluster = made.cluster()
    namespace = cluster.apply(
        cluster, "Namespace", [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "models"}}]
    )
    cluster.service_account(cluster, "Account", namespace="models", name="triton", after=[namespace])

    found = resources(cluster, made.MANIFEST)
    (first,) = [name for name, each in found.items() if "ServiceAccount" not in each["Properties"]["Manifest"]]
    (second,) = [each for name, each in found.items() if name != first]
    (association,) = resources(cluster, "AWS::EKS::PodIdentityAssociation")
    assert set(second["DependsOn"]) == {first, association}


def test_fails_when_an_account_gets_two_roles() -> None:
    cluster = made.cluster()
    cluster.service_account(cluster, "One", namespace="models", name="triton")
    with refused(
        "Stack/Cluster/Two must not own the service account models/triton of a cluster, got one that Stack/Cluster/One owns: a cluster "
        "has one"
    ):
        cluster.service_account(cluster, "Two", namespace="models", name="triton")


def test_fails_when_a_name_is_none() -> None:
    cluster = made.cluster()
    with refused(
        "ServiceAccount name must be 1-253 characters (lower case letters, digits, hyphens and dots, beginning and ending with a letter "
        "or digit), got 'Triton': Kubernetes takes no other name"
    ):
        cluster.service_account(cluster, "Account", namespace="models", name="Triton")
    with refused(
        "ServiceAccount namespace must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with a letter or "
        "digit), got '' of 0 characters: Kubernetes takes no other name"
    ):
        cluster.service_account(cluster, "Account", namespace="", name="triton")


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    cluster.service_account(stack, "Account", namespace=text_token(stack, "Namespace"), name=text_token(stack, "Name"))

    association = only(cluster, "AWS::EKS::PodIdentityAssociation")
    assert (association["Namespace"], association["ServiceAccount"]) == ({"Ref": "Namespace"}, {"Ref": "Name"})

from typing import Any

import pytest
from aws_cdk import aws_iam as iam

from cdk_model_hosting.kubernetes.access import ClusterAccess
from tests.unit.builders import new_stack, only, refused, resources, sub, text_token
from tests.unit.kubernetes import made

ROLE = "arn:aws:iam::111122223333:role/team/dev"
POLICY = "arn:${AWS::Partition}:eks::aws:cluster-access-policy/"


@pytest.mark.parametrize(
    ("access", "policy", "scope"),
    [
        (ClusterAccess.view(), "AmazonEKSViewPolicy", {"Type": "cluster"}),
        (
            ClusterAccess.view(namespaces=["models", "models", "jobs"]),
            "AmazonEKSViewPolicy",
            {"Type": "namespace", "Namespaces": ["models", "jobs"]},
        ),
        (
            ClusterAccess.edit(namespaces=["models"]),
            "AmazonEKSEditPolicy",
            {"Type": "namespace", "Namespaces": ["models"]},
        ),
        (ClusterAccess.admin(), "AmazonEKSAdminPolicy", {"Type": "cluster"}),
        (ClusterAccess.cluster_admin(), "AmazonEKSClusterAdminPolicy", {"Type": "cluster"}),
    ],
)
def test_policies_and_where_they_hold(access: ClusterAccess, policy: str, scope: dict[str, Any]) -> None:
    cluster = made.cluster()
    cluster.grant_access(ROLE, access)

    assert only(cluster, "AWS::EKS::AccessEntry") == {
        "AccessPolicies": [{"AccessScope": scope, "PolicyArn": sub(f"{POLICY}{policy}")}],
        "ClusterName": "models",
        "PrincipalArn": ROLE,
    }


def test_several_policies_of_one_principal() -> None:
    cluster = made.cluster()
    cluster.grant_access(
        ROLE, ClusterAccess.view(), ClusterAccess.edit(namespaces=["models"]), construct_id="Developers"
    )

    entry = only(cluster, "AWS::EKS::AccessEntry")
    assert [each["PolicyArn"]["Fn::Sub"].removeprefix(POLICY) for each in entry["AccessPolicies"]] == [
        "AmazonEKSViewPolicy",
        "AmazonEKSEditPolicy",
    ]
    assert cluster.node.try_find_child("Developers") is not None


def test_an_entry_keeps_its_id_when_another_goes() -> None:
    other = "arn:aws:iam::111122223333:role/ops"
    role = "Role"
    found = []
    for principals in ([other, ROLE, role], [role, ROLE]):
        cluster = made.cluster()
        for each in principals:
            who = iam.Role(cluster, "Role", assumed_by=iam.AccountRootPrincipal()) if each == role else each
            cluster.grant_access(who, ClusterAccess.view())
        found.append(set(resources(cluster, "AWS::EKS::AccessEntry")))
    assert len(found[0]) == 3
    assert found[1] < found[0]


def test_roles_and_users() -> None:
    cluster = made.cluster()
    role = iam.Role(cluster, "Role", assumed_by=iam.AccountRootPrincipal())
    user = iam.User(cluster, "User")
    cluster.grant_access(role, ClusterAccess.view())
    cluster.grant_access(user, ClusterAccess.view())

    entries = made.template(cluster)["Resources"]
    principals = [
        each["Properties"]["PrincipalArn"] for each in entries.values() if each["Type"] == "AWS::EKS::AccessEntry"
    ]
    assert [each["Fn::GetAtt"][1] for each in principals] == ["Arn", "Arn"]
    assert {each["Fn::GetAtt"][0][:11] for each in principals} == {"ClusterRole", "ClusterUser"}


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:assumed-role/dev/me",
        "arn:aws:iam::111122223333:group/dev",
        "dev",
    ],
)
def test_fails_when_eks_lets_nobody_in_by_that_name(principal: str) -> None:
    with refused(
        f"ServingCluster.grant_access principal must be the ARN of an IAM role or user, got {principal!r}: EKS lets in neither an "
        "account's root, nor a session, nor a group"
    ):
        made.cluster().grant_access(principal, ClusterAccess.view())


def test_fails_when_the_principal_is_no_principal() -> None:
    with refused(
        "ServingCluster.grant_access principal must be a role, a user, or the ARN of one, got 7: nothing else is understood there"
    ):
        made.cluster().grant_access(7, ClusterAccess.view())  # type: ignore[arg-type] # what a user without types writes


def test_fails_when_a_principal_comes_twice() -> None:
    cluster = made.cluster()
    cluster.grant_access(ROLE, ClusterAccess.view())
    with refused(
        f"ServingCluster.grant_access principal must be one without an access entry, got '{ROLE}' again: EKS keeps one entry a principal; "
        "pass all that it may do in one call"
    ):
        cluster.grant_access(ROLE, ClusterAccess.edit())


def test_fails_when_nothing_is_granted() -> None:
    with refused("ServingCluster.grant_access access must name at least one, got none: the principal could do nothing"):
        made.cluster().grant_access(ROLE)


def test_fails_when_a_policy_comes_twice() -> None:
    with refused(
        "ServingCluster.grant_access access must name a policy once, got AmazonEKSViewPolicy 2 times: EKS keeps one scope a policy; name "
        "all namespaces in one"
    ):
        made.cluster().grant_access(ROLE, ClusterAccess.view(namespaces=["a"]), ClusterAccess.view(namespaces=["b"]))


def test_fails_when_access_is_none() -> None:
    with refused(
        "ServingCluster.grant_access access element must be a ClusterAccess, got 'view': nothing else is understood there"
    ):
        made.cluster().grant_access(ROLE, "view")  # type: ignore[arg-type] # what a user without types writes


def test_a_refused_grant_leaves_no_trace() -> None:
    cluster = made.cluster()
    with refused("ServingCluster.grant_access access must name at least one, got none: the principal could do nothing"):
        cluster.grant_access(ROLE)
    cluster.grant_access(ROLE, ClusterAccess.view())
    assert only(cluster, "AWS::EKS::AccessEntry")["PrincipalArn"] == ROLE


def test_fails_when_no_namespace_is_named() -> None:
    with refused(
        "ClusterAccess.edit namespaces must name at least one, got none: no namespaces would mean all of them; omit the argument for that"
    ):
        ClusterAccess.edit(namespaces=[])


def test_fails_when_a_namespace_is_none() -> None:
    with refused(
        "ClusterAccess.view namespaces element must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with "
        "a letter or digit), got 'Models': Kubernetes takes no other name"
    ):
        ClusterAccess.view(namespaces=["Models"])
    with refused(
        "ClusterAccess.admin namespaces must be a list or tuple, got 'models': nothing else is understood there"
    ):
        ClusterAccess.admin(namespaces="models")


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    token = text_token(stack)
    cluster.grant_access(token, ClusterAccess.view(namespaces=[token]))

    entry = only(cluster, "AWS::EKS::AccessEntry")
    assert entry["PrincipalArn"] == {"Ref": "Text"}
    assert entry["AccessPolicies"][0]["AccessScope"]["Namespaces"] == [{"Ref": "Text"}]
    with refused(
        "ServingCluster.grant_access principal must be one without an access entry, got the same Token again: EKS keeps one entry a "
        "principal; pass all that it may do in one call"
    ):
        cluster.grant_access(token, ClusterAccess.view())

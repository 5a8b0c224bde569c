import aws_cdk as cdk

from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import only, resources
from tests.unit.kubernetes import made


def test_the_operator_has_a_role_that_may_do_nothing_yet() -> None:
    cluster = made.cluster()
    keda = Keda(cluster, "Keda", cluster=cluster)

    assert cluster.claimed(Keda.CLAIM) is keda
    values = made.charts(cluster)["keda"]["Values"]
    association = only(cluster, "AWS::EKS::PodIdentityAssociation")
    assert association["ServiceAccount"] == values["serviceAccount"]["operator"]["name"] == values["operator"]["name"]
    assert association["Namespace"] == "keda"
    assert "Policies" not in only(cluster, "AWS::IAM::Role")


def test_it_may_do_more_by_a_policy_in_the_stack_of_what_needs_it() -> None:
    app = cdk.App()
    cluster = made.cluster(cdk.Stack(app, "Platform"))
    keda = Keda(cluster, "Keda", cluster=cluster)
    stack = cdk.Stack(app, "App")
    arn = "arn:aws:sqs:eu-west-1:111122223333:models-*"
    look = Permission(actions=("sqs:GetQueueAttributes",), resources=(arn,), wildcard_reason="all queues of models")
    keda.allow(stack, "May", [look])

    policy = only(stack, "AWS::IAM::Policy")
    assert policy["PolicyDocument"] == {"Version": "2012-10-17", "Statement": [look.render()]}
    (role,) = policy["Roles"]
    assert role["Fn::ImportValue"].startswith("Platform:ExportsOutputRefClusterKedaOperatorRole")
    assert resources(cluster, "AWS::IAM::Policy") == {}


def test_its_pods_start_with_the_role() -> None:
    cluster = made.cluster()
    Keda(cluster, "Keda", cluster=cluster)

    (chart,) = resources(cluster, made.HELM).values()
    assert list(resources(cluster, "AWS::EKS::PodIdentityAssociation")) == chart["DependsOn"]
    # The chart makes the account: Helm would not take over one that is there.
    assert resources(cluster, made.MANIFEST) == {}

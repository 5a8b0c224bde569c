from cdk_model_hosting.kubernetes.keda import Keda
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


def test_its_pods_start_with_the_role() -> None:
    cluster = made.cluster()
    Keda(cluster, "Keda", cluster=cluster)

    (chart,) = resources(cluster, made.HELM).values()
    assert list(resources(cluster, "AWS::EKS::PodIdentityAssociation")) == chart["DependsOn"]
    # The chart makes the account: Helm would not take over one that is there.
    assert resources(cluster, made.MANIFEST) == {}

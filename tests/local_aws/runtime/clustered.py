"""What the tests of EKS do over and over: a network, a cluster that lets kubectl in, node groups, objects, charts."""

import json
from typing import Any

Resources = dict[str, Any]

CLUSTER_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
PRUNE_LABEL = "aws.cdk.eks/prune-test"
_CODE = "def handler(event, context):\n    raise AssertionError('it is not invoked')\n"
_OUTPUTS = ("NodeRole", "Subnet0", "Subnet1", "Framework")


def resource(kind: str, after: tuple[str, ...] = (), **properties: Any) -> Resources:
    """A resource of a template."""
    return {"Type": kind, "Properties": properties, **({"DependsOn": list(after)} if after else {})}


def at(name: str, attribute: str = "Arn") -> dict[str, Any]:
    """An attribute of a resource."""
    return {"Fn::GetAtt": [name, attribute]}


def role(service: str, *actions: str) -> Resources:
    """A role that a service may take."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": [*actions] or ["sts:AssumeRole"]}
    return resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [statement]})


def network() -> Resources:
    """A network of two zones."""
    subnets = {
        f"Subnet{number}": resource(
            "AWS::EC2::Subnet",
            VpcId={"Ref": "Vpc"},
            CidrBlock=f"10.0.{number}.0/24",
            AvailabilityZone={"Fn::Select": [number, {"Fn::GetAZs": ""}]},
        )
        for number in (0, 1)
    }
    return {"Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"), **subnets}


def cluster(name: str, **properties: Any) -> Resources:
    """A cluster, and an add-on for the network of its pods."""
    given = {
        "Name": name,
        "Version": "1.35",
        "RoleArn": at("ClusterRole"),
        "ResourcesVpcConfig": {"SubnetIds": [{"Ref": "Subnet0"}, {"Ref": "Subnet1"}]},
        "AccessConfig": {"AuthenticationMode": "API"},
        "BootstrapSelfManagedAddons": False,
        **properties,
    }
    return {
        "ClusterRole": role("eks.amazonaws.com"),
        "NodeRole": role("ec2.amazonaws.com"),
        "Cluster": resource("AWS::EKS::Cluster", **given),
        "Network": resource("AWS::EKS::Addon", ClusterName={"Ref": "Cluster"}, AddonName="vpc-cni"),
    }


def kubectl(*, entry: bool = True) -> Resources:
    """The functions that the CDK would run kubectl by, and what lets them into the cluster."""

    def function(**more: Any) -> Resources:
        return resource(
            "AWS::Lambda::Function",
            Runtime="python3.13",
            Handler="index.handler",
            Role=at("KubectlRole"),
            Code={"ZipFile": _CODE},
            **more,
        )

    made = {
        "KubectlRole": role("lambda.amazonaws.com"),
        "Handler": function(),
        "Framework": function(Environment={"Variables": {"USER_ON_EVENT_FUNCTION_ARN": at("Handler")}}),
    }
    if entry:
        policies = [{"PolicyArn": CLUSTER_ADMIN, "AccessScope": {"Type": "cluster"}}]
        made["Entry"] = resource(
            "AWS::EKS::AccessEntry",
            ClusterName={"Ref": "Cluster"},
            PrincipalArn=at("KubectlRole"),
            AccessPolicies=policies,
        )
    return made


def group(outputs: dict[str, str], name: str, cluster_name: str, **properties: Any) -> dict[str, Any]:
    """A template with a node group in the cluster of another stack."""
    given = {
        "ClusterName": cluster_name,
        "NodegroupName": name,
        "NodeRole": outputs["NodeRole"],
        "Subnets": [outputs["Subnet0"], outputs["Subnet1"]],
        "InstanceTypes": ["g5.xlarge"],
        "ScalingConfig": {"MinSize": 1, "MaxSize": 4},
        **properties,
    }
    kept = {key: value for key, value in given.items() if value is not None}
    return {"Resources": {"Group": resource("AWS::EKS::Nodegroup", **kept)}}


def objects(outputs: dict[str, str], cluster_name: str, *manifests: dict[str, Any], **properties: Any) -> Resources:
    """Kubernetes objects as the CDK has them made, all with its label."""
    labelled = [
        {**each, "metadata": {**each["metadata"], "labels": {**each["metadata"].get("labels", {}), PRUNE_LABEL: ""}}}
        for each in manifests
    ]
    return resource(
        "Custom::AWSCDK-EKS-KubernetesResource",
        ServiceToken=outputs["Framework"],
        ClusterName=cluster_name,
        Manifest=json.dumps(labelled),
        PruneLabel=PRUNE_LABEL,
        **properties,
    )


def chart(
    outputs: dict[str, str], cluster_name: str, name: str, values: dict[str, Any], **properties: Any
) -> Resources:
    """A Helm chart as the CDK has it installed."""
    given = {
        "Release": name,
        "Namespace": name,
        "Version": "1.0.0",
        "CreateNamespace": True,
        "Wait": True,
        **properties,
    }
    return resource(
        "Custom::AWSCDK-EKS-HelmChart",
        ServiceToken=outputs["Framework"],
        ClusterName=cluster_name,
        Chart=name,
        Repository="https://charts.example.com",
        Values=json.dumps(values),
        **given,
    )


def template(name: str, *, entry: bool = True, **properties: Any) -> dict[str, Any]:
    """A template with all that a cluster needs, and outputs for stacks that use it."""
    return {
        "Resources": {**network(), **cluster(name, **properties), **kubectl(entry=entry)},
        "Outputs": {each: {"Value": {"Ref": each} if each.startswith("Subnet") else at(each)} for each in _OUTPUTS},
    }

"""The CDK's custom resources for Kubernetes objects and Helm charts, whose functions would run kubectl and Helm.

The functions must be there, and what they need to reach the cluster; what they would do is done here. Their answers are those of
the CDK's handlers behind its provider framework: an object that could not be created is not deleted, and what was created beside
it stays.
"""

import json
import uuid
from typing import Any

from ministack.services import lambda_svc

from tests.local_aws.server.cloudformation import custom_resources
from tests.local_aws.server.eks import helm, kubectl, objects, records
from tests.local_aws.server.eks.helm import HelmError
from tests.local_aws.server.eks.kubectl import KubectlError
from tests.local_aws.server.eks.objects import Contents, Release

Document = dict[str, Any]

MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
CHART = "Custom::AWSCDK-EKS-HelmChart"
_NOT_PLAYED = ("Custom::AWSCDK-EKS-KubernetesObjectValue", "Custom::AWSCDK-EKS-KubernetesPatch")
_NEVER_CREATED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
_ADMINISTRATOR = "AmazonEKSClusterAdminPolicy"


def install() -> None:
    """Answer requests of these types in the place of their functions."""
    custom_resources.captured[MANIFEST] = lambda event, function: _answer(event, function, _manifest)
    custom_resources.captured[CHART] = lambda event, function: _answer(event, function, _chart)
    for each in _NOT_PLAYED:
        custom_resources.captured[each] = _refuse


def _answer(event: Document, function: Document, play: Any) -> Document:
    answer = {key: event[key] for key in custom_resources.REQUIRED}
    known = event.get("PhysicalResourceId")
    if event["RequestType"] == "Delete" and known == _NEVER_CREATED:
        return {**answer, "Status": "SUCCESS", "PhysicalResourceId": known}
    try:
        play(
            event["RequestType"],
            event["ResourceProperties"],
            _reached(event["ResourceProperties"]["ClusterName"], function),
        )
    except (KubectlError, HelmError, ConnectionError) as error:
        return {
            **answer,
            "Status": "FAILED",
            "Reason": f"Error: {error}",
            "PhysicalResourceId": known or _NEVER_CREATED,
        }
    return {**answer, "Status": "SUCCESS", "PhysicalResourceId": known or str(uuid.uuid4())}


def _refuse(event: Document, _function: Document) -> Document:
    answer = {key: event[key] for key in custom_resources.REQUIRED}
    if event["RequestType"] == "Delete":
        return {**answer, "Status": "SUCCESS", "PhysicalResourceId": _NEVER_CREATED}
    reason = f"{event['ResourceType']} is not played by the local AWS."
    return {**answer, "Status": "FAILED", "Reason": reason, "PhysicalResourceId": _NEVER_CREATED}


def _manifest(request: str, properties: Document, contents: Contents) -> None:
    manifests = json.loads(properties["Manifest"])
    name = properties["ClusterName"]
    if request == "Create" and properties.get("Overwrite", "false").lower() != "true":
        kubectl.create(name, contents, manifests)
    elif request == "Create":
        kubectl.apply(name, contents, manifests)
    elif request == "Update":
        kubectl.apply(name, contents, manifests, prune_label=properties.get("PruneLabel"))
    else:
        kubectl.delete(name, contents, manifests)


def _chart(request: str, properties: Document, contents: Contents) -> None:
    namespace = properties.get("Namespace", "default")
    if request == "Delete":
        helm.uninstall(contents, namespace, properties["Release"])
        return
    release = Release(
        name=properties["Release"],
        namespace=namespace,
        chart=properties.get("Chart") or properties["ChartAssetURL"],
        repository=properties.get("Repository"),
        version=properties.get("Version"),
        values=json.loads(properties.get("Values") or "{}"),
        wait=properties.get("Wait", "false") == "true",
    )
    helm.upgrade(contents, release, create_namespace=properties.get("CreateNamespace") == "true")


def _reached(cluster_name: str, function: Document) -> Contents:
    """Go the way of the function that runs kubectl to a cluster.

    Raises:
        ConnectionError: There is none.
    """
    contents, cluster = objects.contents(cluster_name), records.cluster(cluster_name)
    if contents is None or cluster is None:
        raise ConnectionError(
            f"Command '['aws', 'eks', 'update-kubeconfig', '--name', '{cluster_name}', ...]' returned non-zero exit status 254: "
            f"No cluster found for name: {cluster_name}."
        )
    handler = _handler(function)
    network = cluster["ResourcesVpcConfig"]
    in_network = bool((handler.get("VpcConfig") or {}).get("SubnetIds"))
    if network.get("EndpointPublicAccess") is False and not in_network:
        raise ConnectionError(
            "Unable to connect to the server: dial tcp: i/o timeout. (The endpoint is private, and the function is in no network.)"
        )
    if not _is_administrator(cluster_name, str(handler["Role"])):
        raise ConnectionError(
            f"error: You must be logged in to the server (Unauthorized). ({handler['Role']} is no administrator by an access entry.)"
        )
    return contents


def _handler(framework: Document) -> Document:
    """Return the configuration of the function that the provider framework invokes."""
    variables = (framework.get("Environment") or {}).get("Variables") or {}
    _, config, name = lambda_svc._get_func_record_for_ref(variables.get("USER_ON_EVENT_FUNCTION_ARN", ""))
    if config is None:
        raise ConnectionError(f"Function not found: {name}")
    return dict(config)


def _is_administrator(cluster_name: str, role: str) -> bool:
    entry = records.found(records.ACCESS_ENTRY, f"{role}|{cluster_name}") or {}
    return any(each["PolicyArn"].endswith(f"/{_ADMINISTRATOR}") for each in entry.get("AccessPolicies", []))

"""How a function's process begins: on demand, ahead of the requests, or from a snapshot."""

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

Document = dict[str, Any]


def install() -> None:
    """Refuse what cannot be provisioned, and let what is provisioned begin anew."""
    put = lambda_svc._put_provisioned_concurrency

    def put_checked(name: str, qualifier: str, data: Document) -> Any:
        function = lambda_svc._functions.get(name)
        version = _version_of(function, qualifier) if function is not None else qualifier
        if version == "$LATEST":
            return lambda_svc._invalid_parameter_value(
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
            )
        config = (function or {}).get("versions", {}).get(version, {}).get("config", {})
        if takes_snapshots(config):
            return lambda_svc._invalid_parameter_value(
                f"Provisioned concurrency is not supported for {name}:{qualifier}, which has SnapStart enabled."
            )
        answer = put(name, qualifier, data)
        lambda_runtime.invalidate_worker(name, qualifier=version)
        return answer

    lambda_svc._put_provisioned_concurrency = put_checked


def takes_snapshots(config: Document) -> bool:
    """Tell whether versions of a function begin from a snapshot."""
    return (config.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions"


def initialization_type(config: Document) -> str:
    """Return what Lambda tells a process about how it begins.

    See: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    version = config.get("Version", "$LATEST")
    if version != "$LATEST" and takes_snapshots(config):
        return "snap-start"
    function = lambda_svc._functions.get(config["FunctionName"]) or {}
    provisioned = {_version_of(function, qualifier) for qualifier in function.get("provisioned_concurrency", {})}
    return "provisioned-concurrency" if version in provisioned else "on-demand"


def _version_of(function: Document, qualifier: str) -> str:
    alias = function.get("aliases", {}).get(qualifier)
    return str(alias["FunctionVersion"] if alias is not None else qualifier)

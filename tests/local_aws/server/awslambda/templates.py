"""Functions in templates: checked as by the API, and with the properties that ministack leaves out.

A version whose snapshot is made is complete once that is there, and fails with it.
"""

import time
from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from tests.local_aws.server.awslambda import image_functions, provisioned, refusals
from tests.local_aws.server.cloudformation import engine

Document = dict[str, Any]
Created = tuple[str, Document]

_TYPE = "AWS::Lambda::Function"
_VERSION = "AWS::Lambda::Version"
_SECONDS_BETWEEN_LOOKS = 0.02
# What ministack says where it has no archive.
_UNKNOWN_SUM = "cfn-deployed"
_LEFT_OUT = ("FileSystemConfigs", "DeadLetterConfig", "KMSKeyArn")


def install() -> None:
    """Put the checks around ministack's handlers. To be called before CloudFormation is installed."""
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    # ministack calls the first one from the second as well.
    handlers["create"] = provisioners._lambda_create = _whole(handlers["create"], position=1)
    handlers["update"] = _whole(handlers["update"], position=2)
    versions = provisioners._RESOURCE_HANDLERS[_VERSION]
    versions["create"] = _waiting(versions["create"])
    versions["update"] = _waiting(versions["update"])
    engine.run_on_worker_thread(frozenset({_VERSION}))


def _whole(handler: Callable[..., Created], *, position: int) -> Callable[..., Created]:
    """Return ``handler`` for a function with all its properties, the argument at ``position``."""

    def whole(*arguments: Any, **named: Any) -> Created:
        properties = arguments[position]
        why_not = refusals.refusal(properties)
        if why_not:
            raise ValueError(why_not)
        name, attributes = handler(*arguments, **named)
        _complete(lambda_svc._functions[name], properties)
        return name, attributes

    return whole


def _complete(function: Document, properties: Document) -> None:
    config = function["config"]
    config["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
    for name in _LEFT_OUT:
        config.pop(name, None)
        if properties.get(name):
            config[name] = properties[name]
    function["concurrency"] = properties.get("ReservedConcurrentExecutions")
    # A change of the code goes through the API, which notes the image itself.
    if config.get("PackageType") == "Image" and config["CodeSha256"] == _UNKNOWN_SUM:
        image_functions.pin(config)


def _waiting(handler: Callable[..., Created]) -> Callable[..., Created]:
    """Return ``handler`` for a version that may be pending."""

    def waiting(*arguments: Any, **named: Any) -> Created:
        arn, attributes = handler(*arguments, **named)
        name, version = arn.split(":")[-2:]
        function = lambda_svc._functions.get(name) or {}
        config = function.get("versions", {}).get(version, {}).get("config", {})
        while config.get("State") == "Pending" and provisioned.takes_snapshots(config):
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        if config.get("State") == "Failed":
            # CloudFormation deletes what it created in vain.
            del function["versions"][version]
            raise ValueError(f"version {version} of {name} could not begin: {config['StateReason']}")
        return arn, attributes

    return waiting

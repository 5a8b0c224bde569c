"""CloudFormation on ministack, with every resource type of the registry."""

from tests.local_aws.server.cloudformation import (
    aliases,
    cleanup,
    components,
    custom_resources,
    eks,
    engine,
    experiments,
    functions,
    native,
    patience,
    sagemaker,
    scaling,
)
from tests.local_aws.server.cloudformation.generic import GenericProvider
from tests.local_aws.server.cloudformation.registry import resource_types

LEFT_TO_MINISTACK = ("AWS::CloudFormation::", "AWS::CDK::")
"""Types that are about CloudFormation itself."""


def install() -> int:
    """Check what ministack has, add what it lacks; return how many types it has then.

    To be called once, before the server takes requests.
    """
    engine.resolve_functions_in_conditions()
    patience.install()
    custom_resources.install()
    cleanup.install()
    played = (sagemaker, components, experiments, scaling, aliases, eks)
    own = {provider.resource_type.name: provider for module in played for provider in module.providers()}
    for resource_type in resource_types():
        if resource_type.name.startswith(LEFT_TO_MINISTACK):
            continue
        if resource_type.name in own:
            own[resource_type.name].register()
        elif resource_type.name in engine.type_handlers:
            native.wrap(resource_type)
        elif resource_type.primary_identifier:
            GenericProvider(resource_type).register()
    functions.install()
    aliases.install()
    return len(engine.type_handlers)

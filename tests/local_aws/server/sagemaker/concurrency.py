"""Changes the concurrency of a serverless variant that runs: UpdateEndpointWeightsAndCapacities with ServerlessUpdateConfig."""

from tests.local_aws.server.sagemaker.serverless import Serverless
from tests.local_aws.server.sagemaker.state import Document, Variant
from tests.local_aws.server.sagemaker.validation import refuse_unless


def changed(variant: Variant, change: Document) -> Document:
    """Return the settings of a variant after a change, which may say nothing about its concurrency.

    Raises:
        ServiceError: The service would refuse it.
    """
    wanted = change.get("ServerlessUpdateConfig")
    if wanted is None:
        return variant.settings
    refuse_unless(
        variant.is_serverless, f"Variant {variant.name} is not serverless: ServerlessUpdateConfig does not apply."
    )
    refuse_unless("DesiredInstanceCount" not in change, f"Variant {variant.name} is serverless and has no instances.")
    settings = {**variant.settings["ServerlessConfig"], **wanted}
    provisioned, most = settings.get("ProvisionedConcurrency", 0), settings["MaxConcurrency"]
    refuse_unless(provisioned <= most, f"ProvisionedConcurrency {provisioned} must not exceed MaxConcurrency {most}.")
    return {**variant.settings, "ServerlessConfig": settings}


def follow(variant: Variant) -> None:
    """Bring what answers for a serverless variant in line with its settings: warm, where concurrency is provisioned."""
    if isinstance(variant.serving, Serverless):
        settings = variant.settings["ServerlessConfig"]
        variant.serving.change(most=settings["MaxConcurrency"], provisioned=settings.get("ProvisionedConcurrency", 0))

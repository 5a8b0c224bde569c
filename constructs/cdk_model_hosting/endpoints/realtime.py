"""An endpoint that answers while the caller waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.endpoints.capture import DataCapture, captured_bucket
from cdk_model_hosting.endpoints.endpoint import ImportedEndpoint, import_by_arn, import_by_name
from cdk_model_hosting.endpoints.explainer import Explainer
from cdk_model_hosting.endpoints.guarded import GuardedEndpoint, Replacement, pattern_of
from cdk_model_hosting.endpoints.metrics_requests import RealtimeMetrics
from cdk_model_hosting.endpoints.shadow import Shadow
from cdk_model_hosting.endpoints.variant import ONLY_VARIANT, Variant, check_variants
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import VARIANTS
from cdk_model_hosting.patterns import Feature, Pattern, Used

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from cdk_model_hosting.endpoints.fleet import Fleet
    from cdk_model_hosting.models.model import Model
    from cdk_model_hosting.monitoring.alarm import Alarm
    from cdk_model_hosting.rollout.rollout import Rollout
    from cdk_model_hosting.scaling.scaling import Scaling


class ImportedRealtimeEndpoint(RealtimeMetrics, ImportedEndpoint):
    """A real-time endpoint that exists already. Made by `RealtimeEndpoint.from_endpoint_name` and its kin."""


class RealtimeEndpoint(RealtimeMetrics, GuardedEndpoint):
    """An endpoint that answers each request at once: at most 60 seconds, or 8 minutes for a streamed answer.

    It serves single models, multi-model containers, serial pipelines, and containers that are invoked directly.

    With one model, give `model` and `fleet` (and `scaling`). To share the traffic between several, give `variants`.

    A changed model, image or fleet makes a new endpoint configuration, and the endpoint moves to it by its rollout. A
    fleet that scales keeps the size that it has reached. SageMaker refuses to change the instance type of a fleet that is
    registered for scaling, or to remove its variant: see `allow_instance_type_change`.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        model: What is served.
        fleet: What it runs on.
        scaling: How the fleet grows with its traffic; a fixed fleet when omitted.
        variants: 1-10 models with their shares of the traffic, in place of the three above.
        rollout: How a new version replaces the old; `Rollout.all_at_once` when omitted, and without baking when there are
            no alarms either.
        rollback_on: Alarms that roll a new version back: conditions watched on the new fleet of every variant, and alarms
            of your own; at most 10. Server errors and latency when omitted; none at all when empty.
        endpoint_name: Name, at most 63 characters. Made of the stack's name and the path when omitted.
        encryption_key: KMS key of the instances' volumes, for families without local NVMe disks, whose hardware encrypts
            them; the service's own key when omitted.
        verify_rollout: Whether the deployment fails, and is rolled back, when SageMaker has silently rolled the endpoint
            back. It takes one small function a stack, however many endpoints.
        allow_instance_type_change: Whether the instance type of a fleet that scales can change in one deployment. The
            same function then owns the registration, which is not visible as native resources any more.
        capture: Requests and answers to keep in a bucket; none when omitted.
        shadow: A variant that gets copies of requests and whose answers nobody sees; none when omitted.
        explainer: How answers are explained feature by feature; not at all when omitted.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        cfn_endpoint: The endpoint's resource.
        cfn_endpoint_config: Its configuration's resource.
        scaled: The native resources by which fleets scale, by variant name.
        cfn_scaling_registration: The custom resource that registers them instead, with `allow_instance_type_change`.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: Model | None = None,
        fleet: Fleet | None = None,
        scaling: Scaling | None = None,
        variants: Sequence[Variant] | None = None,
        rollout: Rollout | None = None,
        rollback_on: Sequence[Alarm | cloudwatch.IAlarm] | None = None,
        endpoint_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        verify_rollout: bool = True,
        allow_instance_type_change: bool = False,
        capture: DataCapture | None = None,
        shadow: Shadow | None = None,
        explainer: Explainer | None = None,
    ) -> None:
        served = _one_way(model, fleet, scaling, variants)
        uses = _uses(capture, shadow, explainer)
        shadows = () if shadow is None else (shadow.beside(served),)
        for variant in (*served, *shadows):
            if variant.scaling is not None:
                variant.scaling.check_explainer(present=explainer is not None)
        super().__init__(
            scope,
            construct_id,
            pattern=pattern_of("RealtimeEndpoint", served),
            variants=served,
            replacement=Replacement(
                rollout=rollout,
                rollback_on=rollback_on,
                verify=verify_rollout,
                allow_instance_type_change=allow_instance_type_change,
            ),
            uses=uses,
            shadows=shadows,
            endpoint_name=endpoint_name,
            encryption_key=encryption_key,
        )
        self._captured_bucket: s3.IBucket | None = None
        options: dict[str, Any] = {}
        if shadow is not None:
            self._advice.extend(shadow.advice(rollout))
        if capture is not None:
            captured = capture.bind(self)
            self._captured_bucket = captured.bucket
            options["data_capture_config"] = captured.config
            self._allow(*captured.permissions)
            self._advice.extend(capture.advice())
        if explainer is not None:
            explained = explainer.bind(self)
            options["explainer_config"] = explained.config
            self._allow(*explained.permissions)
        self._host(**options)

    @property
    def captured_bucket(self) -> s3.IBucket:
        """Bucket of captured requests and answers, brought or made.

        Raises:
            ConfigurationError: When the endpoint captures nothing.
        """
        return captured_bucket("RealtimeEndpoint", self._captured_bucket)

    @staticmethod
    def from_endpoint_name(
        scope: Construct,
        construct_id: str,
        endpoint_name: str,
        *,
        variant_names: Sequence[str] = (ONLY_VARIANT,),
        pattern: Pattern = Pattern.REALTIME,
    ) -> ImportedRealtimeEndpoint:
        """An existing endpoint of this account and region, with the same grants and metrics.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_name: Its name.
            variant_names: Its variants, for the metrics.
            pattern: How it hosts its models.

        Raises:
            ConfigurationError: When no endpoint can have that name.
        """
        _check_pattern("from_endpoint_name", pattern)
        return import_by_name(
            ImportedRealtimeEndpoint, scope, construct_id, endpoint_name, variant_names=variant_names, pattern=pattern
        )

    @staticmethod
    def from_endpoint_arn(
        scope: Construct,
        construct_id: str,
        endpoint_arn: str,
        *,
        variant_names: Sequence[str] = (ONLY_VARIANT,),
        pattern: Pattern = Pattern.REALTIME,
    ) -> ImportedRealtimeEndpoint:
        """An existing endpoint, perhaps of another account or region, with the same grants and metrics.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_arn: Its ARN. SageMaker writes the name in lower case there; where the endpoint was created with
                capitals, import it by name, or its metrics will not be found.
            variant_names: Its variants, for the metrics.
            pattern: How it hosts its models.

        Raises:
            ConfigurationError: When the text is no endpoint's ARN.
        """
        _check_pattern("from_endpoint_arn", pattern)
        return import_by_arn(
            ImportedRealtimeEndpoint, scope, construct_id, endpoint_arn, variant_names=variant_names, pattern=pattern
        )


_PATTERNS = (Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.PIPELINE, Pattern.MULTI_CONTAINER)


def _uses(capture: DataCapture | None, shadow: Shadow | None, explainer: Explainer | None) -> list[Used]:
    """What is asked for besides models and fleets."""
    options = (
        ("capture", capture, DataCapture, Feature.DATA_CAPTURE),
        ("shadow", shadow, Shadow, Feature.SHADOW),
        ("explainer", explainer, Explainer, Feature.EXPLAINER),
    )
    found = []
    for name, value, kind, feature in options:
        if value is not None:
            require(f"RealtimeEndpoint {name}", value, kind)
            found.append(Used(feature, f"RealtimeEndpoint {name}"))
    return found


def _check_pattern(what: str, pattern: Pattern) -> None:
    require(f"{what} pattern", pattern, Pattern)
    if pattern not in _PATTERNS:
        raise ConfigurationError(
            f"{what} pattern must be one that answers in real time on instances, got {pattern}: import it by the class that "
            "makes such endpoints"
        )


def _one_way(
    model: Model | None, fleet: Fleet | None, scaling: Scaling | None, variants: Sequence[Variant] | None
) -> tuple[Variant, ...]:
    """The variants, said in one of the two ways."""
    if variants is not None:
        if any(each is not None for each in (model, fleet, scaling)):
            raise ConfigurationError(
                "RealtimeEndpoint variants must be given without model, fleet and scaling, got both: "
                "each variant brings its own"
            )
        require_several("RealtimeEndpoint variants", variants, Variant)
        VARIANTS.check_length("RealtimeEndpoint variants", variants)
        several = tuple(variants)
        check_variants(several)
        return several
    if model is None or fleet is None:
        given = [
            name for name, value in (("model", model), ("fleet", fleet), ("scaling", scaling)) if value is not None
        ]
        raise ConfigurationError(
            f"RealtimeEndpoint must have a model and a fleet, or variants, got {' and '.join(given) or 'none of them'}: "
            "it serves a model on instances"
        )
    return (Variant(model=model, fleet=fleet, scaling=scaling),)

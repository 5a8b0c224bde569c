"""A shadow test that SageMaker starts, watches over and clears away by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk_model_hosting.acknowledgments import acknowledge_wildcards
from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require, require_like
from cdk_model_hosting.endpoints.capture import captured_bucket
from cdk_model_hosting.endpoints.volume_key import check_key, check_volume_key, use_of_volume_key
from cdk_model_hosting.experiments.checks import beyond_type_and_count, check_capture, check_endpoint, check_shadow
from cdk_model_hosting.experiments.permissions import manage
from cdk_model_hosting.experiments.schedule import ExperimentSchedule
from cdk_model_hosting.guard.rollout_check import RolloutCheck
from cdk_model_hosting.limits import EXPERIMENT_DESCRIPTION, EXPERIMENT_NAME, EXPERIMENT_STATE
from cdk_model_hosting.placement import place_of

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from constructs import IDependable

    from cdk_model_hosting.endpoints.capture import DataCapture
    from cdk_model_hosting.endpoints.endpoint import Endpoint
    from cdk_model_hosting.endpoints.shadow import Shadow
    from cdk_model_hosting.endpoints.variant import Variant
    from cdk_model_hosting.permissions import Permission

_LONGEST_NAME = 120
_ROLE = "a role such as Role.from_role_arn(self, 'Role', arn)"


class ShadowExperiment(Construct):
    """A shadow test of limited time on an endpoint that exists, made here or imported.

    SageMaker moves the endpoint to a configuration of the experiment's own, with the shadow variant in it, when the
    experiment begins, and back when it ends. In between CloudFormation does not know what the endpoint runs: deploy no
    change to it. An experiment that is over stays over; another one takes another name.

    Args:
        scope: Where to make it: the stack of both models.
        construct_id: ID below `scope`.
        endpoint: The endpoint.
        production: Its production variant, as it runs: the experiment is told its model, instance type and count.
        shadow: The model that gets copies of the requests, and what it runs on: by type and count alone.
        schedule: When it runs; from its deployment on, for 7 days, when omitted.
        capture: Where requests and answers of both are kept; they are not when omitted.
        role: Role to use instead of one made here. It gets what is needed unless it is immutable; SageMaker must be
            allowed to assume it.
        encryption_key: KMS key of the volumes of both fleets; the service's own when omitted.
        experiment_name: Name, at most 120 characters. Made of the stack's name and the path when omitted.
        description: What it is for, at most 1,024 characters.
        desired_state: ``Running`` to begin at once, ``Completed`` or ``Cancelled`` to end it before its time.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    Attributes:
        cfn_experiment: The experiment's resource.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint: Endpoint,
        production: Variant,
        shadow: Shadow,
        schedule: ExperimentSchedule | None = None,
        capture: DataCapture | None = None,
        role: iam.IRole | None = None,
        encryption_key: kms.IKey | None = None,
        experiment_name: str | None = None,
        description: str | None = None,
        desired_state: str | None = None,
    ) -> None:
        check_endpoint(endpoint, production)
        check_shadow(shadow, production)
        if capture is not None:
            check_capture(capture)
        if schedule is not None:
            require("ShadowExperiment schedule", schedule, ExperimentSchedule)
        if role is not None:
            require_like("ShadowExperiment role", role, "role_arn", _ROLE)
        check_key("ShadowExperiment", encryption_key)
        EXPERIMENT_NAME.check("ShadowExperiment experiment_name", experiment_name)
        EXPERIMENT_DESCRIPTION.check("ShadowExperiment description", description)
        EXPERIMENT_STATE.check("ShadowExperiment desired_state", desired_state)
        place = place_of(scope)
        models = (production.model, shadow.model)
        for model in models:
            model.check_endpoint(place)
        if encryption_key is not None:
            check_volume_key("ShadowExperiment", production.fleet, shadow.fleet)
        super().__init__(scope, construct_id)
        if experiment_name is None:
            experiment_name = place.unique_name(construct_id, longest=_LONGEST_NAME)
        captured = None if capture is None else capture.bind(self)
        self._captured_bucket: s3.IBucket | None = None if captured is None else captured.bucket
        # The containers write captures and use the volumes in their models' names, the experiment makes both in its own.
        shared = [
            *(() if captured is None else captured.permissions),
            *(() if encryption_key is None else use_of_volume_key(encryption_key)),
        ]
        waits_for: list[IDependable] = [endpoint]
        for model in models:
            waits_for.extend(model.allow(*shared))
        permissions = (*manage(endpoint.endpoint_arn, models), *shared)
        if role is None:
            self._role: iam.IRole = self._made_role(permissions)
        else:
            self._role = role
            waits_for.append(self._attached_policy(role, permissions))
        waits_for.extend(_rollout_check(endpoint))
        self.cfn_experiment = sagemaker.CfnInferenceExperiment(
            self,
            "Resource",
            name=experiment_name,
            type="ShadowMode",
            description=description,
            role_arn=self._role.role_arn,
            endpoint_name=endpoint.endpoint_name,
            schedule=None if schedule is None else schedule.render(),
            model_variants=[_rendered(each) for each in (production, shadow.variant())],
            shadow_mode_config=_mode(production, shadow),
            data_storage_config=None if captured is None else captured.storage,
            kms_key=None if encryption_key is None else encryption_key.key_arn,
            desired_state=desired_state,
        )
        self.cfn_experiment.node.add_dependency(*waits_for)
        for each in _advice(production, capture):
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)

    @property
    def captured_bucket(self) -> s3.IBucket:
        """Bucket of captured requests and answers of both variants, brought or made.

        Raises:
            ConfigurationError: When the experiment captures nothing.
        """
        return captured_bucket("ShadowExperiment", self._captured_bucket)

    @property
    def role(self) -> iam.IRole:
        """The role that SageMaker manages the endpoint with. What it is granted here is in force before it begins."""
        self.cfn_experiment.node.add_dependency(self._role)
        return self._role

    def _made_role(self, permissions: tuple[Permission, ...]) -> iam.Role:
        stack = cdk.Stack.of(self)
        # No confused deputy: only for this account's SageMaker resources of this region.
        source = f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}:*"
        trusted = iam.ServicePrincipal("sagemaker.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": source}})
        document = iam.PolicyDocument(statements=[each.statement() for each in permissions])
        role = iam.Role(self, "Role", assumed_by=trusted, inline_policies={"Experiment": document})
        acknowledge_wildcards(role, permissions)
        return role

    def _attached_policy(self, role: iam.IRole, permissions: tuple[Permission, ...]) -> iam.Policy:
        policy = iam.Policy(self, "Policy", statements=[each.statement() for each in permissions])
        # The role decides: an immutable one takes no policy, and the policy then does not appear in the template.
        role.attach_inline_policy(policy)
        acknowledge_wildcards(policy, permissions)
        return policy


def _rollout_check(endpoint: Endpoint) -> list[IDependable]:
    """The check of a deployment's rollouts, which must not find the endpoint on the experiment's configuration."""
    check = RolloutCheck.made_in(place_of(endpoint).stack)
    return [] if check is None else [check.cfn_check]


def _mode(production: Variant, shadow: Shadow) -> sagemaker.CfnInferenceExperiment.ShadowModeConfigProperty:
    experiment = sagemaker.CfnInferenceExperiment
    return experiment.ShadowModeConfigProperty(
        source_model_variant_name=production.name,
        shadow_model_variants=[
            experiment.ShadowModelVariantConfigProperty(
                shadow_model_variant_name=shadow.name, sampling_percentage=shadow.percent
            )
        ],
    )


def _rendered(variant: Variant) -> sagemaker.CfnInferenceExperiment.ModelVariantConfigProperty:
    experiment = sagemaker.CfnInferenceExperiment
    return experiment.ModelVariantConfigProperty(
        variant_name=variant.name,
        model_name=variant.model.model_name,
        infrastructure_config=experiment.ModelInfrastructureConfigProperty(
            infrastructure_type="RealTimeInference",
            real_time_inference_config=experiment.RealTimeInferenceConfigProperty(
                instance_type=variant.fleet.instance_type, instance_count=variant.initial_count
            ),
        ),
    )


def _advice(production: Variant, capture: DataCapture | None) -> list[Advice]:
    found = [] if capture is None else capture.advice()
    if production.scaling is not None:
        found.append(
            Advice(
                "experimentSetsCount",
                f"the experiment is told of {production.initial_count} instances of {production.name}, which scales: AWS does "
                "not say whether the fleet keeps the size that it has reached; give a fleet with the count of a busy hour",
            )
        )
    beyond = beyond_type_and_count(production.fleet)
    if beyond:
        found.append(
            Advice(
                "experimentKnowsTypeAndCount",
                f"the experiment is told nothing of {' and '.join(beyond)} of {production.name}: AWS does not say whether the "
                "fleet keeps them while it runs",
            )
        )
    return found

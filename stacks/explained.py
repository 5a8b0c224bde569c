"""A fraud detector that says why: payments that it would have reviewed are explained, feature by feature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting import (
    Alarm,
    Baseline,
    Container,
    ContainerImage,
    ExplainedAnswers,
    ExplainedFeatures,
    Explainer,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Scaling,
    ScalingPolicy,
    SingleModel,
)
from examples.fraud.features import FEATURE_NAMES

if TYPE_CHECKING:
    from constructs import Construct


class ExplainedStack(cdk.Stack):
    """One real-time endpoint with an explainer, which scales by what it explains.

    Args:
        scope: The app.
        construct_id: The stack's ID.
        model_folder: Folder of the trained model.
        env: Account and region; the deployer's own when omitted.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, model_folder: str, env: cdk.Environment | None = None
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=__doc__)

        detector = SingleModel(
            self,
            "Detector",
            container=Container(
                image=ContainerImage.from_asset("examples/containers/onnx"),
                artifact=ModelArtifact.from_asset(model_folder),
            ),
        )
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=detector,
            fleet=Fleet(instance_type="ml.c6i.xlarge", count=2),
            scaling=Scaling.between(2, 8, [ScalingPolicy.on_explanations(per_instance_per_minute=120)]),
            explainer=Explainer.shap(
                baseline=Baseline.from_asset("examples/fraud/baseline.csv"),
                samples=500,
                seed=2026,
                features=ExplainedFeatures(headers=FEATURE_NAMES),
                answers=ExplainedAnswers(probability_index=0),
                enable_explanations="[1]=='review'",
            ),
            rollback_on=[Alarm.server_errors(above=1), Alarm.model_latency(above=cdk.Duration.seconds(20))],
        )

        cdk.CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)

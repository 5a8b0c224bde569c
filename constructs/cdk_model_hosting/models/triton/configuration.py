"""A Triton model's configuration, through Triton's own schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.triton.ensemble import TritonEnsemble, largest_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.models.triton.batching import DynamicBatching
    from cdk_model_hosting.models.triton.model import TritonModel
    from cdk_model_hosting.models.triton.tensor import Tensor
    from cdk_model_hosting.models.triton.versions import TritonVersions

_NEWEST = -1


def configuration(model: TritonModel | TritonEnsemble) -> Any:
    """The model's configuration as a ``ModelConfig`` of ``tritonclient.grpc.model_config_pb2``.

    Args:
        model: The model or ensemble.

    Raises:
        ConfigurationError: When the extra ``triton`` is not installed, or the model's options are not Triton's.
    """
    config = _schema().ModelConfig(name=model.name, max_batch_size=largest_batch(model))
    _add_tensors(config.input, model.inputs)
    _add_tensors(config.output, model.outputs)
    if isinstance(model, TritonEnsemble):
        _describe_ensemble(config, model)
    else:
        _describe_model(config, model)
    return config


def as_text(config: Any) -> str:
    """A configuration as ``config.pbtxt`` holds it; the same text for the same configuration.

    Args:
        config: A ``ModelConfig``.
    """
    from google.protobuf import text_format  # noqa: PLC0415 - comes with the extra `triton`

    text: str = text_format.MessageToString(config, as_utf8=True)
    return text


def _schema() -> Any:
    try:
        from tritonclient.grpc import model_config_pb2  # noqa: PLC0415 - an extra, and slow to load
    except (ImportError, RuntimeError) as failure:
        raise ConfigurationError(
            "TritonRepository must have Triton's schema at hand, got an installation without it: install "
            "cdk-model-hosting[triton]"
        ) from failure
    return model_config_pb2


def _add_tensors(into: Any, tensors: Sequence[Tensor]) -> None:
    for tensor in tensors:
        added = into.add(
            name=tensor.name, data_type=_schema().DataType.Value(tensor.data_type.value), dims=tensor.shape
        )
        if tensor.model_shape is not None:
            # An empty shape is said by being there.
            added.reshape.SetInParent()
            added.reshape.shape.extend(tensor.model_shape)
        if tensor.optional:
            added.optional = True


def _describe_ensemble(config: Any, ensemble: TritonEnsemble) -> None:
    config.platform = "ensemble"
    for step in ensemble.steps:
        added = config.ensemble_scheduling.step.add(
            model_name=step.model.name, model_version=_NEWEST if step.version is None else step.version
        )
        added.input_map.update(step.inputs)
        added.output_map.update(step.outputs)


def _describe_model(config: Any, model: TritonModel) -> None:
    config.backend = model.backend.name
    if model.backend.platform is not None:
        config.platform = model.backend.platform
    if model.backend.file_named:
        config.default_model_filename = model.backend.files[0]
    for each in model.instances:
        kind = _schema().ModelInstanceGroup.Kind.Value(each.kind)
        config.instance_group.add(kind=kind, count=each.count, gpus=each.gpus)
    for name, value in model.parameters.items():
        config.parameters[name].string_value = value
    if model.batching is not None:
        _describe_batching(config.dynamic_batching, model.batching)
    if model.serve is not None:
        _describe_versions(config.version_policy, model.serve)
    _add_options(config, model)


def _describe_batching(into: Any, batching: DynamicBatching) -> None:
    into.SetInParent()
    into.preferred_batch_size.extend(batching.preferred_sizes)
    if batching.max_queue_delay_us is not None:
        into.max_queue_delay_microseconds = batching.max_queue_delay_us
    into.preserve_ordering = batching.preserve_ordering
    if batching.max_queue_size is not None:
        into.default_queue_policy.max_queue_size = batching.max_queue_size
    if batching.queue_timeout_us is not None:
        into.default_queue_policy.default_timeout_microseconds = batching.queue_timeout_us


def _describe_versions(into: Any, serve: TritonVersions) -> None:
    if serve.named:
        into.specific.versions.extend(sorted(set(serve.named)))
    elif serve.newest is not None:
        into.latest.num_versions = serve.newest
    else:
        into.all.SetInParent()


def _add_options(config: Any, model: TritonModel) -> None:
    if not model.options:
        return
    from google.protobuf import json_format  # noqa: PLC0415 - comes with the extra `triton`

    try:
        json_format.ParseDict(dict(model.options), config)
    except json_format.ParseError as refusal:
        raise ConfigurationError(
            f"TritonModel {model.name!r} options must be fields of Triton's ModelConfig, got {dict(model.options)!r}: {refusal}"
        ) from refusal

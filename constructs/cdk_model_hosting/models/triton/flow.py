"""The way of tensors through an ensemble: made once, before they are needed, and the same at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cdk_model_hosting.models.triton.ensemble import TritonStep
    from cdk_model_hosting.models.triton.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """Where a tensor comes from or goes to.

    Args:
        tensor: The tensor as it is declared there.
        where: In words, for messages.
        optional: Whether it may be missing there.
    """

    tensor: Tensor
    where: str
    optional: bool = False


class Flow:
    """The tensors of one ensemble.

    Args:
        what: The ensemble, as the user typed it.
        inputs: What a request brings.
        outputs: What the answer holds.
        steps: The models between them.
    """

    def __init__(
        self, what: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], steps: Sequence[TritonStep]
    ) -> None:
        self._what = what
        self._inputs = inputs
        self._outputs = outputs
        self._steps = steps
        self._makers: dict[str, _End] = {}
        self._making: dict[str, int] = {}
        self._users: dict[str, list[_End]] = {}

    def check(self) -> None:
        """Refuse tensors that are missing, made twice or for nothing, in a circle, or different at their ends.

        Raises:
            ConfigurationError: At the first of them.
        """
        self._find_makers()
        self._find_users()
        self._check_made()
        self._check_used()
        self._check_order()
        for name, maker in self._makers.items():
            self._check_ends(name, maker, self._users[name])

    def _find_makers(self) -> None:
        for tensor in self._inputs:
            self._makers[tensor.name] = _End(tensor=tensor, where="the request", optional=tensor.optional)
        for index, step in enumerate(self._steps):
            for output in step.model.outputs:
                name = step.outputs.get(output.name)
                if name is None:
                    continue
                made = _End(tensor=output, where=f"{step.model.name!r} output {output.name!r}")
                if name in self._makers:
                    raise ConfigurationError(
                        f"{self._what} tensor {name!r} must be made once, got it from {self._makers[name].where} and from "
                        f"{made.where}: the server could not tell which is meant"
                    )
                self._makers[name] = made
                self._making[name] = index

    def _find_users(self) -> None:
        for step in self._steps:
            for needed in step.model.inputs:
                name = step.inputs.get(needed.name)
                if name is not None:
                    where = f"{step.model.name!r} input {needed.name!r}"
                    end = _End(tensor=needed, where=where, optional=needed.optional)
                    self._users.setdefault(name, []).append(end)
        for tensor in self._outputs:
            self._users.setdefault(tensor.name, []).append(_End(tensor=tensor, where="the answer"))

    def _check_made(self) -> None:
        for name, users in self._users.items():
            if name not in self._makers:
                raise ConfigurationError(
                    f"{self._what} tensor {name!r} must be an input of the ensemble or an output of a step, got none for "
                    f"{users[0].where}: nothing makes it"
                )

    def _check_used(self) -> None:
        for name, maker in self._makers.items():
            users = self._users.get(name, [])
            from_request_to_answer = name not in self._making and all(end.where == "the answer" for end in users)
            if not users or from_request_to_answer:
                raise ConfigurationError(
                    f"{self._what} tensor {name!r} must be an input of a step or an output of the ensemble, got it from "
                    f"{maker.where} for nothing: the server refuses what no step reads"
                )

    def _check_order(self) -> None:
        order: TopologicalSorter[int] = TopologicalSorter()
        for index, step in enumerate(self._steps):
            order.add(index, *sorted({self._making[name] for name in step.inputs.values() if name in self._making}))
        try:
            order.prepare()
        except CycleError as refusal:
            circle: list[int] = refusal.args[1]
            shown = " -> ".join(repr(self._steps[index].model.name) for index in circle)
            raise ConfigurationError(
                f"{self._what} steps must not wait for each other in a circle, got {shown}: none of them could start"
            ) from refusal

    def _check_ends(self, name: str, maker: _End, users: list[_End]) -> None:
        # Every pair: two steps may each fit the request's tensor of any size, and never both at once.
        for first, second in _pairs([maker, *users]):
            if first.tensor.data_type is not second.tensor.data_type:
                raise ConfigurationError(
                    f"{self._what} tensor {name!r} must have one data type, got {first.tensor.data_type.name} at {first.where} "
                    f"and {second.tensor.data_type.name} at {second.where}: the server hands tensors on as they are"
                )
            if not first.tensor.fits(second.tensor):
                raise ConfigurationError(
                    f"{self._what} tensor {name!r} must have one shape, got {list(first.tensor.shape)} at {first.where} and "
                    f"{list(second.tensor.shape)} at {second.where}: the server hands tensors on as they are"
                )
        if maker.optional:
            needing = [end for end in users if not end.optional]
            if needing:
                raise ConfigurationError(
                    f"{self._what} tensor {name!r} must not be optional, got it needed at {needing[0].where}: a request "
                    "without it could not be answered"
                )


def _pairs(ends: list[_End]) -> Iterator[tuple[_End, _End]]:
    return ((first, second) for index, first in enumerate(ends) for second in ends[index + 1 :])

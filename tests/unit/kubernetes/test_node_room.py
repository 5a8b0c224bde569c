import pytest

from cdk_model_hosting.kubernetes.accelerators import NodeType
from cdk_model_hosting.kubernetes.node_room import NodeRoom, millicpu_of
from tests.unit.builders import new_stack, number_token, text_token


def room(*names: str, disk_gb: float = 200) -> NodeRoom:
    return NodeRoom.of([NodeType.parse(each) for each in names], disk_gb=disk_gb)


# Thousandths of processors less 60, 10, 5, 5 and 2.5 each; memory less 7.5 %, 255, 100 and 11 a pod: 58, 234 or 737 of them.
@pytest.mark.parametrize(
    ("name", "millicpu", "memory_mb"),
    [
        ("g5.xlarge", 3920, 14_162),
        ("g5.2xlarge", 7910, 29_317),
        ("g6e.8xlarge", 31_850, 239_554),
        ("g5.48xlarge", 191_450, 718_987),
        ("inf2.xlarge", 3920, 14_162),
    ],
)
def test_no_more_than_kubernetes_can_allocate(name: str, millicpu: int, memory_mb: int) -> None:
    found = room(name)
    assert (found.millicpu, found.memory_mb) == (millicpu, memory_mb)


def test_what_runs_on_every_node_is_left_out_for_pods() -> None:
    found = room("g5.xlarge").for_pods
    assert (found.millicpu, found.memory_mb, found.disk_gb) == (3620, 13_522, 170)


def test_a_small_node() -> None:
    assert room("g6f.large").millicpu == 1930


def test_what_is_not_known_is_not_told() -> None:
    processors_alone = room("p5.48xlarge")
    assert processors_alone.millicpu == 191_450
    assert processors_alone.memory_mb is processors_alone.for_pods.memory_mb is None
    assert room("g5.metal").millicpu is room("g5.metal").for_pods.millicpu is None


def test_one_type_that_is_known_tells_of_all() -> None:
    stack = new_stack()
    disk = number_token(stack)
    found = room(text_token(stack), "g5.xlarge", disk_gb=disk)
    assert (found.millicpu, found.memory_mb, found.disk_gb) == (3920, 14_162, disk)


@pytest.mark.parametrize(("cpu", "millicpu"), [("2", 2000), ("0.5", 500), ("500m", 500), ("3.62", 3620)])
def test_processors_as_kubernetes_writes_them(cpu: str, millicpu: int) -> None:
    assert millicpu_of(cpu) == millicpu


def test_processors_that_are_a_token() -> None:
    assert millicpu_of(text_token(new_stack())) is None

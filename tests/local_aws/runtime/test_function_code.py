"""Where the code of a function lies: the archive of several is unpacked once, and each has a folder of its own."""

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.functional import Functions

WRITES_BESIDE_ITSELF = """
import pathlib

def handler(event, context):
    here = pathlib.Path(__file__).parent
    (here / event).write_text("mine")
    return sorted(path.name for path in here.glob("*.txt"))
"""


def test_functions_of_one_archive_do_not_see_what_the_others_write(local_aws: LocalAws) -> None:
    functions = Functions(local_aws)
    first, second = functions.create(WRITES_BESIDE_ITSELF), functions.create(WRITES_BESIDE_ITSELF)

    assert functions.invoke(first, "first.txt") == ["first.txt"]
    assert functions.invoke(second, "second.txt") == ["second.txt"]
    assert functions.invoke(functions.create(WRITES_BESIDE_ITSELF), "third.txt") == ["third.txt"]


def test_each_archive_has_its_own_code_also_when_it_comes_again_after_many_others(local_aws: LocalAws) -> None:
    functions = Functions(local_aws)
    asked = [*range(6), 0]

    answers = [functions.invoke(functions.create(f"def handler(event, context):\n    return {each}")) for each in asked]

    assert answers == asked

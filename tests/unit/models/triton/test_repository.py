import tarfile
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_model_hosting import (
    Container,
    ContainerImage,
    ModelArtifact,
    ModelStore,
    SingleModel,
    TritonBackend,
    TritonEnsemble,
    TritonModel,
    TritonRepository,
    TritonSettings,
    TritonStep,
)
from cdk_model_hosting.models.archive import fingerprint
from tests.unit.builders import new_stack, only, refused
from tests.unit.models.triton.builders import CODE, chain, code, python_model, tensor


def _tree(folder: Path) -> list[str]:
    """Every file, and every folder without one."""
    found = sorted(folder.rglob("*"))
    kept = [each for each in found if each.is_file() or not any(each.iterdir())]
    return [each.relative_to(folder).as_posix() for each in kept]


def _nested(tmp_path: Path) -> TritonEnsemble:
    """An ensemble that uses another."""
    inner = chain(python_model(tmp_path), name="inner")
    step = TritonStep(model=inner, inputs={"t0": "a"}, outputs={"t1": "z"})
    return TritonEnsemble(name="outer", inputs=[tensor("a")], outputs=[tensor("z")], steps=[step])


@pytest.fixture
def ranker(tmp_path: Path) -> TritonEnsemble:
    """An ensemble of Python code and an ONNX model with labels."""
    weights = tmp_path / "encoder-v7.onnx"
    weights.write_bytes(b"weights")
    labels = tmp_path / "labels.txt"
    labels.write_text("cat\ndog\n", encoding="utf-8")
    encoder = python_model(
        tmp_path, "encoder", backend=TritonBackend.ONNX_RUNTIME, versions={3: weights}, files={"labels.txt": labels}
    )
    folder = code(tmp_path / "code").parent
    (folder / "vocabulary.txt").write_text("a", encoding="utf-8")
    return chain(python_model(tmp_path, "prepare", versions={1: folder}), encoder)


LAYOUT = [
    "encoder/3/model.onnx",
    "encoder/config.pbtxt",
    "encoder/labels.txt",
    "prepare/1/model.py",
    "prepare/1/vocabulary.txt",
    "prepare/config.pbtxt",
    "ranker/1",
    "ranker/config.pbtxt",
]


def test_each_model_has_its_folder(tmp_path: Path, ranker: TritonEnsemble) -> None:
    repository = TritonRepository([ranker])
    assert [each.name for each in repository.models] == ["encoder", "prepare", "ranker"]
    folder = repository.write(tmp_path / "repository")
    assert _tree(folder) == LAYOUT
    assert (folder / "encoder/3/model.onnx").read_bytes() == b"weights"
    assert (folder / "prepare/config.pbtxt").read_text(encoding="utf-8") == repository.configuration("prepare")
    # The folder is the user's to keep: it must not hang on where the files came from.
    assert not any(each.is_symlink() for each in folder.rglob("*"))


def test_one_model_is_written_with_what_it_uses(tmp_path: Path, ranker: TritonEnsemble) -> None:
    repository = TritonRepository([ranker, python_model(tmp_path, "spare")])
    assert _tree(repository.write(tmp_path / "one", "ranker")) == LAYOUT
    assert _tree(repository.write(tmp_path / "spare-alone", "spare")) == ["spare/1/model.py", "spare/config.pbtxt"]
    assert len(_tree(repository.write(tmp_path / "all"))) == len(LAYOUT) + 2


def test_fails_when_the_folder_holds_something(tmp_path: Path, ranker: TritonEnsemble) -> None:
    (tmp_path / "empty").mkdir()
    TritonRepository([ranker]).write(tmp_path / "empty")
    with refused(
        f"TritonRepository.write folder must be empty, got {tmp_path / 'empty'} with files in it: the server would load them "
        "too"
    ):
        TritonRepository([ranker]).write(tmp_path / "empty")


def test_the_artifact_is_the_repository_as_one_archive(tmp_path: Path, ranker: TritonEnsemble) -> None:
    repository = TritonRepository([ranker])
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    stack = cdk.Stack(app, "Stack")
    container = Container(
        image=ContainerImage.triton("25.09"), artifact=repository.artifact(), environment=repository.environment()
    )
    SingleModel(stack, "Model", container=container)
    rendered = only(stack, "AWS::SageMaker::Model")["PrimaryContainer"]
    assert rendered["Environment"] == {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "ranker"}

    (packed,) = (tmp_path / "cdk.out").glob("asset.*.gz")
    assert packed.name.removeprefix("asset.").removesuffix(".tar.gz") in str(rendered["ModelDataUrl"])
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert _tree(tmp_path / "unpacked") == LAYOUT
    assert fingerprint(tmp_path / "unpacked") == fingerprint(repository.write(tmp_path / "written"))


def test_the_same_repository_is_the_same_artifact(tmp_path: Path) -> None:
    urls = []
    for place in ("here", "there"):
        model = python_model(tmp_path / place)
        urls.append(TritonRepository([model]).artifact().bind(new_stack(), "Artifact").url.rpartition("/")[2])
    changed = python_model(tmp_path / "third", max_batch_size=16)
    urls.append(TritonRepository([changed]).artifact().bind(new_stack(), "Artifact").url.rpartition("/")[2])
    assert urls[0] == urls[1] != urls[2]


def test_each_model_of_a_store_is_an_archive_of_its_own(tmp_path: Path, ranker: TritonEnsemble) -> None:
    repository = TritonRepository([ranker, python_model(tmp_path, "spare")])
    store = ModelStore(new_stack(), "Store")
    targets = [store.add_model(name, repository.artifact(name)) for name in ("ranker", "spare", "encoder")]
    digests = [
        fingerprint(repository.write(tmp_path / f"written-{name}", name))[:8] for name in ("ranker", "spare", "encoder")
    ]
    assert targets == [
        f"{name}-{digest}.tar.gz" for name, digest in zip(("ranker", "spare", "encoder"), digests, strict=True)
    ]


def test_fails_when_an_ensemble_of_a_store_uses_another(tmp_path: Path) -> None:
    repository = TritonRepository([_nested(tmp_path)])
    # A container with one model is told which ensemble to load.
    assert repository.artifact().bind(new_stack(), "Artifact").compressed
    store = ModelStore(new_stack(), "Store")
    with refused(
        "TritonRepository.artifact model of a store must use no ensemble, got 'inner' in 'outer': Triton's multi-model "
        "container serves any one ensemble that it finds in the archive"
    ):
        store.add_model("outer", repository.artifact("outer"))


def test_the_environment_names_what_is_served(ranker: TritonEnsemble, tmp_path: Path) -> None:
    repository = TritonRepository([ranker, python_model(tmp_path, "spare")])
    name = "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"
    assert repository.environment("encoder") == {name: "encoder"}
    assert repository.environment("spare", settings=TritonSettings(threads=2)) == {
        name: "spare",
        "SAGEMAKER_TRITON_THREAD_COUNT": "2",
    }


@pytest.mark.parametrize("method", ["artifact", "environment"])
def test_fails_when_it_is_not_clear_what_is_served(tmp_path: Path, ranker: TritonEnsemble, method: str) -> None:
    repository = TritonRepository([python_model(tmp_path, "spare"), ranker])
    with refused(
        f"TritonRepository.{method} model must be named where there are several, got none of 'ranker', 'spare': a container "
        "starts with one"
    ):
        getattr(repository, method)()


@pytest.mark.parametrize("method", ["artifact", "environment", "configuration"])
def test_fails_when_there_is_no_such_model(ranker: TritonEnsemble, method: str) -> None:
    with refused(
        f"TritonRepository.{method} model must be one of the repository, got 'decoder', which is none of 'encoder', 'prepare', "
        "'ranker': there is no folder of it"
    ):
        getattr(TritonRepository([ranker]), method)("decoder")


def test_a_model_may_be_listed_beside_the_ensemble_that_uses_it(ranker: TritonEnsemble) -> None:
    prepare = ranker.steps[0].model
    assert TritonRepository([prepare, ranker, ranker]).environment() == TritonRepository([ranker]).environment()


def test_a_model_may_be_made_twice_alike(tmp_path: Path) -> None:
    twice = [chain(python_model(tmp_path)), chain(python_model(tmp_path), name="other")]
    assert [each.name for each in TritonRepository(twice).models] == ["other", "ranker", "scale"]


def test_fails_when_two_models_share_a_name(tmp_path: Path, ranker: TritonEnsemble) -> None:
    other: TritonModel = python_model(tmp_path / "other", "encoder")
    with refused(
        "TritonRepository models must have names of their own, got 'encoder' twice: each has the folder of its name"
    ):
        TritonRepository([ranker, other])


def test_fails_when_there_is_no_model() -> None:
    with refused("TritonRepository models must hold at least one, got none: the server would not start"):
        TritonRepository([])


def test_fails_when_a_value_is_of_the_wrong_kind(ranker: TritonEnsemble) -> None:
    with refused(
        "TritonRepository models element must be a TritonModel or TritonEnsemble, got 'ranker': nothing else is understood "
        "there"
    ):
        TritonRepository(["ranker"])  # type: ignore[list-item]
    with refused(
        "TritonRepository.environment settings must be a TritonSettings, got {'THREADS': '2'}: nothing else is understood "
        "there"
    ):
        TritonRepository([ranker]).environment(settings={"THREADS": "2"})  # type: ignore[arg-type]


def test_files_are_read_where_they_lie_while_they_are_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A relative path counts from the folder that the app runs in, and large models are not copied on the way.
    monkeypatch.chdir(tmp_path)
    code(Path("relative"), CODE)
    model = python_model(tmp_path, versions={1: "relative/model.py"})
    monkeypatch.setattr("cdk_model_hosting.models.triton.repository._copy", None)
    artifact: ModelArtifact = TritonRepository([model]).artifact()
    assert artifact.bind(new_stack(), "Artifact").url.endswith(".gz")


def test_files_are_copied_where_links_need_a_privilege(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("a privilege is missing")

    plain = TritonRepository([python_model(tmp_path, versions={1: code(tmp_path).parent})])
    linked = plain.artifact().bind(new_stack(), "Artifact").url.rpartition("/")[2]
    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert plain.artifact().bind(new_stack(), "Artifact").url.rpartition("/")[2] == linked

"""The real CDK command line, pinned in package.json, against a local AWS."""

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.local_aws import paths
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.stacks import Stack

SECONDS_FOR_A_COMMAND = 300.0
DIFFERENCES = 1
"""The exit status of ``diff --fail`` and ``drift --fail`` that means a finding rather than a failure."""


Watch = Callable[[str], object]
"""Takes each line that the CLI prints, as it comes."""


def ignore(_line: str) -> None:
    """Watch nothing."""


class CdkError(RuntimeError):
    """A cdk command that failed; its message holds what the command printed."""


@dataclass(frozen=True, kw_only=True)
class Cdk:
    """The CDK CLI on one cloud assembly.

    Args:
        local: The local AWS.
        assembly: A folder that ``app.synth()`` or ``cdk synth`` wrote. Every command uses it as it is, so that an app
            is synthesized once and not once a command.
        watch: What to do with each line of output as it comes, beside keeping it.
    """

    local: LocalAws
    assembly: Path
    watch: Watch = ignore

    @classmethod
    def synthesize(cls, local: LocalAws, app: Path, output: Path, *, watch: Watch = ignore) -> "Cdk":
        """Synthesize the app whose ``cdk.json`` stands in the folder ``app`` into ``output``."""
        run(local, "synth", "--quiet", "--output", str(output.resolve()), folder=app, watch=watch)
        return cls(local=local, assembly=output, watch=watch)

    def bootstrap(self) -> str:
        """Bootstrap the account and region; doing it again changes nothing."""
        environment = f"aws://{self.local.account}/{self.local.region}"
        return run(self.local, "bootstrap", environment, folder=self.assembly, watch=self.watch)

    def deploy(self, *stacks: str) -> dict[str, dict[str, str]]:
        """Deploy stacks (all when none is named) through change sets, as users do; return the outputs of each."""
        outputs = self.assembly / "local-aws-outputs.json"
        outputs.unlink(missing_ok=True)
        options = ("--require-approval", "never", "--progress", "events", "--outputs-file", str(outputs.resolve()))
        self._run("deploy", *_selected(stacks), *options)
        if not outputs.exists():
            return {}
        deployed: dict[str, dict[str, str]] = json.loads(outputs.read_text())
        return deployed

    def has_differences(self, *stacks: str) -> bool:
        """Return whether ``cdk diff`` finds that a deploy would change something."""
        return self._finds("diff", *stacks)

    def has_drifted(self, *stacks: str) -> bool:
        """Return whether ``cdk drift`` finds resources that are not what was deployed."""
        return self._finds("drift", *stacks)

    def is_deployed(self, stack: str) -> bool:
        """Return whether a stack has the assembly's template, to the letter, and its resources are what that says.

        What ``has_differences`` and ``has_drifted`` tell after a deploy, asked of CloudFormation itself: starting the CLI twice
        takes most of the time of a test.
        """
        deployed = self.local.client("cloudformation").get_template(StackName=stack)["TemplateBody"]
        wanted = json.loads((self.assembly / f"{stack}.template.json").read_text())
        return bool(deployed == wanted) and not Stack(self.local, stack).has_drifted()

    def destroy(self, *stacks: str) -> str:
        """Destroy stacks (all when none is named)."""
        return self._run("destroy", *_selected(stacks), "--force")

    def delete(self, *stacks: str) -> None:
        """Delete stacks, one after the other, where ``destroy`` is not what is tested: without the CLI it takes a tenth of the time.

        Raises:
            CdkError: When something of a stack stays; the message shows its events.
        """
        for name in stacks:
            stack = Stack(self.local, name)
            status = stack.delete()
            if status != "DELETE_COMPLETE":
                raise CdkError(f"{name} is {status}: {stack.log()}")

    def _finds(self, command: str, *stacks: str) -> bool:
        arguments = (command, *stacks, "--fail")
        finished = _finished(self.local, self._with_assembly(arguments), self.assembly, self.watch)
        if finished.returncode not in {0, DIFFERENCES}:
            raise _error(self.local, arguments, finished)
        found = finished.returncode == DIFFERENCES
        if found and not _reports_findings(finished.stdout):
            # The CLI uses the same status for its own failures.
            raise _error(self.local, arguments, finished)
        return found

    def _run(self, *arguments: str) -> str:
        return run(self.local, *self._with_assembly(arguments), folder=self.assembly, watch=self.watch)

    def _with_assembly(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        return ("--app", str(self.assembly.resolve()), *arguments)


def run(local: LocalAws, *arguments: str, folder: Path, watch: Watch = ignore) -> str:
    """Run the CDK CLI in ``folder`` and return what it printed.

    Raises:
        CdkError: When it fails; the message shows its output.
    """
    finished = _finished(local, arguments, folder, watch)
    if finished.returncode != 0:
        raise _error(local, arguments, finished)
    return finished.stdout


def _finished(
    local: LocalAws, arguments: tuple[str, ...], folder: Path, watch: Watch
) -> "subprocess.CompletedProcess[str]":
    """Run the CLI to its end, or to the end of our patience, and hand on its lines as they come."""
    if not paths.CDK_CLI.exists():
        raise CdkError(f"{paths.CDK_CLI} does not exist: run `make install` first")
    command = [str(paths.CDK_CLI), "--no-notices", "--no-color", *arguments]
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        # Node's own warnings, about its age for one, would only stand between the user and the output.
        env=local.environment() | {"NODE_NO_WARNINGS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # The CLI starts the app, which starts node again: they are to end together.
        start_new_session=True,
    ) as process:
        patience = threading.Timer(SECONDS_FOR_A_COMMAND, _kill, (process,))
        patience.start()
        try:
            for line in process.stdout or ():
                lines.append(line)
                watch(line.rstrip("\n"))
            returncode = process.wait()
        except BaseException:
            _kill(process)
            raise
        finally:
            ended_in_time = patience.is_alive()
            patience.cancel()
    if not ended_in_time:
        lines.append(f"cdk was killed: it had not ended after {SECONDS_FOR_A_COMMAND:.0f} seconds\n")
    return subprocess.CompletedProcess(command, returncode, "".join(lines))


def _kill(process: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _selected(stacks: tuple[str, ...]) -> tuple[str, ...]:
    return stacks or ("--all",)


def _reports_findings(output: str) -> bool:
    return "with differences" in output or "resources have drifted" in output or "resource has drifted" in output


def _error(local: LocalAws, arguments: tuple[str, ...], finished: "subprocess.CompletedProcess[str]") -> CdkError:
    return CdkError(
        f"cdk {' '.join(arguments)} failed with status {finished.returncode}:\n{finished.stdout}\n"
        f"--- the end of {local.log}:\n{local.log_tail()}"
    )

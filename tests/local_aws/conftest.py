"""One local AWS for the whole folder, bootstrapped once; every test deploys stacks under names of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import aws_cdk as cdk
import pytest

from tests.local_aws.cdk import Cdk
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import Hosting
from tests.local_aws.stacks import Direct, Stack

Build = Callable[[cdk.Stack], None]
Assemble = Callable[[str, Build], Cdk]
Straight = Callable[[str, Build], Direct]


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """Run a local AWS until the last test is over."""
    local = LocalAws.start(tmp_path_factory.mktemp("local-aws"))
    try:
        yield local
    finally:
        local.stop()


@pytest.fixture(scope="session")
def hosting(local_aws: LocalAws) -> Hosting:
    """Prepare the local AWS for endpoints that echo."""
    prepared = Hosting(local_aws)
    prepared.prepare()
    return prepared


@pytest.fixture(scope="session")
def bootstrapped(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> LocalAws:
    """Bootstrap the account and region, as every user of the CDK does first."""
    empty = tmp_path_factory.mktemp("bootstrap")
    Cdk(local=local_aws, assembly=empty).bootstrap()
    return local_aws


@pytest.fixture(scope="session")
def assemble(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Assemble:
    """Return a function that synthesizes one stack in this process and puts the CLI on it."""

    def assembled(name: str, build: Build) -> Cdk:
        folder = tmp_path_factory.mktemp(f"assembly-{name}")
        app = cdk.App(outdir=str(folder))
        environment = cdk.Environment(account=bootstrapped.account, region=bootstrapped.region)
        build(cdk.Stack(app, name, env=environment))
        app.synth()
        return Cdk(local=bootstrapped, assembly=folder)

    return assembled


@pytest.fixture(scope="session")
def straight(local_aws: LocalAws) -> Straight:
    """Return a function that synthesizes one stack in this process and deploys it without the CLI."""

    def assembled(name: str, build: Build) -> Direct:
        app = cdk.App(analytics_reporting=False)
        environment = cdk.Environment(account=local_aws.account, region=local_aws.region)
        synthesizer = cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        build(cdk.Stack(app, name, env=environment, synthesizer=synthesizer))
        template: dict[str, Any] = app.synth().get_stack_by_name(name).template
        return Direct(Stack(local_aws, name), template)

    return assembled

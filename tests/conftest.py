"""The environment of every test. It must stand before `aws_cdk` is imported, which starts the node process."""

import os

# CDK's built-in validation turns one synth of 30 ms into 2 s; tests/stacks/test_built_in_validation.py runs it once, in
# a process of its own.
os.environ["CDK_VALIDATION"] = "false"
# A major version is what silences the banner: `1` is taken for Node 1.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

"""The record check: a function that compares what a transform job has written with what it was given.

A state machine calls it after the job, with what DescribeTransformJob says of it, or with these members of that::

    {
        "TransformJobName": "nightly-7",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://records/in/"}},
            "ContentType": "text/csv",
            "CompressionType": "Gzip",
            "SplitType": "Line"
        },
        "TransformOutput": {"S3OutputPath": "s3://records/out/", "AssembleWith": "Line"},
        "CreationTime": 1790000000000
    }

The time is optional, in milliseconds or seconds. Where it is given, an input that is newer than the job is left out, and an output that is
older than the job counts as missing. Values such as ``S3_PREFIX`` are understood as well, which is how Step Functions spells
the enumerations of a job's description.

What a record is, the job says:

- Split by lines, it is a line. The last one counts without an end of line too. Lines with nothing in them are no records, in the
  input as in the output. A line ends where a line ends: SageMaker looks for no quotes, so a cell of CSV with an end of line in it
  is two records to the job, and here.
- Split as RecordIO or TFRecord, it is a record of that format.
- Not split, it is the whole object, and so is what the model makes of it. An empty object is none.

The records of an output are its lines, so what is split must be assembled by lines. A join or a filter changes what stands in a
record and not how many there are.

The answer is ``{"job": ..., "files": ..., "records": ..., "bytes": ..., "left_out": ...}``, and each file is a line in the log. What
goes wrong has a name that a state machine can catch: ``RecordsMissing`` when an output has fewer records than its input, more,
or is not there; ``CheckTookTooLong`` when the function's time ends before the counting does; ``CheckFailed`` for anything else.

The folder and what it shares with its neighbours are a package of their own inside the function, so its modules import each
other relatively.
"""

from .entry import handler

__all__ = ["handler"]

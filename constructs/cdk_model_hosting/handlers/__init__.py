"""Code that runs inside AWS Lambda: one folder a function, and beside them what functions share.

It needs no CDK, and nothing but what Lambda's runtime has.
"""

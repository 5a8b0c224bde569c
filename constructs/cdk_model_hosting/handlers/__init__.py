"""Code that runs inside AWS Lambda: one folder a function. It needs no CDK, and nothing but what Lambda's runtime has."""

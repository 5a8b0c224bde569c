"""A server for SageMaker's container contracts: classifiers of one folder each, model.onnx and model.json, on onnxruntime."""

"""A server for SageMaker's container contract: any classifier of one folder, model.onnx and model.json, on onnxruntime."""

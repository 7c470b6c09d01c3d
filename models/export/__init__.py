"""Checkpoints to ONNX, with parity and quantisation checks."""

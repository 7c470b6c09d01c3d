"""Other projects' readers and detectors behind openlot's ports; those that are not ONNX files need an extra."""

"""Other projects' readers and detectors behind openlot's ports; each needs an extra."""

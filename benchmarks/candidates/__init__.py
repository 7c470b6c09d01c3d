"""What can be measured: pipelines of models, whole-photo text readers, other programs and services."""

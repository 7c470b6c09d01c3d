"""What vehicles may enter or park by: passes and lists, and how they are changed."""

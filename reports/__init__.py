"""HTML reports for retention leads: pure functions of one publication and an as-of day."""

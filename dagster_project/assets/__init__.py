"""The graph from left to right: landing, models, published, reports."""

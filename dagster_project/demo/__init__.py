"""A simulated maker of connected machines, and a loopback server that speaks its vendors' APIs."""

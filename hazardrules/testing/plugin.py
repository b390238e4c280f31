"""pytest collects `*.cases.yaml` files."""

"""The image of reactor: what its build runs (assemble, sbom), and what makes one without any registry."""

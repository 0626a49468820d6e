"""Records of what was done: per job, per run, the manifest of all products, their check, and the RO-Crate."""

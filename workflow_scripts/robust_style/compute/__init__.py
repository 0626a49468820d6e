"""The machine a job computes on: device, number format, deterministic algorithms, random numbers."""

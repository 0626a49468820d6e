"""What a result was computed on: device, precision, threads, determinism."""

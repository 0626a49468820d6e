"""What the Snakefile needs: settings, fingerprints of the code, cost estimates."""

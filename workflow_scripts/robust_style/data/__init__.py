"""Datasets and images: downloaded, verified, embedded or generated."""

"""The fast engine: awscrt's S3 client, driven directly."""

"""The fast engine: awscrt's S3 client, used directly."""

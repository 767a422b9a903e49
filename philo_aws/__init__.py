"""Amazon S3 and SQS for Django: services to import, management commands and admin pages."""

__version__ = "0.1.0.dev0"

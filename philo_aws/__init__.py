"""Amazon S3 and SQS for Django: services to import, management commands and admin pages."""

__version__ = "1.0.0rc1"

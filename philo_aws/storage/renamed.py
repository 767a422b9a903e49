"""What the options of django-storages are called here, for those who move."""

from __future__ import annotations

RENAMED = {
    "access_key": 'is AWS["credentials"]["aws_access_key_id"] here',
    "addressing_style": "is found by itself here: leave it out",
    "bucket_name": "is 'bucket' here",
    "client_config": 'is AWS["timeouts"] and AWS["transfer"] here',
    "cloudfront_signer": "is made of 'cloudfront_key_id' and 'cloudfront_key' here",
    "config": 'is AWS["timeouts"] and AWS["transfer"] here',
    "custom_domain": "is 'base_url' here, with its scheme: https://cdn.example.com/",
    "default_acl": 'is extra_args={"ACL": …} here',
    "default_content_type": 'is headers={"*": {"Content-Type": …}} here',
    "endpoint_url": 'is AWS["endpoint_url"] here',
    "file_name_charset": "is UTF-8 here: leave it out",
    "file_overwrite": "is 'allow_overwrite' here, and False for media where it is not given",
    "gzip_content_types": 'is gzip=("text/css", …) here',
    "manifest_storage": "is 'manifest' here, the path of a local file",
    "max_memory_size": "needs no number here: memory is bounded anyway. Leave it out",
    "object_parameters": "is 'extra_args' here, and 'headers' for those of some names",
    "proxies": "is the environment's here (HTTPS_PROXY)",
    "querystring_auth": "is 'signed' here",
    "querystring_expire": "is 'expires_in' here",
    "region_name": "is 'region' here",
    "secret_key": 'is AWS["credentials"]["aws_secret_access_key"] here',
    "security_token": 'is AWS["credentials"]["aws_session_token"] here',
    "session_profile": 'is AWS["profile"] here',
    "signature_version": "is always version 4 here: leave it out",
    "transfer_config": 'is AWS["transfer"] here',
    "url_protocol": "is the scheme of 'base_url' here",
    "use_ssl": 'is the scheme of AWS["endpoint_url"] here',
    "use_threads": 'is AWS["transfer"]["max_concurrency"] here',
    "verify": "is the environment's here (AWS_CA_BUNDLE)",
}
"""An option of django-storages, and the rest of the sentence that says what it is here."""

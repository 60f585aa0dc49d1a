"""From the settings of a target to the target."""

from __future__ import annotations

from limner.errors import ConfigError
from limner.targets.credentials import Lookup, s3_keys, service_account
from limner.targets.folder import FolderTarget
from limner.targets.settings import TargetSettings
from limner.targets.target import Target

_INTERFERING = ("GOOGLE_BEARER_TOKEN", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH")
"""Variables that the library would follow in spite of the credentials it is given."""


def open_target(settings: TargetSettings, lookup: Lookup) -> Target:
    """The target, ready for pictures. Nothing is sent yet; `lookup` reads variables of the environment.

    Raises `ConfigError` where the credentials are missing or cannot be used; the message names the variables.
    """
    if settings.kind == "folder":
        return FolderTarget(settings)
    # Imported here because they load libraries, and many runs upload nothing.
    from limner.targets.cloud import open_gcs, open_s3

    if settings.kind == "s3":
        return open_s3(settings, s3_keys(settings, lookup))
    _check_interference(settings, lookup)
    account = service_account(settings, lookup)
    cloud = open_gcs(settings, account)
    if settings.kind == "gcs" or not settings.public:
        return cloud
    from limner.targets.firebase import FirebaseTarget, ObjectMetadata

    return FirebaseTarget(settings, cloud, ObjectMetadata(settings, account))


def _check_interference(settings: TargetSettings, lookup: Lookup) -> None:
    for name in _INTERFERING:
        if lookup(name):
            raise ConfigError(
                f"Storage target {settings.name!r}: {name} is set, and would be used in place of its credentials.",
                code="config.target",
                hint=f"Unset {name}; name the service account with credentials or key_env.",
            )

"""The tests of Django's that cannot pass, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.judge.verdict import Expected


def tests(module: str, *names: str) -> list[str]:
    """The ids of tests of one module."""
    return [f"{module}.{name}" for name in names]


FINDERS = "staticfiles_tests.test_finders"
MANAGEMENT = "staticfiles_tests.test_management"
STORAGE = "staticfiles_tests.test_storage"

STATIC = [
    Expected(
        reason="links are made on a disk: Django itself refuses --link for other storages",
        tests=tests(MANAGEMENT, "TestCollectionLinks.*"),
    ),
    Expected(
        reason="it looks for files in a folder of the disk by the storage, not for objects",
        tests=tests(
            FINDERS,
            "TestDefaultStorageFinder.test_find_all",
            "TestDefaultStorageFinder.test_find_first",
        ),
    ),
    Expected(
        reason="it looks for files in a folder of the disk by the storage, not for objects",
        tests=tests(FINDERS, "TestDefaultStorageFinder.test_find_all_deprecated_param"),
        until=(6, 0),
    ),
    Expected(
        reason="it takes away the folder of the disk that was collected into, and then again",
        tests=tests(MANAGEMENT, "TestCollectionClear.test_dir_not_exists"),
    ),
    Expected(
        reason="the file that is to be cleared away is put on the disk",
        tests=tests(
            MANAGEMENT,
            "TestCollectionClear.test_verbosity_1",
            "TestCollectionClear.test_verbosity_2",
        ),
        since=(6, 1),
    ),
    Expected(
        reason="its second storage looks on the disk for what the first has collected",
        tests=tests(
            MANAGEMENT, "TestCollectionNeverCopyStorage.test_skips_newer_files_in_remote_storage"
        ),
    ),
    Expected(
        reason="Django names the place that was copied to for a disk alone",
        tests=tests(
            MANAGEMENT,
            "TestCollectionVerbosity.test_verbosity_1",
            "TestCollectionVerbosity.test_verbosity_2",
        ),
    ),
    Expected(
        reason="it wants Django's storage to be one of the disk",
        tests=tests(MANAGEMENT, "TestConfiguration.test_local_storage_detection_helper"),
    ),
    Expected(
        reason="STATIC_ROOT says nothing of where objects are",
        tests=tests(MANAGEMENT, "TestConfiguration.test_location_empty"),
    ),
    Expected(
        reason="Django asks before it writes to any storage that is not a disk",
        tests=tests(
            MANAGEMENT,
            "TestInteractiveMessages.test_no_warning_for_empty_staticdir",
            "TestInteractiveMessages.test_no_warning_when_staticdir_does_not_exist",
        ),
    ),
    Expected(
        reason="it finds or makes files by path() or a walk through the folder",
        tests=tests(
            STORAGE,
            "TestCollectionManifestStorage.test_clear_empties_manifest",
            "TestCollectionManifestStorage.test_intermediate_files",
            "TestCollectionManifestStorage.test_manifest_exists",
        ),
    ),
    Expected(
        reason="it has open() of the disk refuse the manifest",
        tests=tests(
            STORAGE, "TestCollectionManifestStorage.test_manifest_does_not_ignore_permission_error"
        ),
    ),
    Expected(
        reason="it reads and writes the manifest of another storage on the disk",
        tests=tests(
            STORAGE,
            "TestCustomManifestStorage.test_read_manifest",
            "TestCustomManifestStorage.test_save_manifest_create",
        ),
    ),
    Expected(
        reason="objects have no permissions of files",
        tests=tests(STORAGE, "TestStaticFilePermissions.*"),
    ),
]

EXPECTED: Mapping[str, Sequence[Expected]] = {"static": STATIC}

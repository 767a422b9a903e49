"""The tests of Django's that cannot pass, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.judge.verdict import Expected


def tests(module: str, *names: str) -> list[str]:
    """The ids of tests of one module."""
    return [f"{module}.{name}" for name in names]


def in_each(names: Sequence[str], *tests_of: str) -> list[str]:
    """The ids of tests that several classes of `file_storage` have."""
    return [f"{MEDIA}.{name}.{test}" for name in names for test in tests_of]


MEDIA = "file_storage.tests"
MEMORY = "file_storage.test_inmemory_storage"
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
        since=(6, 0),
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

# One class of tests, and those that have all of its tests for another storage.
EACH = [
    "FileStorageTests",
    "CustomStorageTests",
    "DiscardingFalseContentStorageTests",
    "OverwritingStorageTests",
]
UNTIL_6_0 = ["OverwritingStorageOSOpenFlagsTests"]


def for_each(reason: str, *names: str) -> list[Expected]:
    """The same for all classes that have these tests."""
    return [
        Expected(reason=reason, tests=in_each(EACH, *names)),
        Expected(reason=reason, tests=in_each(UNTIL_6_0, *names), until=(5, 2)),
    ]


IN_MEDIA = [
    *for_each(
        "S3 does not tell when an object was last read",
        "test_file_get_accessed_time",
        "test_file_get_accessed_time_timezone",
    ),
    *for_each(
        "without a base_url the URL is the bucket's, where Django has none",
        "test_base_url",
    ),
    *for_each(
        "it makes folders on the disk, which a listing is to show or delete() to take away",
        "test_delete_deletes_directories",
        "test_listdir",
    ),
    *for_each(
        "it has functions of the disk fail, which are not called",
        "test_makedirs_race_handling",
        "test_remove_race_handling",
    ),
    *for_each("an empty location is the whole bucket, no current folder", "test_empty_location"),
    *for_each("the ValueError has another sentence", "test_delete_no_name"),
    *for_each(
        "it asks for attributes of FileSystemStorage's, and takes a base_url that is no URL",
        "test_setting_changed",
    ),
    Expected(
        reason="a get_available_name() that overwrites was for flags of a disk; there is "
        "allow_overwrite, and without it a name that is taken is an error",
        tests=[
            *in_each(UNTIL_6_0, "test_save_doesnt_close", "test_save_overwrite_behavior"),
            *tests(MEDIA, "OverwritingStorageOSOpenFlagsWarningTests.*"),
        ],
        until=(5, 2),
    ),
    Expected(
        reason="S3 tells times in whole seconds, and the test allows for no more than one",
        tests=in_each(EACH, "test_file_get_created_time", "test_file_get_modified_time"),
        since=(6, 0),
        always=False,
    ),
    Expected(
        reason="it opens the file of the disk by path()",
        tests=tests(MEDIA, "FileFieldStorageTests.test_file_object"),
    ),
    Expected(
        reason="objects have no permissions of files",
        tests=tests(MEDIA, "FileStoragePermissions.*"),
    ),
    Expected(
        reason="it wants the name of Django's own class",
        tests=tests(MEDIA, "FileSystemStorageTests.test_deconstruction"),
    ),
]
IN_MEMORY = [
    Expected(
        reason="S3 has no folders, of which there could be times and which could be taken away",
        tests=tests(
            MEMORY,
            "MemoryStorageIOTests.test_delete",
            "MemoryStorageIOTests.test_open_dir_as_file",
            "MemoryStorageTimesTests.test_directory_times_changing_after_file_creation",
            "MemoryStorageTimesTests.test_directory_times_changing_after_file_deletion",
        ),
    ),
    Expected(
        reason="in S3 there may be `a` and `a/b`",
        tests=tests(MEMORY, "MemoryStorageIOTests.test_file_node_cannot_have_children"),
    ),
    Expected(
        reason="S3 tells times in whole seconds, and it waits for a tenth of one",
        tests=tests(MEMORY, "MemoryStorageTimesTests.test_file_modified_time"),
        always=False,
    ),
    Expected(
        reason="S3 does not tell when an object was last read",
        tests=tests(MEMORY, "MemoryStorageTimesTests.test_file_accessed_time"),
    ),
    Expected(
        reason='it writes to a file that was opened with "r", which a disk refuses too',
        tests=tests(MEMORY, "MemoryStorageTimesTests.test_file_created_time"),
    ),
    Expected(
        reason="an uploaded file is sent and not moved: it is whose it was",
        tests=tests(MEMORY, "MemoryStorageIOTests.test_removing_temporary_file_after_save"),
    ),
    Expected(
        reason="without a base_url the URL is the bucket's, where Django has none",
        tests=tests(MEMORY, "MemoryStorageIOTests.test_url"),
    ),
    Expected(
        reason="it wants the name of Django's own class",
        tests=tests(MEMORY, "InMemoryStorageTests.test_deconstruction"),
    ),
    Expected(
        reason="it asks for attributes of InMemoryStorage's, and takes a base_url that is no URL",
        tests=tests(MEMORY, "InMemoryStorageTests.test_setting_changed"),
    ),
]

DUMMY = "tasks.test_dummy_backend.DummyBackendTestCase"
TASK = "tasks.test_tasks.TaskTestCase"
PUT_OFF = Expected(
    reason="ImmediateBackend cannot put off a task, and ours can",
    tests=["tasks.test_immediate_backend.ImmediateBackendTestCase.test_cannot_pass_run_after"],
)
TASKS = [
    PUT_OFF,
    Expected(
        reason='without OPTIONS["results"] none are kept',
        tests=[
            *tests(
                DUMMY,
                "test_clear",
                "test_get_missing_result",
                "test_get_result",
                "test_get_result_async",
                "test_refresh_result",
                "test_refresh_result_async",
            ),
            *tests(
                TASK,
                "test_get_incorrect_result",
                "test_get_incorrect_result_async",
                "test_get_missing_result",
                "test_get_result",
                "test_get_result_async",
                "test_refresh_result",
            ),
        ],
    ),
    Expected(
        reason='without OPTIONS["priorities"] there are none',
        tests=tests(TASK, "test_chained_using", "test_invalid_priority", "test_using_priority"),
    ),
]
WORDS = [
    Expected(
        reason="django-tasks says it in other words",
        tests=[
            "tasks.test_custom_backend.CustomBackendTestCase."
            "test_enqueue_async_task_on_non_async_backend",
            f"{DUMMY}.test_validate_disallowed_async_task",
        ],
    ),
    Expected(
        reason="Python 3.11 says it in other words",
        tests=["tasks.test_custom_backend.CustomBackendTestCase.test_no_enqueue"],
    ),
]

EXPECTED: Mapping[str, Sequence[Expected]] = {
    "static": STATIC,
    "media": IN_MEDIA,
    "memory": IN_MEMORY,
    "tasks": TASKS,
    "tasks-kept": [PUT_OFF],
    "tasks-backport": [*TASKS, *WORDS],
    "tasks-backport-kept": [PUT_OFF, *WORDS],
}

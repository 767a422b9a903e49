from __future__ import annotations

import mimetypes

import pytest

from philo_aws.s3.files.media_types import guess_type, is_text, name_for_type

OCTETS = "application/octet-stream"


@pytest.mark.parametrize(
    ("key", "kind", "encoding"),
    [
        ("a.html", "text/html", ""),
        ("css/a.min.css", "text/css", ""),
        ("a.JS", "text/javascript", ""),
        ("a.mjs", "text/javascript", ""),
        ("a.json", "application/json", ""),
        ("a.map", "application/json", ""),
        ("a.svg", "image/svg+xml", ""),
        ("a.svgz", "image/svg+xml", "gzip"),
        ("a.woff2", "font/woff2", ""),
        ("a.ttf", "font/ttf", ""),
        ("a.otf", "font/otf", ""),
        ("a.png", "image/png", ""),
        ("a.avif", "image/avif", ""),
        ("a.jxl", "image/jxl", ""),
        ("a.glb", "model/gltf-binary", ""),
        ("a.gltf", "model/gltf+json", ""),
        ("a.wasm", "application/wasm", ""),
        ("a.webmanifest", "application/manifest+json", ""),
        ("a.parquet", "application/vnd.apache.parquet", ""),
        ("a.jsonl", "application/jsonl", ""),
        ("a.ndjson", "application/x-ndjson", ""),
        ("a.md", "text/markdown", ""),
        ("a.yaml", "application/yaml", ""),
        ("a.toml", "application/toml", ""),
        ("stream/0001.ts", "video/mp2t", ""),
        ("app.log", "text/plain", ""),
        ("a.ics", "text/calendar", ""),
        ("a.opus", "audio/ogg", ""),
        (
            "a.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "",
        ),
        ("a.css.gz", "text/css", "gzip"),
        ("a.js.br", "text/javascript", "br"),
        ("a.js.zst", "text/javascript", "zstd"),
        ("a.svg.gz", "image/svg+xml", "gzip"),
        ("a.wasm.br", "application/wasm", "br"),
        ("dump.tar.gz", "application/gzip", ""),
        ("dump.tgz", "application/gzip", ""),
        ("dump.sql.gz", "application/gzip", ""),
        ("access.log.gz", "application/gzip", ""),
        ("a.gz", "application/gzip", ""),
        ("photo.png.gz", "application/gzip", ""),
        ("a.br", OCTETS, ""),
        ("README", "text/plain", ""),
        ("docs/License", "text/plain", ""),
        ("Dockerfile", "text/plain", ""),
        ("Makefile", "text/plain", ""),
        (".gitignore", "text/plain", ""),
        ("README.md", "text/markdown", ""),
        ("program", OCTETS, ""),
        (".css", OCTETS, ""),
        ("dir.css/program", OCTETS, ""),
        ("README/program", OCTETS, ""),
        ("a.unknown", OCTETS, ""),
        ("", OCTETS, ""),
    ],
)
def test_the_name_gives_type_and_encoding(key: str, kind: str, encoding: str) -> None:
    assert guess_type(key) == (kind, encoding)
    # What stands for all names of a kind says the same.
    assert guess_type(name_for_type(key)) == (kind, encoding)


def test_names_of_a_kind_have_one_name() -> None:
    assert name_for_type("x/a.CSS") == name_for_type("b.css")
    assert name_for_type("a.css.gz") == name_for_type("b.css.gz") != name_for_type("c.js.gz")
    assert name_for_type("program") == name_for_type("another") != name_for_type("Readme")


def test_the_machines_own_table_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mimetypes.types_map, ".css", "text/wrong")
    monkeypatch.setitem(mimetypes.types_map, ".weird", "text/weird")
    assert guess_type("a.css")[0] == "text/css"
    assert guess_type("a.weird")[0] == OCTETS


def test_which_types_take_a_charset() -> None:
    for kind in ("text/css", "image/svg+xml", "application/xml", "application/atom+xml"):
        assert is_text(kind)
    for kind in ("application/json", "image/png", OCTETS):
        assert not is_text(kind)

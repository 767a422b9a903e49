"""Pictures: small ones of those that came, and for the demo some that are drawn here."""

from __future__ import annotations

import io
import math
from typing import IO, Any

from PIL import Image, ImageDraw, ImageOps

SIZE = (960, 640)
THUMBNAIL = (480, 480)
"""Pixels that a small picture fits into."""
SKIES = {
    "Dawn": ((44, 62, 110), (247, 200, 160), (255, 243, 208)),
    "Noon": ((70, 140, 210), (214, 236, 250), (255, 255, 240)),
    "Dusk": ((58, 28, 92), (240, 120, 90), (255, 214, 150)),
    "Night": ((6, 10, 30), (40, 60, 110), (236, 240, 250)),
}
"""The hours of the day, each with the colours of its sky above and below, and of its light."""


def thumbnail(image: IO[Any]) -> bytes:
    """Return a small picture in the format of the image.

    Raises :exc:`OSError` for what is no image, or ends too early.
    """
    written = io.BytesIO()
    with Image.open(image) as picture:
        # The format goes where the picture is turned as the camera was held.
        form = picture.format
        ImageOps.exif_transpose(picture, in_place=True)
        picture.thumbnail(THUMBNAIL)
        picture.save(written, form)
    return written.getvalue()


def landscape(hour: str) -> bytes:
    """Return a JPEG of hills at one of the hours of :data:`SKIES`."""
    above, below, light = SKIES[hour]
    width, height = SIZE
    grey = Image.linear_gradient("L").resize(SIZE)
    picture = ImageOps.colorize(grey, above, below)
    draw = ImageDraw.Draw(picture)
    order = list(SKIES).index(hour)
    x, y = width * (order + 1) // (len(SKIES) + 1), 130 + 25 * abs(2 * order - 3)
    draw.ellipse((x - 46, y - 46, x + 46, y + 46), fill=light)
    for distance in range(4):
        # The nearer a hill, the darker and the lower.
        colour = tuple(int(part * (0.62 - 0.16 * distance)) for part in below)
        ridge = [
            (x, int(330 + 75 * distance + (60 - 9 * distance) * _wave(x / width, order + distance)))
            for x in range(0, width + 8, 8)
        ]
        draw.polygon([(0, height), *ridge, (width, height)], fill=colour)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=88)
    return written.getvalue()


def _wave(x: float, phase: int) -> float:
    return 0.7 * math.sin(7 * x + 2.1 * phase) + 0.3 * math.sin(19 * x + 1.3 * phase)

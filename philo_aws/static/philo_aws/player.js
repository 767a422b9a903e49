"use strict";
// Says so where audio or video cannot be played on the page. Its link beside it works without this.
document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll("[data-aws-player]")) {
        const note = box.querySelector("[data-aws-not-played]");
        box.querySelector("audio, video").addEventListener("error", () => {
            note.hidden = false;
        });
    }
});

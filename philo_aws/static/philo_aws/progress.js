"use strict";
// Presses "Continue" for the person, so that a long operation goes on from step to step.
document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("form[data-aws-continue]");
    if (!form) {
        return;
    }
    let stopped = false;
    for (const link of form.querySelectorAll("a, button")) {
        link.addEventListener("click", () => { stopped = true; });
    }
    // A moment to read the figures, and to press "Stop here".
    window.setTimeout(() => {
        if (!stopped) {
            form.requestSubmit();
        }
    }, 400);
});

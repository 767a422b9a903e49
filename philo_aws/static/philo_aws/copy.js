"use strict";
// Shows whole what carries data-aws-copy, and adds a button that copies it.
document.addEventListener("DOMContentLoaded", () => {
    for (const area of document.querySelectorAll("textarea[data-aws-copy]")) {
        show(area);
        window.addEventListener("resize", () => show(area));
    }
    if (!navigator.clipboard) {
        return;
    }
    for (const source of document.querySelectorAll("[data-aws-copy]")) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button aws-copy";
        button.textContent = source.dataset.awsCopyLabel;
        const status = document.createElement("span");
        status.className = "quiet";
        status.setAttribute("role", "status");
        button.addEventListener("click", async () => {
            await navigator.clipboard.writeText(source.value ?? source.textContent);
            status.textContent = ` ${source.dataset.awsCopyDone}`;
        });
        source.after(button, status);
    }
});

// For browsers without `field-sizing`.
function show(area) {
    while (area.scrollHeight > area.clientHeight && area.rows < 100) {
        area.rows += 1;
    }
}

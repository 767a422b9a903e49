"use strict";
// Adds a button that copies to what carries data-aws-copy.
document.addEventListener("DOMContentLoaded", () => {
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

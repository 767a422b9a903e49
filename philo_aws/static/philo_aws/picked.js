"use strict";
// Gives what is chosen to the window that asked for it, and closes this one.
document.addEventListener("DOMContentLoaded", () => {
    const asker = window.opener;
    if (!asker) {
        return;
    }
    for (const text of document.querySelectorAll("[data-aws-by-hand]")) {
        text.hidden = true;
    }
    for (const button of document.querySelectorAll("button[data-aws-value]")) {
        button.hidden = false;
        button.addEventListener("click", () => {
            const { awsValue: value, awsObject: object, awsImage: image } = button.dataset;
            asker.postMessage({ awsChosen: { value, object, image } }, window.location.origin);
            window.close();
        });
    }
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            window.close();
        }
    });
});

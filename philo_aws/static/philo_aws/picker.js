"use strict";
// A field that chooses an object: opens the bucket in a window, and takes what is chosen there.
(() => {
    const opened = new Map();

    document.addEventListener("click", (event) => {
        const link = event.target.closest?.("[data-aws-choose]");
        if (!link) {
            return;
        }
        const box = link.closest("[data-aws-picker]");
        const input = box.querySelector("input");
        const name = `aws-pick-${input.id}`.replace(/\W/g, "_");
        const chooser = window.open(link.href, name, "popup,width=900,height=700");
        if (chooser) {
            event.preventDefault();
            opened.set(chooser, box);
            chooser.focus();
        }
    });

    // It looks like a button and so is pressed like one.
    document.addEventListener("keydown", (event) => {
        const link = event.key === " " && event.target.closest?.("[data-aws-choose]");
        if (link) {
            event.preventDefault();
            link.click();
        }
    });

    window.addEventListener("message", (event) => {
        const box = event.origin === window.location.origin && opened.get(event.source);
        const chosen = box && event.data?.awsChosen;
        if (!chosen) {
            return;
        }
        const input = box.querySelector("input");
        input.value = chosen.value;
        show(box, chosen);
        input.dispatchEvent(new Event("change", { bubbles: true }));
        window.focus();
        input.focus();
    });

    // What is typed is another object than the one that is shown.
    document.addEventListener("input", (event) => {
        const box = event.target.closest?.("[data-aws-picker]");
        if (box) {
            show(box, { object: "", image: "" });
        }
    });

    function show(box, chosen) {
        const link = box.querySelector("[data-aws-chosen]");
        if (!link) {
            return;
        }
        const image = link.querySelector("[data-aws-thumbnail]");
        link.hidden = !chosen.object;
        link.href = chosen.object;
        image.hidden = !chosen.image;
        if (chosen.image) {
            image.src = chosen.image;
        }
    }
})();

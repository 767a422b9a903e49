"use strict";
// Select all on the page, how many are selected, and no button that has nothing to work on.
document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("aws-selection");
    const count = form?.querySelector("[data-aws-selected]");
    const all = form?.querySelector("[data-aws-all]");
    if (!count || !all) {
        return;
    }
    const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
    const buttons = [...form.querySelectorAll("button[formaction]")];

    function show() {
        const selected = boxes.filter((box) => box.checked).length;
        const texts = count.dataset;
        count.textContent = selected === 0 ? texts.none
            : selected === 1 ? texts.one
            : texts.many.replace("{count}", selected);
        all.checked = selected > 0 && selected === boxes.length;
        all.indeterminate = selected > 0 && selected < boxes.length;
        for (const button of buttons) {
            button.disabled = selected === 0;
        }
    }

    all.hidden = false;
    all.addEventListener("change", () => {
        for (const box of boxes) {
            box.checked = all.checked;
        }
        show();
    });
    form.addEventListener("change", show);
    // The browser's "back" fills the boxes in again without an event.
    window.addEventListener("pageshow", show);
    show();
});

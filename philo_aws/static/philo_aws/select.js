"use strict";
// Select all, ranges by the shift key, how many are selected, and no button without anything to do.
document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("aws-selection");
    const count = form?.querySelector("[data-aws-selected]");
    const all = form?.querySelector("[data-aws-all]");
    if (!count || !all) {
        return;
    }
    const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
    const buttons = [...form.querySelectorAll("button[formaction]")];
    const beyond = form.querySelector("[data-aws-beyond]");
    let last = -1;
    let counted = "";

    function show() {
        const selected = boxes.filter((box) => box.checked).length;
        const texts = count.dataset;
        if (beyond?.checked && selected < boxes.length) {
            beyond.checked = false;
        }
        count.textContent = beyond?.checked ? counted || beyond.dataset.waiting
            : selected === 0 ? texts.none
            : selected === 1 ? texts.one
            : texts.many.replace("{count}", selected);
        all.checked = selected > 0 && selected === boxes.length;
        all.indeterminate = selected > 0 && selected < boxes.length;
        mark(selected > 0);
        for (const button of buttons) {
            button.disabled = selected === 0;
        }
    }

    // On a phone the bar goes to the bottom of the window: its room stays, so that no row moves.
    function mark(chosen) {
        const bar = count.parentElement;
        if (bar.classList.contains("aws-chosen") === chosen) {
            return;
        }
        const style = getComputedStyle(bar);
        const room =
            style.display === "none" ? 0 : bar.offsetHeight + parseFloat(style.marginBlockEnd);
        bar.classList.toggle("aws-chosen", chosen);
        const away = chosen && getComputedStyle(bar).position === "fixed";
        form.style.paddingBlockStart = away ? `${room}px` : "";
    }

    all.hidden = false;
    all.addEventListener("change", () => {
        for (const box of boxes) {
            box.checked = all.checked;
        }
        show();
    });
    // By the space bar too: that is a click as well.
    form.addEventListener("click", (event) => {
        const at = boxes.indexOf(event.target);
        if (at < 0) {
            return;
        }
        if (event.shiftKey && last >= 0) {
            for (const box of boxes.slice(Math.min(at, last), Math.max(at, last) + 1)) {
                box.checked = event.target.checked;
            }
        }
        last = at;
        show();
    });
    // Those on the other pages too: how many these are only S3 can say.
    beyond?.addEventListener("change", async () => {
        for (const box of boxes) {
            box.checked = beyond.checked;
        }
        show();
        if (!beyond.checked || counted || !beyond.dataset.awsBeyond) {
            return;
        }
        const answer = await fetch(beyond.dataset.awsBeyond).catch(() => null);
        const data = await answer?.json().catch(() => null);
        // What cannot be counted here is counted, or refused, by the page that asks.
        counted = data?.text ?? data?.error ?? "";
        show();
    });
    form.addEventListener("change", show);
    // The browser's "back" fills the boxes in again without an event.
    window.addEventListener("pageshow", show);
    show();
});

// Keeps messages held while the person works with them, and says when their time is over. A page that
// nobody touches holds nothing longer.

import {fetchJson} from "./polling.js";

const bar = document.querySelector("[data-queue-lease]");
if (bar) {
    start();
}

function start() {
    const texts = bar.dataset;
    const seconds = Number(texts.seconds);
    const status = bar.querySelector("[data-queue-lease-status]");
    const token = bar.querySelector("[name=csrfmiddlewaretoken]").value;
    let until = Number(texts.until) * 1000;
    let asked = Date.now();
    let over = false;

    function end() {
        over = true;
        status.textContent = texts.textOver;
        bar.dataset.over = "";
        for (const control of document.querySelectorAll("#aws-selection .queue-actions button, [data-queue-lease] button")) {
            control.disabled = true;
        }
    }

    async function hold() {
        asked = Date.now();
        try {
            const data = await fetchJson(texts.url, {
                method: "POST",
                headers: {"Accept": "application/json", "X-CSRFToken": token},
            }, "");
            until = Date.now() + data.seconds * 1000;
            if (data.seconds) {
                const time = new Date(until).toLocaleTimeString();
                status.textContent = texts.textHeld.replace("%s", time);
                bar.dataset.held = String(Number(bar.dataset.held || 0) + 1);
            }
        } catch (error) {
            status.textContent = texts.textFailed.replace("%s", error.message);
        }
    }

    function use() {
        // A third of the time is soon enough, and no flood.
        if (!over && !document.hidden && Date.now() - asked > seconds * 1000 / 3) {
            hold();
        }
    }

    for (const event of ["pointerdown", "keydown", "wheel", "touchmove"]) {
        document.addEventListener(event, use, {passive: true});
    }
    window.setInterval(() => {
        if (!over && Date.now() >= until) {
            end();
        }
    }, 1000);
}

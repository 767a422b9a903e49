// Shows how far a redrive is, and loads the page anew when it has ended.

import {Polling, fetchJson} from "./polling.js";

const frame = document.querySelector("[data-queue-redrive]");
if (frame && frame.querySelector("[data-active]")) {
    const rows = [...frame.querySelectorAll("[data-task]")];
    const status = frame.querySelector("[data-task-status]");
    const ask = async () => {
        const {tasks} = await fetchJson(frame.dataset.url, {}, "");
        if (!tasks.some((task) => task.active)) {
            window.location.reload();
            return false;
        }
        tasks.slice(0, rows.length).forEach((task, index) => show(rows[index], task));
        status.textContent = tasks.find((task) => task.active).text;
        return true;
    };
    new Polling(Number(frame.dataset.seconds), ask, (error) => {
        status.textContent = error.message;
    }).wake();
}

function show(row, task) {
    row.querySelector("[data-task-label]").textContent = task.label;
    row.querySelector("[data-task-text]").textContent = task.text;
    const bar = row.querySelector("[data-task-progress]");
    if (task.total) {
        bar.max = task.total;
        bar.value = task.moved;
    }
}

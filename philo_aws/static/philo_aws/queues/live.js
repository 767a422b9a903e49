// Keeps the figures of the queues on the page fresh, by one request for all of them.

import {Polling, fetchJson} from "./polling.js";
import {drawSparkline} from "./sparkline.js";

const KEPT_FIGURES = 60;
const KEPT_MINUTES = 60;
const STORE = "philo-aws-queue-figures";
const FIGURES = ["available", "in_flight", "delayed"];

const frame = document.querySelector("[data-queue-live]");
const bar = document.querySelector("[data-queue-live-bar]");
if (frame && bar && frame.dataset.url) {
    start();
}

function start() {
    const texts = bar.dataset;
    const queues = new Map(
        [...frame.querySelectorAll("[data-queue]"), ...(frame.matches("[data-queue]") ? [frame] : [])]
            .map((element) => [element.dataset.queue, element]),
    );
    const token = bar.querySelector("[name=csrfmiddlewaretoken]").value;
    const button = bar.querySelector("[data-queue-live-switch]");
    const time = bar.querySelector("[data-queue-live-time]");
    const status = bar.querySelector("[data-queue-live-status]");
    const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);
    const history = restore();
    if (!queues.size) {
        return;
    }

    async function ask() {
        const data = await fetchJson(frame.dataset.url, {
            method: "POST",
            headers: {"Content-Type": "application/json", "X-CSRFToken": token},
            body: JSON.stringify({queues: [...queues.keys()]}),
        }, texts.textSignedOut);
        for (const [name, figures] of Object.entries(data.queues)) {
            show(queues.get(name), name, figures);
        }
        keep(history);
        time.textContent = texts.textUpdated.replace("%s", new Date().toLocaleTimeString());
        status.textContent = "";
        frame.dataset.fresh = String(Number(frame.dataset.fresh || 0) + 1);
        return true;
    }

    function show(element, name, figures) {
        element.toggleAttribute("data-failed", Boolean(figures.error));
        if (figures.error) {
            element.title = figures.error;
            return;
        }
        element.removeAttribute("title");
        const past = history[name] = (history[name] || []).slice(1 - KEPT_FIGURES);
        past.push([Date.now(), ...FIGURES.map((figure) => figures[figure])]);
        FIGURES.forEach((figure, index) => {
            element.querySelector(`[data-figure=${figure}]`).textContent = numbers.format(figures[figure]);
            const svg = element.querySelector(`[data-spark=${figure}]`);
            if (svg) {
                const values = past.map((point) => point[index + 1]);
                drawSparkline(svg, values, trend(values));
            }
        });
        const place = element.querySelector("[data-dead-letter]");
        if (place) {
            place.replaceChildren(...deadLetter(figures.dead_letter_queue));
        }
    }

    function trend(values) {
        const words = [values.length, Math.min(...values), Math.max(...values), values.at(-1)];
        return words.reduce((text, word) => text.replace("%s", numbers.format(word)), texts.textTrend);
    }

    const polling = new Polling(Number(frame.dataset.seconds), ask, (error, seconds) => {
        const again = seconds ? ` ${texts.textAgain.replace("%s", numbers.format(seconds))}` : "";
        status.textContent = seconds ? texts.textFailed.replace("%s", error.message) + again : error.message;
    });
    button.addEventListener("click", () => {
        polling.pause(!polling.paused);
        button.textContent = polling.paused ? texts.textResume : texts.textPause;
        status.textContent = polling.paused ? texts.textPaused : "";
    });
    bar.hidden = false;
    polling.wake();
}

function deadLetter(queue) {
    if (!queue) {
        return [];
    }
    const element = document.createElement(queue.url ? "a" : "span");
    element.textContent = queue.name;
    if (queue.url) {
        element.href = queue.url;
    }
    return [element];
}

// The trend outlives a click on another page of this tab, nothing more.

function restore() {
    const oldest = Date.now() - KEPT_MINUTES * 60000;
    try {
        const stored = Object.entries(JSON.parse(sessionStorage.getItem(STORE)) || {});
        return Object.fromEntries(stored
            .map(([name, past]) => [name, past.filter((point) => point[0] > oldest)])
            .filter(([, past]) => past.length));
    } catch {
        return {};
    }
}

function keep(history) {
    try {
        sessionStorage.setItem(STORE, JSON.stringify(history));
    } catch {
        // Storage may be full or forbidden; the trend then begins anew on each page.
    }
}

"use strict";
// Uploads in parts: straight to S3 where the bucket's CORS rules and this page's policy allow it,
// else through the site. Without this script the form uploads by itself.
document.addEventListener("DOMContentLoaded", () => {
    const place = document.getElementById("aws-upload");
    const form = document.getElementById("aws-operation");
    const input = form?.querySelector("input[type=file]");
    if (!place || !input || !window.fetch) {
        return;
    }
    const PARTS_AT_ONCE = 3;
    const ATTEMPTS = 3;
    const text = place.dataset;
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const overwrite = form.querySelector("[name=overwrite]");

    const drop = element("div", "aws-drop", text.textDrop);
    const list = element("ul", "aws-files");
    const summary = element("p", "aws-upload-summary");
    summary.setAttribute("aria-live", "polite");
    place.append(drop, summary, list);

    const jobs = [];
    let working = false;

    function element(tag, className, content = "") {
        const made = document.createElement(tag);
        made.className = className;
        made.textContent = content;
        return made;
    }

    class Refused extends Error {
        constructor(message, final) {
            super(message);
            this.final = final;
        }
    }

    async function ask(url, body, signal) {
        const raw = body instanceof Blob;
        const response = await fetch(url, {
            method: "POST",
            credentials: "same-origin",
            redirect: "manual",
            signal,
            headers: {
                "X-CSRFToken": token,
                "Content-Type": raw ? "application/octet-stream" : "application/json",
            },
            body: raw ? body : JSON.stringify(body),
        });
        if (response.type === "opaqueredirect" || response.status === 403) {
            throw new Refused(text.textLogin, true);
        }
        const data = await response.json().catch(() => null);
        if (!response.ok || data === null) {
            throw new Refused(data?.error ?? text.textLost, response.status < 500);
        }
        return data;
    }

    // Whether this page's own policy lets it speak to S3: asking S3 first would be a violation.
    let policy;
    async function policyAllows(url) {
        policy ??= fetch(window.location.href, {method: "HEAD", credentials: "same-origin"})
            .then((response) => response.headers.get("Content-Security-Policy") ?? "")
            .catch(() => "default-src 'none'");
        const target = new URL(url);
        return (await policy).split(",").every((one) => {
            const rules = new Map(one.split(";").map((rule) => {
                const [name, ...sources] = rule.trim().split(/\s+/);
                return [name.toLowerCase(), sources];
            }));
            const sources = rules.get("connect-src") ?? rules.get("default-src");
            return !sources || sources.some((source) => allows(source, target));
        });
    }

    function allows(source, target) {
        if (source === "*" || source === target.protocol || source === target.origin) {
            return true;
        }
        const host = source.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
        return host.startsWith("*.") && target.host.endsWith(host.slice(1));
    }

    async function sendDirect(job, number, blob, signal) {
        const {url} = await ask(text.signUrl, {
            key: job.key, upload_id: job.uploadId, part_number: number,
        }, signal);
        if (!await policyAllows(url)) {
            job.direct = false;
            return false;
        }
        try {
            const response = await fetch(url, {method: "PUT", body: blob, signal});
            return response.ok;
        } catch (error) {
            if (signal.aborted) {
                throw error;
            }
            job.direct = false;
            return false;
        }
    }

    async function sendPart(job, number, signal) {
        const start = (number - 1) * job.partSize;
        const blob = job.file.slice(start, start + job.partSize, "application/octet-stream");
        const query = new URLSearchParams({
            key: job.key, upload_id: job.uploadId, part_number: number,
        });
        for (let attempt = 1; ; attempt += 1) {
            try {
                if (job.direct && await sendDirect(job, number, blob, signal)) {
                    break;
                }
                await ask(`${text.partUrl}?${query}`, blob, signal);
                break;
            } catch (error) {
                if (signal.aborted || error.final || attempt === ATTEMPTS) {
                    throw error;
                }
                await new Promise((resolve) => { setTimeout(resolve, 500 * 2 ** attempt); });
            }
        }
        job.sent += blob.size;
        job.bar.value = job.file.size ? job.sent / job.file.size : 1;
        job.status.textContent = `${Math.round(job.bar.value * 100)} %`;
    }

    async function upload(job) {
        job.controller = new AbortController();
        const {signal} = job.controller;
        job.sent = 0;
        const replace = overwrite.checked;
        const begun = await ask(text.beginUrl, {
            key: job.key, size: job.file.size, overwrite: replace,
        }, signal);
        Object.assign(job, {
            uploadId: begun.upload_id, partSize: begun.part_size, direct: begun.direct,
        });
        try {
            const parts = Math.max(1, Math.ceil(job.file.size / job.partSize));
            let next = 1;
            const worker = async () => {
                while (next <= parts) {
                    const number = next;
                    next += 1;
                    await sendPart(job, number, signal);
                }
            };
            await Promise.all(Array.from({length: Math.min(PARTS_AT_ONCE, parts)}, worker));
            return await ask(text.finishUrl, {
                key: job.key, upload_id: job.uploadId, size: job.file.size, overwrite: replace,
            }, signal);
        } catch (error) {
            job.controller.abort();
            ask(text.abortUrl, {key: job.key, upload_id: job.uploadId}).catch(() => {});
            throw error;
        }
    }

    async function work() {
        if (working) {
            return;
        }
        working = true;
        let job = jobs.find((one) => one.state === "waiting");
        while (job) {
            job.state = "running";
            try {
                const done = await upload(job);
                finish(job, "done", text.textDone);
                const link = element("a", "", job.file.name);
                link.href = done.url || text.folderUrl;
                job.name.replaceChildren(link);
            } catch (error) {
                const message = error instanceof Refused ? error.message : text.textLost;
                const cancelled = job.state === "cancelled";
                finish(job, cancelled ? "cancelled" : "failed",
                    cancelled ? text.textCancelled : `${text.textFailed} ${message}`);
            }
            job = jobs.find((one) => one.state === "waiting");
        }
        working = false;
    }

    function finish(job, state, message) {
        job.state = state;
        job.status.textContent = message;
        job.status.classList.toggle("aws-failed", state === "failed");
        job.bar.value = state === "done" ? 1 : job.bar.value;
        job.button.textContent = text.textRetry;
        job.button.hidden = state === "done";
        report();
    }

    function report() {
        const done = jobs.filter((job) => job.state === "done").length;
        summary.textContent = text.textSummary
            .replace("{done}", done).replace("{total}", jobs.length);
        if (jobs.every((job) => job.state !== "waiting" && job.state !== "running")) {
            const link = element("a", "", text.textOpen);
            link.href = text.folderUrl;
            summary.append(" ", link);
        }
    }

    function add(files) {
        for (const file of files) {
            const job = {file, key: text.prefix + file.name, state: "waiting"};
            const item = element("li", "");
            job.name = element("bdi", "aws-file-name", file.name);
            job.status = element("span", "quiet", text.textWaiting);
            job.button = element("button", "button aws-copy", text.textCancel);
            job.button.type = "button";
            job.bar = element("progress", "");
            job.bar.max = 1;
            job.bar.value = 0;
            job.bar.setAttribute("aria-label", file.name);
            job.button.addEventListener("click", () => {
                if (job.state === "running" || job.state === "waiting") {
                    const running = job.state === "running";
                    job.state = "cancelled";
                    if (running) {
                        job.controller?.abort();
                    } else {
                        finish(job, "cancelled", text.textCancelled);
                    }
                } else {
                    job.state = "waiting";
                    job.button.textContent = text.textCancel;
                    job.status.textContent = text.textWaiting;
                    job.status.classList.remove("aws-failed");
                    work();
                }
            });
            item.append(job.name, job.status, job.button, job.bar);
            list.append(item);
            jobs.push(job);
        }
        report();
        work();
    }

    for (const kind of ["dragenter", "dragover"]) {
        drop.addEventListener(kind, (event) => {
            event.preventDefault();
            drop.classList.add("aws-over");
        });
    }
    for (const kind of ["dragleave", "drop"]) {
        drop.addEventListener(kind, () => { drop.classList.remove("aws-over"); });
    }
    drop.addEventListener("drop", (event) => {
        event.preventDefault();
        // A folder has no content to read, and would fail at its first byte.
        const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
        const files = items
            .filter((item) => !item.webkitGetAsEntry || item.webkitGetAsEntry()?.isFile !== false)
            .map((item) => item.getAsFile());
        add(files.filter(Boolean));
    });
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        if (input.files.length === 0) {
            input.focus();
            return;
        }
        const files = [...input.files];
        input.value = "";
        add(files);
    });
    window.addEventListener("beforeunload", (event) => {
        if (jobs.some((job) => job.state === "running")) {
            event.preventDefault();
        }
    });
});

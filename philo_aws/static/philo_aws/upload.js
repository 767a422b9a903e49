"use strict";
// Uploads on the page of a folder and on the page of uploads: what is dropped anywhere on it, or
// chosen, goes in parts, straight to S3 where the bucket's CORS rules and this page's policy allow it,
// else through the site. Without this script the form uploads by itself.
document.addEventListener("DOMContentLoaded", () => {
    const panel = document.getElementById("aws-upload");
    if (!panel || !window.philoAWS?.Transfer) {
        return;
    }
    const {Connection, Refused, Slots, Transfer, chosen, dropped, isTaken, visible} = window.philoAWS;
    const FILES_AT_ONCE = 4;
    const MOST_ROWS = 200;
    const LEFT = ["waiting", "running", "asking"];
    const texts = JSON.parse(document.getElementById("aws-upload-texts").textContent);
    const {prefix, folderUrl} = panel.dataset;
    const urls = Object.fromEntries(["begin", "sign", "part", "finish", "abort"]
        .map((name) => [name, panel.dataset[`${name}Url`]]));
    const language = document.documentElement.lang || undefined;
    const percent = new Intl.NumberFormat(language, {style: "percent"});
    const amount = new Intl.NumberFormat(language, {maximumFractionDigits: 1});
    const connection = new Connection(panel, texts, showTrouble);
    const slots = new Slots();
    const jobs = [];
    slots.left = () => jobs.filter((job) => LEFT.includes(job.state)).length;
    let trouble = "";
    let always = "";
    let rows = 0;
    let reporting = 0;

    // What the page shows

    function element(tag, className = "", content = "") {
        const made = document.createElement(tag);
        made.className = className;
        made.textContent = content;
        return made;
    }

    function button(text, pressed, about = "") {
        const made = element("button", "button aws-copy", text);
        made.type = "button";
        if (about) {
            made.setAttribute("aria-label", `${text}: ${about}`);
        }
        made.addEventListener("click", pressed);
        return made;
    }

    function chooser(text, folders) {
        const input = element("input");
        Object.assign(input, {type: "file", multiple: true, hidden: true, webkitdirectory: folders});
        input.addEventListener("change", () => {
            const found = chosen(input);
            input.value = "";
            add(found);
        });
        const opener = button(text, () => input.click());
        opener.className = "button";
        return [opener, input];
    }

    const drop = element("div", "aws-drop");
    const choosers = element("div", "aws-buttons");
    choosers.append(...chooser(texts.chooseFiles, false), ...chooser(texts.chooseFolder, true));
    drop.append(element("p", "", texts.drop), choosers);
    const notice = element("div", "aws-warning");
    const noticeText = element("p");
    const signIn = element("a", "button", texts.signIn);
    Object.assign(signIn, {href: connection.page, target: "_blank", rel: "noopener"});
    const noticeButtons = element("div", "aws-buttons");
    noticeButtons.append(signIn, button(texts.goOn, () => connection.wake()));
    noticeButtons.lastChild.className = "button";
    notice.setAttribute("role", "alert");
    notice.append(noticeText, noticeButtons);
    const forAll = element("div", "aws-for-all");
    forAll.setAttribute("role", "group");
    forAll.setAttribute("aria-label", texts.forAll);
    forAll.append(element("span", "", texts.forAll), ...["skip", "replace", "both"].map(
        (choice) => button(texts[choice], () => { decideAll(choice); }, texts.forAll),
    ));
    const summary = element("p", "aws-upload-summary");
    summary.setAttribute("aria-live", "polite");
    summary.tabIndex = -1;
    const total = element("progress", "aws-progress");
    total.max = 1;
    total.setAttribute("aria-label", texts.all);
    const tools = element("div", "aws-buttons aws-upload-tools");
    const open = element("a", "button", texts.open);
    open.href = folderUrl;
    const again = button(texts.retryAll, () => { retry(jobs.filter((job) => job.state === "failed")); });
    const cancelAll = button(texts.cancelAll, () => {
        jobs.filter((job) => LEFT.includes(job.state)).forEach(cancel);
    });
    again.className = cancelAll.className = "button";
    tools.append(open, again, cancelAll);
    const list = element("ul", "aws-files");
    const sheet = element("div", "aws-drop-anywhere");
    sheet.append(element("p", "", texts.here));
    sheet.hidden = notice.hidden = forAll.hidden = total.hidden = tools.hidden = true;
    drop.hidden = !("shown" in panel.dataset);
    panel.append(drop, notice, summary, total, tools, forAll, list);
    document.body.append(sheet);

    // Here every file is asked about where it is there already, and begins when it is chosen.
    const form = document.getElementById("aws-operation");
    if (form && !drop.hidden) {
        form.hidden = true;
    }

    function size(bytes) {
        let unit = 0;
        let shown = bytes;
        while (shown >= 1024 && unit < texts.units.length - 1) {
            shown /= 1024;
            unit += 1;
        }
        return `${amount.format(shown)}\u00a0${texts.units[unit]}`;
    }

    function showTrouble(found) {
        trouble = found;
        notice.hidden = !found;
        signIn.hidden = found !== "login";
        noticeText.textContent = found ? texts[found] : "";
        jobs.filter((job) => job.state === "running").forEach(show);
    }

    function statusOf(job) {
        const bytes = job.transfer?.bytes ?? 0;
        const share = job.size ? bytes / job.size : 0;
        switch (job.state) {
        case "running":
            return trouble ? texts.paused : texts.uploading
                .replace("{percent}", percent.format(Math.floor(share * 100) / 100))
                .replace("{size}", size(job.size));
        case "failed":
            return `${texts.failed} ${job.reason}`;
        default:
            return texts[job.state];
        }
    }

    function buttonsOf(job) {
        const about = job.name.textContent;
        switch (job.state) {
        case "waiting":
        case "running":
            return [button(texts.cancel, () => { cancel(job); }, about)];
        case "failed":
            return job.file ? [button(texts.retry, () => { retry([job]); }, about)] : [];
        case "asking":
            return ["skip", "replace", "both"].map((choice) => button(texts[choice], () => {
                decide(job, choice);
                const next = list.querySelector("[data-state=asking] button");
                (next ?? summary).focus();
            }, about));
        default:
            return [];
        }
    }

    function build(job) {
        job.row = element("li");
        job.name = element("bdi", "aws-file-name", visible(job.path));
        job.status = element("span", "aws-file-status");
        job.buttons = element("span", "aws-buttons");
        job.bar = element("progress");
        job.bar.max = 1;
        job.bar.setAttribute("aria-label", job.name.textContent);
        job.row.append(job.name, job.status, job.buttons, job.bar);
        list.append(job.row);
        rows += 1;
    }

    // Of very many files those are shown that something happens to, or that want something.
    function trim() {
        for (const job of jobs) {
            if (rows <= MOST_ROWS) {
                return;
            }
            if (job.row && (job.state === "done" || job.state === "skipped")) {
                job.row.remove();
                job.row = null;
                rows -= 1;
            }
        }
    }

    function show(job) {
        if (!job.row) {
            build(job);
        }
        if (job.row.dataset.state !== job.state) {
            const focused = job.buttons.contains(document.activeElement);
            job.row.dataset.state = job.state;
            job.buttons.replaceChildren(...buttonsOf(job));
            job.status.classList.toggle("aws-failed", job.state === "failed");
            if (focused) {
                (job.buttons.firstChild ?? summary).focus();
            }
        }
        job.status.textContent = statusOf(job);
        job.bar.hidden = !["running", "waiting"].includes(job.state);
        job.bar.value = job.size ? (job.transfer?.bytes ?? 0) / job.size : 0;
        reporting ||= setTimeout(report, 50);
    }

    function count(state) {
        return jobs.filter((job) => job.state === state).length;
    }

    function report() {
        reporting = 0;
        const asking = count("asking");
        const left = count("waiting") + count("running") + asking;
        const parts = [texts.summary.replace("{done}", count("done")).replace("{total}", jobs.length)];
        for (const state of ["failed", "skipped", "cancelled"]) {
            if (count(state)) {
                parts.push(texts[`${state}Count`].replace("{count}", count(state)));
            }
        }
        if (asking) {
            parts.push(texts.askingCount.replace("{count}", asking));
        }
        // Said aloud only when it changes.
        const told = parts.join(" · ");
        if (summary.textContent !== told) {
            summary.textContent = told;
        }
        const going = jobs.filter((job) => ["done", "running", "waiting"].includes(job.state));
        const bytes = going.reduce((sum, job) => sum + job.size, 0);
        const sent = going.reduce((sum, job) => (
            sum + (job.state === "done" ? job.size : job.transfer?.bytes ?? 0)), 0);
        total.value = bytes ? sent / bytes : 1;
        total.hidden = !left || jobs.length < 2;
        tools.hidden = false;
        open.hidden = left > 0 || !count("done");
        again.hidden = count("failed") < 2;
        cancelAll.hidden = left < 2;
        forAll.hidden = asking < 2;
        if (!left) {
            always = "";
        }
        trim();
    }

    // What is done

    function add(found) {
        for (const {file, path} of found) {
            const job = {file, path, key: prefix + path, size: file?.size ?? 0, state: "waiting"};
            jobs.push(job);
            const strange = path.split("/").some((part) => ["", ".", ".."].includes(part));
            if (!file || strange) {
                job.state = "failed";
                job.reason = file ? texts.strange : texts.unreadable;
                // Nothing would be otherwise next time.
                job.file = null;
            }
            if (rows < MOST_ROWS || job.state === "failed") {
                show(job);
            }
        }
        reporting ||= setTimeout(report, 50);
        work();
    }

    function work() {
        while (slots.files.size < FILES_AT_ONCE) {
            const job = jobs.find((one) => one.state === "waiting");
            if (!job) {
                return;
            }
            run(job);
        }
    }

    async function run(job) {
        job.transfer ??= new Transfer(job.file, job.key, connection, urls, slots, () => {
            if (job.state === "running") {
                show(job);
            }
        });
        job.state = "running";
        show(job);
        try {
            const done = await job.transfer.run();
            job.state = "done";
            const link = element("a", "", visible(job.transfer.key.slice(prefix.length)));
            link.href = done.url || folderUrl;
            job.name.replaceChildren(link);
        } catch (error) {
            if (job.state === "running" && isTaken(error)) {
                job.state = "asking";
                if (always) {
                    decide(job, always);
                }
            } else if (job.state === "running") {
                job.state = "failed";
                job.reason = error instanceof Refused ? error.message : texts.lost;
            }
        }
        show(job);
        work();
    }

    function cancel(job) {
        const running = job.state === "running";
        job.state = "cancelled";
        if (running) {
            job.transfer.stop();
        } else {
            job.transfer?.giveUp();
        }
        show(job);
    }

    function retry(some) {
        for (const job of some) {
            if (job.file) {
                job.state = "waiting";
                show(job);
            }
        }
        work();
    }

    function decide(job, choice) {
        if (choice === "skip") {
            job.transfer.giveUp();
            job.state = "skipped";
        } else {
            job.transfer.overwrite = choice === "replace";
            if (choice === "both") {
                job.transfer.keepBoth();
            }
            job.state = "waiting";
        }
        show(job);
        work();
    }

    function decideAll(choice) {
        always = choice;
        jobs.filter((job) => job.state === "asking").forEach((job) => { decide(job, choice); });
        summary.focus();
    }

    function carriesFiles(event) {
        return [...event.dataTransfer?.types ?? []].includes("Files");
    }

    // Of a drag that is given up or leaves the window not every browser tells: it only says no more.
    let dragging = 0;
    for (const kind of ["dragenter", "dragover"]) {
        window.addEventListener(kind, (event) => {
            if (carriesFiles(event)) {
                event.preventDefault();
                sheet.hidden = false;
                clearTimeout(dragging);
                dragging = setTimeout(() => { sheet.hidden = true; }, 1_000);
            }
        });
    }
    window.addEventListener("drop", async (event) => {
        if (carriesFiles(event)) {
            event.preventDefault();
            sheet.hidden = true;
            add(await dropped(event.dataTransfer));
        }
    });
    window.addEventListener("beforeunload", (event) => {
        if (jobs.some((job) => LEFT.includes(job.state))) {
            event.preventDefault();
        }
    });
    window.addEventListener("pagehide", () => {
        for (const job of jobs) {
            if (LEFT.includes(job.state)) {
                job.state = "cancelled";
            }
            job.transfer?.leave();
        }
    });
});

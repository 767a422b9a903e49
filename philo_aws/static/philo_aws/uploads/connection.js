"use strict";
// What the upload scripts ask of the site and of S3: each request with the CSRF token of its moment.
// Where the connection or the login has gone, the request waits for it and is sent again.
window.philoAWS ??= {};
{
    const ATTEMPTS = 3;
    const FIRST_PAUSE = 1_000;
    const LONGEST_PAUSE = 30_000;

    // An answer that says no; `again` where another try may do.
    class Refused extends Error {
        constructor(message, {code = "", status = 0, again = false} = {}) {
            super(message);
            Object.assign(this, {code, status, again});
        }
    }

    // No answer, or none of the site's own.
    class Lost extends Error {}

    // A redirect to the login, or a token that is no longer the login's.
    class SignedOut extends Error {}

    function wait(milliseconds) {
        return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
    }

    // What `promise` gives, but no longer waited for once `signal` says stop.
    function unlessStopped(promise, signal) {
        return !signal ? promise : new Promise((resolve, reject) => {
            const stop = () => reject(signal.reason);
            signal.addEventListener("abort", stop, {once: true});
            promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
        });
    }

    class Connection {
        /**
         * @param {HTMLElement} panel holds the token and the address of the page of uploads, which
         *     nobody gets who may not upload
         * @param {Record<string, string>} texts
         * @param {(trouble: string) => void} told is given "connection", "login", or "" when it is well
         */
        constructor(panel, texts, told) {
            this.page = panel.dataset.pageUrl;
            this.cookie = panel.dataset.csrfCookie;
            this.token = panel.querySelector("[name=csrfmiddlewaretoken]").value;
            this.texts = texts;
            this.told = told;
            this.direct = true;
            this.mending = null;
            this.wake = () => {};
            this.running = new Set();
            window.addEventListener("offline", () => {
                // Nothing would tell of a connection that is only silent.
                for (const cut of this.running) {
                    cut();
                }
            });
            for (const kind of ["online", "focus"]) {
                window.addEventListener(kind, () => this.wake());
            }
            document.addEventListener("visibilitychange", () => this.wake());
        }

        get csrf() {
            const found = this.cookie && document.cookie.split("; ")
                .find((one) => one.startsWith(`${this.cookie}=`));
            return found ? decodeURIComponent(found.slice(this.cookie.length + 1)) : this.token;
        }

        // One step, answered in JSON. What must arrive though the page is left is `keepalive`.
        async ask(url, data, {signal, keepalive = false} = {}) {
            let response;
            try {
                response = await fetch(url, {
                    method: "POST",
                    credentials: "same-origin",
                    redirect: "manual",
                    keepalive,
                    signal,
                    headers: {"Content-Type": "application/json", "X-CSRFToken": this.csrf},
                    body: JSON.stringify(data),
                });
            } catch (error) {
                throw signal?.aborted ? error : new Lost();
            }
            const answer = await response.json().catch(() => null);
            return this.read(response.status, answer, response.type === "opaqueredirect");
        }

        // Bytes through the site; only XMLHttpRequest tells how many have gone.
        async send(url, blob, progress, signal) {
            const headers = {
                "Content-Type": "application/octet-stream", "X-CSRFToken": this.csrf,
            };
            const {status, body, address} = await this.put("POST", url, blob, headers, progress, signal);
            let answer = null;
            try {
                answer = JSON.parse(body);
            } catch {
                // It is a page, and read() says what that means.
            }
            return this.read(status, answer, address !== new URL(url, window.location.href).href);
        }

        put(method, url, blob, headers, progress, signal) {
            return new Promise((resolve, reject) => {
                const request = new XMLHttpRequest();
                const cut = () => { reject(new Lost()); request.abort(); };
                const stop = () => { reject(signal.reason); request.abort(); };
                signal.throwIfAborted();
                request.open(method, url);
                for (const [name, value] of Object.entries(headers)) {
                    request.setRequestHeader(name, value);
                }
                request.upload.addEventListener("progress", (event) => progress(event.loaded));
                request.addEventListener("load", () => resolve({
                    status: request.status, body: request.responseText, address: request.responseURL,
                }));
                request.addEventListener("error", () => reject(new Lost()));
                request.addEventListener("loadend", () => {
                    this.running.delete(cut);
                    signal.removeEventListener("abort", stop);
                });
                this.running.add(cut);
                signal.addEventListener("abort", stop);
                request.send(blob);
            });
        }

        read(status, answer, redirected) {
            if (redirected || status === 401 || status === 403) {
                throw new SignedOut();
            }
            if (status >= 200 && status < 300 && answer !== null) {
                return answer;
            }
            if (answer === null && (status < 400 || status >= 500 || status === 408 || status === 429)) {
                throw new Lost();
            }
            const code = answer?.code ?? "";
            const again = status >= 500 && code !== "NoSuchUpload";
            const message = answer?.error ?? this.texts.refused.replace("{status}", status);
            throw new Refused(message, {code, status, again});
        }

        // Do `attempt` until it is answered: what was only away has to come back for that.
        async steady(attempt, signal) {
            const tries = {lost: 0, signedOut: 0, refused: 0};
            for (;;) {
                signal?.throwIfAborted();
                if (this.mending) {
                    await unlessStopped(this.mending, signal);
                    continue;
                }
                try {
                    return await attempt();
                } catch (error) {
                    signal?.throwIfAborted();
                    const kind = error instanceof Lost ? "lost"
                        : error instanceof SignedOut ? "signedOut"
                        : error instanceof Refused && error.again ? "refused" : "";
                    if (!kind) {
                        throw error;
                    }
                    tries[kind] += 1;
                    if (tries[kind] > ATTEMPTS) {
                        throw kind === "refused" ? error
                            : new Refused(this.texts[kind === "lost" ? "lost" : "forbidden"], {again: true});
                    }
                    if (kind === "signedOut") {
                        // A cookie that was refused is not this login's.
                        this.cookie = "";
                    }
                    if (kind !== "refused" && await unlessStopped(this.mend(), signal)) {
                        tries[kind] = 0;
                    } else if (kind !== "signedOut") {
                        await unlessStopped(wait(FIRST_PAUSE * 2 ** (tries[kind] - 1)), signal);
                    }
                }
            }
        }

        // Wait until the site answers who may upload; say whether it had not. One does it for all.
        mend() {
            this.mending ??= this.watch().finally(() => { this.mending = null; });
            return this.mending;
        }

        async watch() {
            let pause = FIRST_PAUSE;
            for (;;) {
                const found = await this.look();
                if (found === "well" || found === "forbidden") {
                    this.told("");
                    if (found === "forbidden") {
                        throw new Refused(this.texts.forbidden);
                    }
                    return pause > FIRST_PAUSE;
                }
                this.told(found);
                await Promise.race([wait(pause), new Promise((resolve) => { this.wake = resolve; })]);
                pause = Math.min(2 * pause, LONGEST_PAUSE);
            }
        }

        async look() {
            try {
                const response = await fetch(this.page, {
                    credentials: "same-origin", redirect: "manual", cache: "no-store",
                });
                if (response.type === "opaqueredirect" || response.status === 401) {
                    return "login";
                }
                if (!response.ok) {
                    return response.status === 403 ? "forbidden" : "connection";
                }
                const found = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(await response.text());
                this.token = found ? found[1] : this.token;
                return "well";
            } catch {
                return "connection";
            }
        }

        // Whether this page's own policy lets it speak to S3: asking S3 first would be a violation.
        async policyAllows(url) {
            this.policy ??= fetch(window.location.href, {method: "HEAD", credentials: "same-origin"})
                .then((response) => response.headers.get("Content-Security-Policy") ?? "")
                .catch(() => "default-src 'none'");
            const target = new URL(url);
            return (await this.policy).split(",").every((one) => {
                const rules = new Map(one.split(";").map((rule) => {
                    const [name, ...sources] = rule.trim().split(/\s+/);
                    return [name.toLowerCase(), sources];
                }));
                const sources = rules.get("connect-src") ?? rules.get("default-src");
                return !sources || sources.some((source) => allows(source, target));
            });
        }
    }

    function allows(source, target) {
        if (source === "*" || source === target.protocol || source === target.origin) {
            return true;
        }
        const host = source.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
        return host.startsWith("*.") && target.host.endsWith(host.slice(1));
    }

    Object.assign(window.philoAWS, {Connection, Lost, Refused});
}

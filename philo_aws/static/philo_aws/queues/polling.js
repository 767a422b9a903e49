// Asks again and again: not while the tab is hidden or the person paused it, and ever more rarely
// while it fails.

const LONGEST = 300;

export class Stop extends Error {}

export class Polling {
    /**
     * @param {number} seconds between two successful questions
     * @param {() => Promise<boolean>} ask answers whether to go on; throws Stop to give up
     * @param {(error: Error, seconds: number) => void} failed told of each failure and of the wait
     */
    constructor(seconds, ask, failed) {
        this.seconds = seconds;
        this.ask = ask;
        this.failed = failed;
        this.failures = 0;
        this.paused = false;
        this.ended = false;
        this.timer = 0;
        document.addEventListener("visibilitychange", () => this.wake());
    }

    get resting() {
        return this.paused || this.ended || document.hidden;
    }

    pause(paused) {
        this.paused = paused;
        this.wake();
    }

    wake() {
        window.clearTimeout(this.timer);
        if (!this.resting && !this.asking) {
            this.step();
        }
    }

    async step() {
        this.asking = true;
        let wait = this.seconds;
        try {
            this.ended = !(await this.ask());
            this.failures = 0;
        } catch (error) {
            this.failures += 1;
            this.ended = error instanceof Stop;
            wait = Math.min(this.seconds * 2 ** this.failures, LONGEST);
            this.failed(error, this.ended ? 0 : wait);
        }
        this.asking = false;
        if (!this.resting) {
            this.timer = window.setTimeout(() => this.wake(), wait * 1000);
        }
    }
}

/** Fetches JSON; throws with the server's own words, Stop when the person is signed out. */
export async function fetchJson(url, options, signedOut) {
    const answer = await fetch(url, {credentials: "same-origin", redirect: "manual", ...options});
    if (answer.type === "opaqueredirect" || answer.status === 403) {
        throw new Stop(signedOut);
    }
    let data = {};
    try {
        data = await answer.json();
    } catch {
        throw new Error(`HTTP ${answer.status}`);
    }
    if (!answer.ok) {
        throw new Error(data.error || `HTTP ${answer.status}`);
    }
    return data;
}

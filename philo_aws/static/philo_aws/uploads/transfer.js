"use strict";
// One file on its way, in parts, and the requests that all files share.
window.philoAWS ??= {};
{
    const {Lost, Refused, beside} = window.philoAWS;
    const REQUESTS_AT_ONCE = 4;

    // So many parts are under way at once, of all files together.
    class Slots {
        constructor(most = REQUESTS_AT_ONCE) {
            Object.assign(this, {most, used: 0, waiting: [], files: new Set()});
            Object.assign(this, {job: "", telling: new Set(), left: () => 0});
        }

        // All files of a page are one line of the site's history: the first to be finished begins it,
        // and the last one ends it.
        async tell(ask) {
            while (!this.job && this.telling.size) {
                await Promise.race(this.telling);
            }
            let over;
            const telling = new Promise((resolve) => { over = resolve; });
            const others = [...this.telling];
            this.telling.add(telling);
            try {
                const left = this.left() - this.telling.size;
                if (left <= 0) {
                    await Promise.all(others);
                }
                const done = await ask({job: this.job, left: Math.max(0, left)});
                this.job = done.job ?? this.job;
                return done;
            } finally {
                this.telling.delete(telling);
                over();
            }
        }

        take(file) {
            return new Promise((resolve) => {
                this.waiting.push({file, resolve});
                this.give();
            });
        }

        // A file that has none comes first, and so many are left as there are such files.
        give() {
            while (this.used < this.most && this.waiting.length) {
                const without = [...this.files].filter((file) => !file.requests).length;
                let index = this.waiting.findIndex(({file}) => !file.requests);
                if (index < 0 && this.most - this.used > without) {
                    index = 0;
                }
                if (index < 0) {
                    return;
                }
                const [{file, resolve}] = this.waiting.splice(index, 1);
                this.used += 1;
                file.requests += 1;
                resolve(() => {
                    this.used -= 1;
                    file.requests -= 1;
                    this.give();
                });
            }
        }
    }

    class Transfer {
        /**
         * @param {File} file
         * @param {string} key of the object that it becomes
         * @param {Connection} connection
         * @param {Record<string, string>} urls of the steps
         * @param {Slots} slots
         * @param {() => void} moved is told when bytes have gone
         */
        constructor(file, key, connection, urls, slots, moved) {
            Object.assign(this, {file, key, connection, urls, slots, moved});
            this.wanted = key;
            this.overwrite = false;
            this.besides = 0;
            this.requests = 0;
            this.forget();
        }

        forget() {
            Object.assign(this, {uploadId: "", sent: new Set(), loaded: new Map(), finishing: false});
        }

        get bytes() {
            return [...this.loaded.values()].reduce((sum, each) => sum + each, 0);
        }

        stop() {
            this.controller?.abort();
        }

        // Send what is not there yet, and make the object of it.
        async run() {
            this.controller = new AbortController();
            const {signal} = this.controller;
            this.slots.files.add(this);
            try {
                await this.named(() => this.begin(signal));
                await this.parts(signal);
                return await this.finish(signal);
            } catch (error) {
                const kept = error instanceof Refused && (error.again || isTaken(error));
                // The other parts of this file.
                this.controller.abort();
                if (!kept) {
                    this.giveUp();
                }
                throw error;
            } finally {
                this.slots.files.delete(this);
                this.slots.give();
            }
        }

        // Begin under the next name that is free, where both files are to be kept.
        async named(begin) {
            for (;;) {
                try {
                    return await begin();
                } catch (error) {
                    if (!this.besides || !isTaken(error)) {
                        throw error;
                    }
                    this.keepBoth();
                }
            }
        }

        keepBoth() {
            this.giveUp();
            this.besides += 1;
            this.key = beside(this.wanted, this.besides);
        }

        async begin(signal) {
            if (this.uploadId) {
                return;
            }
            // Not broken off: nobody could give up an upload whose id was never heard.
            const begun = await this.connection.steady(() => this.connection.ask(this.urls.begin, {
                key: this.key, size: this.file.size, overwrite: this.overwrite,
            }), signal);
            Object.assign(this, {
                uploadId: begun.upload_id, partSize: begun.part_size, direct: begun.direct,
            });
            signal.throwIfAborted();
        }

        async parts(signal) {
            const count = Math.max(1, Math.ceil(this.file.size / this.partSize));
            let next = 1;
            const worker = async () => {
                while (next <= count) {
                    const release = await this.slots.take(this);
                    try {
                        signal.throwIfAborted();
                        while (this.sent.has(next)) {
                            next += 1;
                        }
                        const number = next;
                        next += 1;
                        if (number <= count) {
                            await this.part(number, signal);
                        }
                    } finally {
                        release();
                    }
                }
            };
            await Promise.all(Array.from({length: Math.min(REQUESTS_AT_ONCE, count)}, worker));
        }

        async part(number, signal) {
            const start = (number - 1) * this.partSize;
            const blob = this.file.slice(start, start + this.partSize);
            const progress = (bytes) => {
                // Of a request that is over none count any more.
                this.loaded.set(number, Math.min(bytes, blob.size));
                this.moved();
            };
            try {
                await this.connection.steady(async () => {
                    progress(0);
                    await this.sendPart(number, blob, progress, signal);
                }, signal);
            } catch (error) {
                progress(0);
                throw error;
            }
            this.sent.add(number);
            progress(blob.size);
        }

        async sendPart(number, blob, progress, signal) {
            const straight = this.direct && this.connection.direct;
            if (straight && await this.sendStraight(number, blob, progress, signal)) {
                return;
            }
            const query = new URLSearchParams({
                key: this.key, upload_id: this.uploadId, part_number: number,
            });
            try {
                await this.connection.send(`${this.urls.part}?${query}`, blob, progress, signal);
            } catch (error) {
                if (error instanceof Lost && !await canBeRead(blob)) {
                    throw new Refused(this.connection.texts.unreadable);
                }
                // It was not S3 that refused.
                this.connection.direct ||= straight && error instanceof Lost;
                throw error;
            }
        }

        async sendStraight(number, blob, progress, signal) {
            const {url} = await this.connection.ask(this.urls.sign, {
                key: this.key, upload_id: this.uploadId, part_number: number,
            }, {signal});
            if (await this.connection.policyAllows(url)) {
                try {
                    const {status} = await this.connection.put("PUT", url, blob, {}, progress, signal);
                    if (status === 200) {
                        return true;
                    }
                } catch (error) {
                    if (!(error instanceof Lost)) {
                        throw error;
                    }
                }
                progress(0);
            }
            this.connection.direct = false;
            return false;
        }

        async finish(signal) {
            this.finishing = true;
            try {
                const ask = (line) => this.connection.steady(() => this.connection.ask(this.urls.finish, {
                    key: this.key,
                    upload_id: this.uploadId,
                    size: this.file.size,
                    overwrite: this.overwrite,
                    ...line,
                }, {keepalive: true}), signal);
                const done = await this.slots.tell(ask);
                this.uploadId = "";
                return done;
            } finally {
                this.finishing = false;
            }
        }

        // Have S3 delete the parts that it has.
        giveUp() {
            const given = {key: this.key, upload_id: this.uploadId};
            this.forget();
            if (given.upload_id) {
                const ask = () => this.connection.ask(this.urls.abort, given, {keepalive: true});
                this.connection.steady(ask).catch(() => {});
            }
        }

        // The same while the page goes: there is no second try.
        leave() {
            if (this.uploadId && !this.finishing) {
                const given = {key: this.key, upload_id: this.uploadId};
                this.forget();
                this.connection.ask(this.urls.abort, given, {keepalive: true}).catch(() => {});
            }
            this.stop();
        }
    }

    function isTaken(error) {
        return error instanceof Refused && error.status === 409 && error.code === "PreconditionFailed";
    }

    async function canBeRead(blob) {
        try {
            await blob.slice(0, 1).arrayBuffer();
            return true;
        } catch {
            return false;
        }
    }

    Object.assign(window.philoAWS, {Slots, Transfer, isTaken});
}

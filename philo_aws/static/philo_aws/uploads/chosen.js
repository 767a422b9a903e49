"use strict";
// What was chosen or dropped: files, each with its path below the folder that it goes to.
window.philoAWS ??= {};
{
    // Every item is asked for its entry at once: after the first wait the browser has forgotten them.
    function dropped(transfer) {
        const items = [...transfer.items].filter((item) => item.kind === "file");
        return Promise.all(items.map((item) => {
            const entry = item.webkitGetAsEntry?.();
            const file = item.getAsFile();
            return entry?.isDirectory ? within(entry, entry.name)
                : file ? [{file, path: file.name}] : [];
        })).then((found) => found.flat());
    }

    // Everything in a folder; what cannot be read is there without its file.
    async function within(folder, path) {
        const found = [];
        try {
            const reader = folder.createReader();
            for (;;) {
                // A reader gives a hundred at a time, and none at the end.
                const entries = await new Promise((resolve, reject) => {
                    reader.readEntries(resolve, reject);
                });
                if (!entries.length) {
                    return found;
                }
                for (const entry of entries) {
                    const below = `${path}/${entry.name}`;
                    if (entry.isDirectory) {
                        found.push(...await within(entry, below));
                    } else {
                        const file = await new Promise((resolve) => {
                            entry.file(resolve, () => resolve(null));
                        });
                        found.push({file, path: below});
                    }
                }
            }
        } catch {
            found.push({file: null, path: `${path}/`});
            return found;
        }
    }

    function chosen(input) {
        return [...input.files].map((file) => ({file, path: file.webkitRelativePath || file.name}));
    }

    // The same file beside the one that is there: "a.txt" becomes "a (1).txt".
    function beside(key, number) {
        const slash = key.lastIndexOf("/") + 1;
        const [, start, end] = /^(.+?)((?:\.tar)?\.[^.]+)?$/s.exec(key.slice(slash));
        return `${key.slice(0, slash)}${start} (${number})${end ?? ""}`;
    }

    // As the pages show it: what cannot be seen, or turns the line around, is spelt out.
    function visible(text) {
        return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
            const code = character.codePointAt(0);
            const known = {9: "\\t", 10: "\\n", 13: "\\r"}[code];
            const [mark, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
            return known ?? `\\${mark}${code.toString(16).padStart(digits, "0")}`;
        });
    }

    Object.assign(window.philoAWS, {dropped, chosen, beside, visible});
}

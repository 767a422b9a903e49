"use strict";
// Offers the folders of a bucket beside the field for a destination, which takes what is typed too.
document.addEventListener("DOMContentLoaded", () => {
    const field = document.querySelector("input[data-aws-folders]");
    const bucket = document.getElementById("id_bucket");
    if (!field || !bucket) {
        return;
    }
    const texts = field.dataset;
    const own = bucket.value;
    const box = element("div", "aws-picker");
    const opener = element("button", "button");
    opener.type = "button";
    opener.textContent = texts.choose;
    opener.setAttribute("aria-expanded", "false");
    const panel = element("div", "aws-places");
    panel.hidden = true;
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", texts.choose);
    const here = document.createElement("p");
    here.setAttribute("role", "status");
    const list = document.createElement("ul");
    const note = element("p", "quiet");
    panel.append(here, list, note);
    box.append(opener, panel);
    (field.closest(".flex-container") ?? field).after(box);
    let asked = 0;

    function element(name, style) {
        const made = document.createElement(name);
        made.className = style;
        return made;
    }

    function open(shown) {
        panel.hidden = !shown;
        opener.setAttribute("aria-expanded", String(shown));
    }

    opener.addEventListener("click", () => {
        open(panel.hidden);
        if (panel.hidden) {
            return;
        }
        if (bucket.value === own) {
            show(texts.start, false);
            return;
        }
        // Another bucket was typed.
        const url = new URL(texts.awsFolders, location.href);
        url.searchParams.set("in", bucket.value);
        show(url.href, false);
    });
    panel.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            open(false);
            opener.focus();
        }
    });

    async function show(url, chosen) {
        asked += 1;
        const mine = asked;
        panel.setAttribute("aria-busy", "true");
        const answer = await fetch(url).catch(() => null);
        const data = await answer?.json().catch(() => null);
        if (mine !== asked) {
            return;
        }
        panel.removeAttribute("aria-busy");
        if (!data?.places) {
            here.textContent = data?.error ?? texts.failed;
            note.textContent = "";
            list.replaceChildren();
            return;
        }
        here.textContent = data.here;
        note.textContent = data.more ? texts.more : data.places.length ? "" : texts.none;
        note.hidden = !note.textContent;
        if (chosen && data.bucket) {
            bucket.value = data.bucket;
            field.value = data.value;
        }
        const ways = data.above?.url ? [{...data.above, label: `↑ ${data.above.label}`}] : [];
        list.replaceChildren(...[...ways, ...data.places].map((place) => {
            const item = document.createElement("li");
            const button = document.createElement("button");
            button.type = "button";
            const name = document.createElement("bdi");
            name.textContent = place.label;
            button.append(name);
            button.addEventListener("click", () => show(place.url, true));
            item.append(button);
            return item;
        }));
        if (chosen) {
            (list.querySelector("button") ?? opener).focus();
        }
    }
});

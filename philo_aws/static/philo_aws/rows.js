"use strict";
// Each row's menu closes as menus do; addresses are copied; names are changed where they stand.
document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("aws-selection");
    if (!form) {
        return;
    }
    form.classList.add("aws-scripted");
    const menus = [...form.querySelectorAll("details.aws-menu")];

    function close(menu, focus) {
        if (menu.open) {
            menu.open = false;
            if (focus) {
                menu.querySelector("summary").focus();
            }
        }
    }

    document.addEventListener("click", (event) => {
        for (const menu of menus) {
            if (!menu.contains(event.target)) {
                close(menu, false);
            }
        }
    });
    for (const menu of menus) {
        for (const button of menu.querySelectorAll("[data-aws-address]")) {
            // Without scripts there is nothing that it could do.
            button.parentElement.hidden = false;
            menu.hidden = false;
        }
        menu.addEventListener("keydown", (event) => step(menu, event));
        // Not below the edge of the window, or the bar of the selection there.
        menu.addEventListener("toggle", () => {
            if (menu.open) {
                menu.querySelector("ul").scrollIntoView({block: "nearest"});
            }
        });
        menu.addEventListener("focusout", (event) => {
            if (event.relatedTarget && !menu.contains(event.relatedTarget)) {
                close(menu, false);
            }
        });
    }

    function step(menu, event) {
        if (event.key === "ArrowDown") {
            menu.open = true;
        }
        const items = [...menu.querySelectorAll("summary, a, button")]
            .filter((item) => item.getClientRects().length);
        const at = items.indexOf(document.activeElement);
        const next = {
            ArrowDown: items[(at + 1) % items.length],
            ArrowUp: items[(at - 1 + items.length) % items.length],
            Home: items[0],
            End: items[items.length - 1],
        }[event.key];
        if (event.key === "Escape") {
            close(menu, true);
        } else if (next && menu.open) {
            next.focus();
            event.preventDefault();
        }
    }

    // Keys as they are written into the page: see pack() in addresses.py.
    function unpacked(value) {
        if (!value.startsWith("b64:")) {
            return decodeURIComponent(value);
        }
        const bytes = atob(value.slice(4).replaceAll("-", "+").replaceAll("_", "/"));
        return new TextDecoder().decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0)));
    }

    form.addEventListener("click", async (event) => {
        const button = event.target.closest("[data-aws-address]");
        if (button) {
            await write(form.dataset.awsRoot + unpacked(button.dataset.awsAddress));
            close(button.closest("details"), true);
            say(form.dataset.awsCopied);
            return;
        }
        const link = event.target.closest("a[data-aws-page=rename]");
        if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && rename(link)) {
            event.preventDefault();
        }
    });

    async function write(text) {
        if (navigator.clipboard) {
            await navigator.clipboard.writeText(text);
            return;
        }
        // Where the site is not on HTTPS.
        const area = document.createElement("textarea");
        area.value = text;
        form.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
    }

    const status = document.createElement("p");
    status.className = "aws-said";
    status.setAttribute("role", "status");
    form.append(status);
    let silence = 0;

    function say(text) {
        status.textContent = text;
        window.clearTimeout(silence);
        silence = window.setTimeout(() => { status.textContent = ""; }, 4000);
    }

    // The new name is sent by a form of its own; that of the ticks is around the whole table.
    const sender = document.createElement("form");
    sender.method = "post";
    sender.id = "aws-rename";
    form.after(sender);

    function rename(link) {
        const row = link.closest("tr");
        const menu = link.closest("details");
        const key = unpacked(menu.querySelector("[data-aws-address]").dataset.awsAddress);
        const name = key.replace(/\/$/, "").replace(/^[^]*\//, "");
        // A field of one line cannot hold every name: then the page asks for it.
        if (/[\r\n]|^\s*"/.test(name)) {
            return false;
        }
        form.querySelector(".aws-rename button[type=button]")?.click();
        const shown = row.querySelector(".aws-name");
        const box = document.createElement("span");
        box.className = "aws-rename";
        const input = document.createElement("input");
        input.type = "text";
        input.name = "name";
        input.value = name;
        input.required = true;
        input.autocomplete = "off";
        input.spellcheck = false;
        input.setAttribute("aria-label", form.dataset.awsNewName);
        input.setAttribute("form", sender.id);
        const save = document.createElement("button");
        save.type = "submit";
        save.className = "button default";
        save.textContent = link.textContent;
        save.setAttribute("form", sender.id);
        const cancel = document.createElement("button");
        cancel.type = "button";
        cancel.className = "button cancel-link";
        cancel.textContent = form.dataset.awsCancel;
        box.append(input, save, cancel);
        sender.action = link.href;
        sender.replaceChildren();
        const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
        for (const [field, value] of [["csrfmiddlewaretoken", token], ["confirm", "yes"]]) {
            const hidden = document.createElement("input");
            hidden.type = "hidden";
            hidden.name = field;
            hidden.value = value;
            sender.append(hidden);
        }
        close(menu, false);
        shown.hidden = true;
        shown.after(box);
        input.focus();
        // As a rule the end stays: ".pdf".
        const end = name.lastIndexOf(".");
        input.setSelectionRange(0, end > 0 && !key.endsWith("/") ? end : name.length);
        cancel.addEventListener("click", () => {
            box.remove();
            shown.hidden = false;
            menu.querySelector("summary").focus();
        });
        box.addEventListener("keydown", (event) => {
            if (event.key === "Escape") {
                cancel.click();
            }
        });
        return true;
    }
});

"use strict";
// A menu that is open closes by Escape, and when something else is clicked or focused.
document.addEventListener("DOMContentLoaded", () => {
    const menus = () => document.querySelectorAll("details[data-aws-menu][open]");

    function closeOthers(event) {
        for (const menu of menus()) {
            if (!menu.contains(event.target)) {
                menu.open = false;
            }
        }
    }

    document.addEventListener("click", closeOthers);
    document.addEventListener("focusin", closeOthers);
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") {
            return;
        }
        for (const menu of menus()) {
            const inside = menu.contains(document.activeElement);
            menu.open = false;
            if (inside) {
                menu.querySelector("summary").focus();
            }
        }
    });
});

// The browser's own printing, from a button: the page's policy allows no inline script.
"use strict";
document.querySelectorAll("[data-imprimir]").forEach((botao) => {
    botao.hidden = false;
    botao.addEventListener("click", () => window.print());
});

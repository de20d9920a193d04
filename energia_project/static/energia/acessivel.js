// Names that the widgets of others leave out, and keys for what only a mouse could scroll.
"use strict";
(function () {
    function nomear(caixa) {
        const select = caixa.previousElementSibling;
        const rotulo = select && select.labels && select.labels[0];
        if (!rotulo) return;
        const nome = rotulo.textContent.replace("*", "").trim();
        const valor = caixa.querySelector(".select2-selection__rendered");
        const partes = ".select2-selection, .select2-selection__rendered, .select2-search__field";
        for (const parte of caixa.querySelectorAll(partes)) {
            if (parte === valor && parte.getAttribute("role") === "textbox") {
                parte.setAttribute("aria-label", [nome, valor.title].filter(Boolean).join(": "));
            } else if (parte !== valor) {
                parte.removeAttribute("aria-labelledby");
                parte.setAttribute("aria-label", nome);
            }
        }
    }

    function rolar(caixa) {
        if (caixa.scrollWidth <= caixa.clientWidth) return;
        const titulo = caixa.querySelector("caption");
        caixa.tabIndex = 0;
        caixa.setAttribute("role", "region");
        caixa.setAttribute("aria-label", titulo ? titulo.textContent.trim() : "Tabela ou gráfico");
    }

    const ICONE = ".material-symbols-outlined";

    function semIcones(elo) {
        const copia = elo.cloneNode(true);
        copia.querySelectorAll(ICONE).forEach((icone) => icone.remove());
        return copia.textContent.trim();
    }

    // The theme opens menus of buttons by links without an address: no key reaches those.
    function acionar(elo) {
        elo.tabIndex = 0;
        elo.setAttribute("role", "button");
        // An icon alone has no name: the only one is that of the theme, where people enter.
        if (!semIcones(elo)) elo.setAttribute("aria-label", elo.title || "Tema");
        elo.querySelectorAll(ICONE).forEach((icone) => icone.setAttribute("aria-hidden", "true"));
        elo.addEventListener("keydown", (evento) => {
            if (evento.key !== "Enter" && evento.key !== " ") return;
            evento.preventDefault();
            elo.click();
        });
    }

    // On a phone the names of columns stand beside the values; the theme capitalises each word.
    function nomearCelulas() {
        for (const celula of document.querySelectorAll("#result_list [data-label], .tabular [data-label]")) {
            const nome = celula.dataset.label;
            celula.dataset.label = nome.charAt(0).toUpperCase() + nome.slice(1);
        }
    }

    function arrumar() {
        document.querySelectorAll(".select2-container").forEach(nomear);
        document.querySelectorAll(".en-rolagem").forEach(rolar);
    }

    window.addEventListener("load", () => {
        nomearCelulas();
        document.querySelectorAll("a[x-on\\:click]:not([href])").forEach(acionar);
        arrumar();
        new MutationObserver((mudancas) => {
            const novos = mudancas.some((m) =>
                [...m.addedNodes].some((no) => no.classList && no.classList.contains("select2-container"))
            );
            if (novos) arrumar();
        }).observe(document.body, { childList: true, subtree: true });
    });
})();

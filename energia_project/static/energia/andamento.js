// Keeps a page of work that goes on up to date, part by part, until the work ends.
"use strict";
(function () {
    const INTERVALO = 1000;
    const INTERVALO_MAXIMO = 15000;

    function atualizar(alvo, novo) {
        for (const parte of alvo.querySelectorAll("[data-parte]")) {
            const nova = novo.querySelector(`[data-parte="${parte.dataset.parte}"]`);
            const barra = parte.querySelector("progress[value]");
            const novaBarra = nova.querySelector("progress[value]");
            if (barra && novaBarra) {
                barra.max = novaBarra.max;
                barra.value = novaBarra.value;
                barra.nextElementSibling.textContent = novaBarra.nextElementSibling.textContent;
            } else if (parte.textContent.trim() !== nova.textContent.trim()) {
                parte.replaceChildren(...nova.childNodes);
            }
        }
    }

    function acompanhar(alvo) {
        let espera = INTERVALO;
        async function perguntar() {
            try {
                const resposta = await fetch(alvo.dataset.andamento, { credentials: "same-origin" });
                if (resposta.redirected || resposta.status === 403) return location.reload();
                if (!resposta.ok) throw new Error(resposta.status);
                const pagina = new DOMParser().parseFromString(await resposta.text(), "text/html");
                const novo = pagina.querySelector("[data-andamento]");
                const terminou = "terminou" in novo.dataset;
                // What else the page says (state, actions) changes with the end as well.
                if (terminou) return location.reload();
                atualizar(alvo, novo);
                espera = INTERVALO;
            } catch {
                espera = Math.min(espera * 2, INTERVALO_MAXIMO);
            }
            return setTimeout(perguntar, espera);
        }
        setTimeout(perguntar, espera);
    }

    document.addEventListener("DOMContentLoaded", () => {
        document.querySelectorAll("[data-andamento]:not([data-terminou])").forEach(acompanhar);
    });
})();

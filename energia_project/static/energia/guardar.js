// What was typed in a form is not lost when the session ends before it is saved: it waits in this
// tab (sessionStorage), and its page offers it back. docs/decisoes/0011 says why and what not.
"use strict";
(function () {
    const PREFIXO = "energia:digitado:";
    const FORMULARIOS = "#content-main form[method=post]:not(#changelist-form)";
    const NUNCA = ["password", "hidden", "file", "submit", "button", "reset", "image"];
    const meta = (nome) => document.querySelector(`meta[name="energia-${nome}"]`)?.content || "";
    const iniciais = new WeakMap(); // what each select held when its page opened
    let pessoa = "";

    function chaves() {
        return Object.keys(sessionStorage).filter((chave) => chave.startsWith(PREFIXO));
    }

    function ler(chave) {
        try {
            return JSON.parse(sessionStorage.getItem(chave)) || {};
        } catch {
            return {};
        }
    }

    function gravar(chave, guardado) {
        try {
            sessionStorage.setItem(chave, JSON.stringify(guardado));
        } catch {
            // The tab's space is full, or closed to us: the form works as it did without.
        }
    }

    // What was sent has been taken when a page of that person follows. The login, the second
    // factor and an error are pages of nobody: what was sent before them still waits.
    function arrumar() {
        const [chegada] = performance.getEntriesByType("navigation");
        const voltou = chegada && chegada.type === "back_forward";
        for (const chave of chaves()) {
            const guardado = ler(chave);
            const daqui = chave.startsWith(`${PREFIXO}${location.pathname}#`);
            if (pessoa && guardado.pessoa !== pessoa) sessionStorage.removeItem(chave);
            else if (guardado.enviado && (!pessoa || (voltou && daqui))) gravar(chave, { ...guardado, enviado: false });
            else if (guardado.enviado) sessionStorage.removeItem(chave);
        }
    }

    function esquecer() {
        chaves().forEach((chave) => sessionStorage.removeItem(chave));
    }

    function serve(campo) {
        return campo.name && !NUNCA.includes(campo.type) && campo.autocomplete !== "one-time-code";
    }

    function valor(campo) {
        if (campo.type === "checkbox" || campo.type === "radio") return campo.checked;
        if (campo.tagName !== "SELECT") return campo.value;
        return [...campo.selectedOptions].map((o) => [o.value, o.text]);
    }

    function mudou(campo) {
        if (campo.type === "checkbox" || campo.type === "radio") return campo.checked !== campo.defaultChecked;
        if (campo.tagName !== "SELECT") return campo.value !== campo.defaultValue;
        return iniciais.get(campo) !== JSON.stringify(valor(campo));
    }

    function digital(campo) {
        return campo.type === "radio" ? `${campo.name}=${campo.value}` : campo.name;
    }

    // A form that came back with faults holds what was typed before, too: all of it is kept.
    function guardar(formulario, chave, enviado) {
        const voltou = meta("metodo") === "POST";
        const campos = [...formulario.elements].filter((c) => serve(c) && (voltou || mudou(c)));
        if (!campos.length) return sessionStorage.removeItem(chave);
        const valores = Object.fromEntries(campos.map((campo) => [digital(campo), valor(campo)]));
        return gravar(chave, { pessoa, enviado, valores });
    }

    function escolher(campo, pares) {
        const valores = pares.map(([v]) => v);
        for (const [v, texto] of pares) {
            if (![...campo.options].some((o) => o.value === v)) campo.add(new Option(texto, v));
        }
        for (const opcao of campo.options) opcao.selected = valores.includes(opcao.value);
    }

    function recuperar(formulario, valores) {
        for (const campo of [...formulario.elements].filter(serve)) {
            if (!(digital(campo) in valores)) continue;
            const novo = valores[digital(campo)];
            if (campo.tagName === "SELECT") escolher(campo, novo);
            else if (typeof novo === "boolean") campo.checked = novo;
            else campo.value = novo;
            for (const nome of ["input", "change"]) campo.dispatchEvent(new Event(nome, { bubbles: true }));
            const $ = window.django && window.django.jQuery;
            if ($ && campo.tagName === "SELECT") $(campo).trigger("change.select2");
        }
    }

    function botao(texto, classe, acao) {
        const novo = document.createElement("button");
        novo.type = "button";
        novo.className = classe;
        novo.textContent = texto;
        novo.addEventListener("click", acao);
        return novo;
    }

    function oferecer(formulario, chave, valores) {
        const faixa = document.createElement("div");
        faixa.className = "en-aviso en-digitado";
        faixa.setAttribute("role", "status");
        const frase = document.createElement("p");
        const arquivo = formulario.querySelector("input[type=file]") ? " O arquivo precisa ser escolhido de novo." : "";
        frase.textContent = `O que você digitou aqui antes não foi salvo.${arquivo}`;
        faixa.append(
            frase,
            botao("Recuperar", "en-botao en-botao-principal", () => {
                recuperar(formulario, valores);
                faixa.remove();
            }),
            botao("Descartar", "en-botao", () => {
                sessionStorage.removeItem(chave);
                faixa.remove();
            })
        );
        formulario.before(faixa);
    }

    // Who comes to the login from the middle of a form is told that it waits.
    function tranquilizar() {
        const entrada = document.querySelector("#login-form");
        if (!entrada || !chaves().length) return;
        const frase = document.createElement("p");
        frase.className = "en-aviso";
        frase.textContent = "O que você estava digitando está guardado nesta aba. Entre para recuperá-lo.";
        entrada.before(frase);
    }

    function acompanhar(formulario, indice) {
        const chave = `${PREFIXO}${location.pathname}#${formulario.id || indice}`;
        const { valores } = ler(chave);
        formulario.querySelectorAll("select").forEach((campo) => iniciais.set(campo, JSON.stringify(valor(campo))));
        if (valores && meta("metodo") !== "POST") oferecer(formulario, chave, valores);
        for (const nome of ["input", "change"]) {
            formulario.addEventListener(nome, () => guardar(formulario, chave, false));
        }
        // select2 tells its changes to jQuery alone
        const $ = window.django && window.django.jQuery;
        if ($) $(formulario).on("select2:select select2:unselect select2:clear", () => guardar(formulario, chave, false));
        formulario.addEventListener("submit", () => guardar(formulario, chave, true));
    }

    document.addEventListener("DOMContentLoaded", () => {
        pessoa = meta("pessoa");
        arrumar();
        tranquilizar();
        document.querySelectorAll(FORMULARIOS).forEach(acompanhar);
        document.querySelectorAll("form[action$='/logout/']").forEach((formulario) => {
            formulario.addEventListener("submit", esquecer);
        });
    });
})();

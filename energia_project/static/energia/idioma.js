// Select2 looks its texts up by the page's lang ("pt-br"); Django's file registers "pt-BR".
"use strict";
(function () {
    const textos = {
        errorLoading: () => "Os resultados não puderam ser carregados.",
        inputTooLong: (a) => `Apague ${a.input.length - a.maximum} caractere(s).`,
        inputTooShort: (a) => `Digite ${a.minimum - a.input.length} ou mais caracteres.`,
        loadingMore: () => "Carregando mais resultados…",
        maximumSelected: (a) => `Só se pode escolher ${a.maximum}.`,
        noResults: () => "Nenhum resultado encontrado",
        removeAllItems: () => "Retirar todos os itens",
        removeItem: () => "Retirar o item",
        search: () => "Procurar",
        searching: () => "Procurando…",
    };
    document.addEventListener("DOMContentLoaded", () => {
        const $ = (window.django && window.django.jQuery) || window.jQuery;
        if (!$ || !$.fn || !$.fn.select2) return;
        const amd = $.fn.select2.amd;
        if (amd) amd.define("select2/i18n/pt-br", [], () => textos);
        $.fn.select2.defaults.set("language", textos);
    });
})();

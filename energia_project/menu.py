"""The admin's look and its menu: what the theme reads as `UNFOLD`."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.text import capfirst

# What the command palette searches, and the icon of each.
MODELOS_DA_BUSCA = {
    "clientes.Cliente": "person",
    "medidores.UnidadeConsumidora": "home_pin",
    "medidores.Medidor": "electric_meter",
    "faturamento.Fatura": "receipt_long",
}


def pode(*permissoes: str) -> Callable[[HttpRequest], bool]:
    """Whether the user has all these permissions."""
    return lambda request: request.user.has_perms(permissoes)


def entrada(titulo: str, icone: str, rota: str) -> dict[str, Any]:
    """The menu entry of a model's list, for those who may see it."""
    app, modelo = rota.split(".")
    return {
        "title": titulo,
        "icon": icone,
        "link": reverse_lazy(f"admin:{app}_{modelo}_changelist"),
        "permission": pode(f"{app}.view_{modelo}"),
    }


def _no_menu(endereco: object) -> tuple[str, str]:
    """The group and the title of the menu's entry that leads there; two "" where none does."""
    procurado = str(endereco or "")
    for grupo in UNFOLD["SIDEBAR"]["navigation"]:
        for item in grupo["items"]:
            if procurado and str(item["link"]) == procurado:
                return str(grupo.get("title", "")), str(item["title"])
    return "", ""


def nome_no_menu(endereco: object, padrao: object) -> str:
    """What the menu calls the page at an address; `padrao` where the menu does not lead to it.

    Headings, trails and the search say the same word as the menu: one name for one page.
    """
    return _no_menu(endereco)[1] or str(padrao)


def grupo_no_menu(endereco: object, padrao: object) -> str:
    """The group of the menu where the page stands; `padrao` where the menu does not lead to it."""
    return _no_menu(endereco)[0] or str(padrao)


def nome_do_objeto(objeto: Model) -> str:
    """How a heading calls an object: with a capital, unless its name is data, shown as written.

    A file's or a user's name is data; "fatura 1-7" is a word of ours.
    """
    nome = str(objeto)
    e_dado = any(
        isinstance(valor, str) and valor and nome.startswith(valor)
        for valor in vars(objeto).values()
    )
    return nome if e_dado else capfirst(nome)


def montar_trilha(partes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The theme's trail (app, list, object) in the words of the menu, no name twice in a row."""
    partes = list(partes)
    trilha: list[dict[str, Any]] = []
    for n, parte in enumerate(partes):
        endereco, titulo = parte.get("link"), parte["title"]
        if n == 0 and len(partes) > 1 and (grupo := grupo_no_menu(partes[1].get("link"), "")):
            endereco, nome = None, grupo  # a group of the menu has no page of its own
        elif isinstance(titulo, Model):
            nome = nome_do_objeto(titulo)
        else:
            nome = capfirst(nome_no_menu(endereco, titulo))
        if trilha and trilha[-1]["title"] == nome:
            trilha.pop()
        trilha.append({"link": endereco, "title": nome})
    return trilha


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Energia",
    "SITE_HEADER": "Energia",
    "SITE_SUBHEADER": "Faturamento de energia elétrica",
    "SITE_SYMBOL": "bolt",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("energia/favicon.svg"),
        },
    ],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "energia_project.painel.montar_painel",
    "STYLES": [lambda request: static("energia/energia.css")],
    "SCRIPTS": [
        lambda request: static("energia/idioma.js"),
        lambda request: static("energia/acessivel.js"),
        lambda request: static("energia/guardar.js"),
    ],
    "ACCOUNT": {
        "navigation": [
            {"title": "Segurança da conta", "link": reverse_lazy("admin:seguranca")},
            {"title": "Alterar senha", "link": reverse_lazy("admin:password_change")},
        ],
    },
    "COMMAND": {"search_models": False, "show_history": False},
    "COLORS": {
        "primary": {
            "50": "oklch(97.7% .017 233)",
            "100": "oklch(94.6% .036 233)",
            "200": "oklch(89.4% .064 232)",
            "300": "oklch(81.8% .106 231)",
            "400": "oklch(72.4% .134 234)",
            "500": "oklch(62.6% .138 239)",
            "600": "oklch(53% .129 243)",
            "700": "oklch(45.8% .113 244)",
            "800": "oklch(40% .093 244)",
            "900": "oklch(35.4% .078 245)",
            "950": "oklch(26.8% .057 247)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {
                        "title": "Painel",
                        "icon": "dashboard",
                        "link": reverse_lazy("admin:index"),
                    },
                ],
            },
            {
                "title": "Atendimento",
                "separator": True,
                "items": [
                    entrada("Clientes", "group", "clientes.cliente"),
                    entrada("Unidades consumidoras", "home_pin", "medidores.unidadeconsumidora"),
                ],
            },
            {
                "title": "Medição",
                "separator": True,
                "items": [
                    entrada("Medidores", "electric_meter", "medidores.medidor"),
                    entrada("Leituras", "speed", "medidores.leitura"),
                    {
                        "title": "Leituras em crítica",
                        "icon": "front_hand",
                        "link": reverse_lazy("admin:medidores_leituraemcritica_changelist"),
                        "permission": pode("medidores.view_leitura"),
                        "badge": "energia_project.painel.contar_retidas",
                        "badge_variant": "warning",
                    },
                    entrada("Importações", "upload_file", "medidores.importacaoleituras"),
                ],
            },
            {
                "title": "Faturamento",
                "separator": True,
                "items": [
                    entrada("Execuções", "play_circle", "faturamento.execucaofaturamento"),
                    entrada("Competências fechadas", "lock", "faturamento.competenciafechada"),
                    entrada("Pendências", "pending_actions", "faturamento.pendencia"),
                    entrada("Faturas", "receipt_long", "faturamento.fatura"),
                    entrada("Alertas da conferência", "fact_check", "faturamento.alertaderascunho"),
                    entrada("Lançamentos", "post_add", "faturamento.lancamentoavulso"),
                    entrada("Pagamentos", "payments", "faturamento.pagamento"),
                    {
                        **entrada("Aprovações", "how_to_reg", "faturamento.pedidodeaprovacao"),
                        "badge": "faturamento.admin.aprovacoes.contar_aprovacoes",
                        "badge_variant": "warning",
                    },
                ],
            },
            {
                "title": "Tabelas",
                "separator": True,
                "collapsible": True,
                "items": [
                    entrada("Distribuidoras", "apartment", "faturamento.distribuidora"),
                    entrada("Tarifas", "price_change", "faturamento.tarifa"),
                    entrada("Bandeiras", "flag", "faturamento.bandeira"),
                    entrada("Tributos", "percent", "faturamento.aliquotatributo"),
                    entrada("Iluminação pública", "lightbulb", "faturamento.faixacip"),
                    entrada("Motivos de cancelamento", "cancel", "faturamento.motivocancelamento"),
                    entrada("Limites da conferência", "rule", "faturamento.limiteconferencia"),
                    entrada("Limites dos grupos", "groups", "faturamento.limitedogrupo"),
                    entrada("Numeração", "tag", "faturamento.sequenciafatura"),
                    entrada("Limites da crítica", "rule", "medidores.limitecritica"),
                    entrada("Ocorrências de leitura", "report", "medidores.ocorrencialeitura"),
                ],
            },
            {
                "title": "Integração",
                "separator": True,
                "collapsible": True,
                "items": [
                    entrada("Avisos", "outbox", "integracao.aviso"),
                    entrada("Assinaturas", "webhook", "integracao.assinatura"),
                    entrada("Hosts permitidos", "dns", "integracao.hostpermitido"),
                ],
            },
            {
                "title": "Administração",
                "separator": True,
                "collapsible": True,
                "items": [
                    entrada("Usuários", "manage_accounts", "auth.user"),
                    entrada("Grupos", "shield_person", "auth.group"),
                    entrada("Auditoria", "policy", "auditoria.eventoauditoria"),
                    entrada("Tentativas de entrada", "lock_clock", "axes.accessattempt"),
                    entrada("Registro de entradas", "login", "axes.accesslog"),
                ],
            },
        ],
    },
}

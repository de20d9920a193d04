"""The roles: which group may do what. The one place where this is said.

`docs/papeis.md` shows it as a table, and the migrations of this package make it
so on a new database; tests hold all three together. An installation's own
changes to a group stay: nothing here is applied a second time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Permission

VERBOS = {"v": "view", "i": "add", "a": "change", "e": "delete"}
APPS_DOS_PAPEIS = (
    "auditoria",
    "integracao",
    "clientes",
    "medidores",
    "faturamento",
    "auth",
    "axes",
)


@dataclass(frozen=True, slots=True)
class Papel:
    """A role: rights on models by letter (`VERBOS`), special acts, or a rule over everything."""

    descricao: str
    modelos: dict[str, str]
    atos: tuple[str, ...] = ()
    ve_tudo: bool = False
    pode_tudo: bool = False
    usuario_de_demonstracao: str = ""


PAPEIS: dict[str, Papel] = {
    "Atendimento": Papel(
        "Cadastro, segunda via, lançamentos e troca de titular; vê a fatura e a explica.",
        {
            "clientes.cliente": "via",
            "medidores.unidadeconsumidora": "via",
            "medidores.medidor": "via",
            "medidores.leitura": "vi",
            "medidores.ocorrencialeitura": "v",
            "medidores.ocorrenciaregistrada": "vi",
            "faturamento.fatura": "v",
            "faturamento.pagamento": "v",
            "faturamento.lancamentoavulso": "vi",
            "faturamento.pendencia": "v",
            "faturamento.execucaofaturamento": "v",
            "faturamento.distribuidora": "v",
            "faturamento.tarifa": "v",
            "faturamento.bandeira": "v",
            "faturamento.aliquotatributo": "v",
            "faturamento.faixacip": "v",
        },
        ("clientes.ver_documento",),
        usuario_de_demonstracao="atendente",
    ),
    "Leitura": Papel(
        "Leituras, arquivos de campo, crítica e ocorrências; troca e retirada de medidores.",
        {
            "clientes.cliente": "v",
            "medidores.unidadeconsumidora": "v",
            "medidores.medidor": "via",
            "medidores.leitura": "viae",
            "medidores.importacaoleituras": "via",
            "medidores.decisaoleitura": "v",
            "medidores.ocorrencialeitura": "via",
            "medidores.ocorrenciaregistrada": "viae",
            "medidores.limitecritica": "va",
            "faturamento.fatura": "v",
            "faturamento.pendencia": "v",
            "faturamento.execucaofaturamento": "v",
        },
        ("medidores.decidir_leitura",),
        usuario_de_demonstracao="leiturista",
    ),
    "Faturamento": Papel(
        "Execuções, emissão, cancelamento, refaturamento e tabelas; aprova o que outro pediu.",
        {
            "clientes.cliente": "v",
            "medidores.unidadeconsumidora": "va",
            "medidores.medidor": "v",
            "medidores.leitura": "v",
            "medidores.importacaoleituras": "v",
            "medidores.decisaoleitura": "v",
            "medidores.ocorrencialeitura": "v",
            "medidores.ocorrenciaregistrada": "v",
            "medidores.limitecritica": "v",
            "faturamento.execucaofaturamento": "via",
            "faturamento.lotefaturamento": "v",
            "faturamento.tentativalote": "v",
            "faturamento.pendencia": "v",
            "faturamento.competenciafechada": "via",
            "faturamento.fatura": "viae",
            "faturamento.lancamentoavulso": "viae",
            "faturamento.pagamento": "v",
            "faturamento.alertaderascunho": "v",
            "faturamento.alertadegrupo": "v",
            "faturamento.limiteconferencia": "via",
            "faturamento.limitedogrupo": "via",
            "faturamento.motivocancelamento": "via",
            "faturamento.distribuidora": "via",
            "faturamento.sequenciafatura": "v",
            "faturamento.tarifa": "viae",
            "faturamento.bandeira": "viae",
            "faturamento.aliquotatributo": "viae",
            "faturamento.faixacip": "viae",
            "faturamento.pedidodeaprovacao": "v",
        },
        (
            "clientes.ver_documento",
            "faturamento.emitir_fatura",
            "faturamento.cancelar_fatura",
            "faturamento.refaturar_fatura",
            "faturamento.liberar_alertaderascunho",
            "faturamento.desfazer_execucaofaturamento",
            "faturamento.aprovar_pedidodeaprovacao",
        ),
        usuario_de_demonstracao="faturista",
    ),
    "Arrecadação": Papel(
        "Registra e estorna pagamentos; vê clientes e faturas.",
        {
            "clientes.cliente": "v",
            "medidores.unidadeconsumidora": "v",
            "medidores.medidor": "v",
            "faturamento.fatura": "v",
            "faturamento.pagamento": "vi",
            "faturamento.lancamentoavulso": "v",
        },
        usuario_de_demonstracao="arrecadador",
    ),
    "Auditoria": Papel(
        "Vê tudo, documentos inteiros e acessos também; não muda nada.",
        {},
        ("clientes.ver_documento",),
        ve_tudo=True,
        usuario_de_demonstracao="auditor",
    ),
    "Administração": Papel(
        "Pode tudo, usuários e grupos também; nem assim decide o que pediu.",
        {},
        pode_tudo=True,
        usuario_de_demonstracao="administrador",
    ),
}


def permissoes_de(papel: Papel, todas: Iterable[str]) -> set[str]:
    """The role's permissions (`app.codename`); `todas` are those that exist."""
    if papel.pode_tudo:
        return set(todas)
    permissoes = set(papel.atos)
    for modelo, letras in papel.modelos.items():
        app, nome = modelo.split(".")
        permissoes |= {f"{app}.{VERBOS[letra]}_{nome}" for letra in letras}
    if papel.ve_tudo:
        permissoes |= {codigo for codigo in todas if codigo.split(".")[1].startswith("view_")}
    return permissoes


def permissoes_do_sistema() -> set[str]:
    """Every permission of the apps that the roles speak of, but those of history rows."""
    linhas = Permission.objects.filter(content_type__app_label__in=APPS_DOS_PAPEIS)
    linhas = linhas.exclude(content_type__model__startswith="historical")
    pares = linhas.values_list("content_type__app_label", "codename")
    return {f"{app}.{codigo}" for app, codigo in pares}

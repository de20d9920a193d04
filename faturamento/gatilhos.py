"""The triggers that keep what was billed as it was billed, on both databases.

Admin, API, `QuerySet.update()` and raw SQL all end here:

* an issued invoice never changes, but for payment status and cancellation;
* a reading up to the last one billed of its UC never changes, and no valid one
  is slipped in there;
* a payment never changes: a reversal is a row of its own;
* a one-off line that an issued invoice took never changes, until that is cancelled;
* what was asked for approval never changes, and is decided once;
* on SQLite, dated rows of one key never share a day (PostgreSQL has exclusion
  constraints for that, migration `0003`.

How they are made and installed is in `comum/django_base/gatilhos.py`.
"""

from collections.abc import Iterator

from comum.django_base.banco import FRASES_DE_MIGRACAO, coluna
from comum.django_base.gatilhos import (
    PREFIXO,
    Gatilho,
    declarar,
    gatilhos_de,
    instalar,
    instalar_depois_de_migrar,
    mudou,
    remover,
    tabela,
)
from faturamento.models import (
    AliquotaTributo,
    Bandeira,
    FaixaCip,
    Fatura,
    LancamentoAvulso,
    Pagamento,
    PedidoDeAprovacao,
    Tarifa,
)
from medidores.models import Leitura, Medidor, UnidadeConsumidora

__all__ = [
    "GATILHOS",
    "PREFIXO",
    "gatilhos_de",
    "instalar",
    "instalar_depois_de_migrar",
    "remover",
]


def _faturado_ate_na(unidade: str) -> str:
    """SQL: the end of the last billed cycle of a UC."""
    return (
        f"(SELECT max(f.ciclo_ate) FROM {tabela(Fatura)} f WHERE f.situacao = 'EMITIDA' "
        f"AND f.origem <> 'AVULSA' AND f.unidade_id = {unidade})"
    )


def _faturado_ate(linha: str) -> str:
    """SQL: the end of the last billed cycle of the UC of `linha` (a reading)."""
    return _faturado_ate_na(
        f"(SELECT m.unidade_id FROM {tabela(Medidor)} m WHERE m.id = {linha}.medidor_id)"
    )


def _travar_unidade(linha: str) -> str:
    """SQL: waits for whoever is billing the UC of `linha` (which locks it FOR UPDATE)."""
    return (
        f"PERFORM 1 FROM {tabela(UnidadeConsumidora)} u JOIN {tabela(Medidor)} m "
        f"ON m.unidade_id = u.id WHERE m.id = {linha}.medidor_id FOR KEY SHARE OF u;"
    )


# The first of the new readings of each UC: only these can fall into a billed period. An import
# writes the readings of neighbouring meters together, so the whole table of meters is not read.
_NOVAS_POR_UNIDADE = (
    "SELECT m.unidade_id AS id, min(n.data_leitura) AS primeira FROM novas n "
    f"JOIN {tabela(Medidor)} m ON m.id = n.medidor_id WHERE n.situacao = 'VALIDA' "
    "AND m.id BETWEEN (SELECT min(medidor_id) FROM novas) AND (SELECT max(medidor_id) FROM novas) "
    "GROUP BY m.unidade_id"
)
_TRAVAR_NOVAS = (
    f"PERFORM 1 FROM {tabela(UnidadeConsumidora)} u WHERE u.id IN "
    f"(SELECT id FROM ({_NOVAS_POR_UNIDADE}) a) ORDER BY u.id FOR KEY SHARE;"
)
CONGELADA = "OLD.origem <> 'AVULSA' AND OLD.situacao <> 'RASCUNHO'"
FRASE_CONGELADA = "A fatura foi emitida e não muda mais. Para corrigi-la, cancele e refature."
FRASE_LEITURA = (
    "A leitura está em período já faturado e não muda mais. "
    "Para corrigi-la, cancele a fatura, substitua a leitura e refature."
)

GATILHOS = (
    Gatilho(
        "fatura_emitida_nao_muda",
        Fatura,
        ("UPDATE",),
        f"{CONGELADA} AND {mudou(Fatura, menos=Fatura.COLUNAS_LIVRES)}",
        "FATURA_CONGELADA",
        FRASE_CONGELADA,
    ),
    Gatilho(
        "fatura_emitida_nao_some",
        Fatura,
        ("DELETE",),
        CONGELADA,
        "FATURA_CONGELADA",
        FRASE_CONGELADA,
    ),
    Gatilho(
        "fatura_segue_o_seu_caminho",
        Fatura,
        ("UPDATE",),
        "OLD.origem <> NEW.origem OR (OLD.situacao <> NEW.situacao AND NOT ("
        "(OLD.situacao = 'RASCUNHO' AND NEW.situacao = 'EMITIDA') OR "
        "(OLD.situacao = 'EMITIDA' AND NEW.situacao = 'CANCELADA'))) OR "
        "(OLD.situacao = NEW.situacao AND ("
        "OLD.cancelada_em IS DISTINCT FROM NEW.cancelada_em OR "
        "OLD.cancelada_por_id IS DISTINCT FROM NEW.cancelada_por_id OR "
        "OLD.motivo_id IS DISTINCT FROM NEW.motivo_id OR "
        "OLD.motivo_cancelamento <> NEW.motivo_cancelamento))",
        "TRANSICAO_INVALIDA",
        "A fatura só passa de rascunho a emitida e de emitida a cancelada, sem volta.",
    ),
    Gatilho(
        "fatura_avulsa_paga_nao_muda",
        Fatura,
        ("UPDATE",),
        f"OLD.origem = 'AVULSA' AND {mudou(Fatura, menos=Fatura.COLUNAS_LIVRES)} AND EXISTS "
        f"(SELECT 1 FROM {tabela(Pagamento)} p WHERE p.fatura_id = OLD.id)",
        "FATURA_COM_PAGAMENTO",
        "A fatura avulsa já tem pagamento e não muda mais. Cancele-a e faça outra.",
    ),
    Gatilho(
        "leitura_faturada_nao_entra",
        Leitura,
        ("INSERT",),
        f"NEW.situacao = 'VALIDA' AND NEW.data_leitura <= {_faturado_ate('NEW')}",
        "PERIODO_FATURADO",
        FRASE_LEITURA,
        trava=_TRAVAR_NOVAS,
        conjunto=f"EXISTS (SELECT 1 FROM ({_NOVAS_POR_UNIDADE}) a "
        f"WHERE a.primeira <= {_faturado_ate_na('a.id')})",
    ),
    Gatilho(
        "leitura_faturada_nao_muda",
        Leitura,
        ("UPDATE",),
        f"{mudou(Leitura)} AND ("
        f"(OLD.situacao <> 'RETIDA' AND OLD.data_leitura <= {_faturado_ate('OLD')}) OR "
        f"(NEW.situacao = 'VALIDA' AND NEW.data_leitura <= {_faturado_ate('NEW')}))",
        "PERIODO_FATURADO",
        FRASE_LEITURA,
        _travar_unidade("OLD") + _travar_unidade("NEW"),
    ),
    Gatilho(
        "leitura_faturada_nao_some",
        Leitura,
        ("DELETE",),
        f"OLD.situacao <> 'RETIDA' AND OLD.data_leitura <= {_faturado_ate('OLD')}",
        "PERIODO_FATURADO",
        FRASE_LEITURA,
        _travar_unidade("OLD"),
    ),
    Gatilho(
        "medidor_faturado_fica_na_unidade",
        Medidor,
        ("UPDATE",),
        "OLD.unidade_id <> NEW.unidade_id AND EXISTS (SELECT 1 FROM "
        f"{tabela(Leitura)} l JOIN {tabela(Fatura)} f ON f.unidade_id = OLD.unidade_id "
        "WHERE l.medidor_id = OLD.id AND f.situacao = 'EMITIDA' AND f.origem <> 'AVULSA' "
        "AND l.data_leitura <= f.ciclo_ate)",
        "MEDIDOR_FATURADO",
        "O medidor tem leituras faturadas e não muda de unidade consumidora. "
        "Registre a retirada dele e instale outro.",
    ),
    Gatilho(
        "pagamento_nao_muda",
        Pagamento,
        ("UPDATE",),
        mudou(Pagamento),
        "PAGAMENTO_IMUTAVEL",
        "O pagamento registrado não muda. Estorne-o e registre outro.",
    ),
    Gatilho(
        "pagamento_nao_some",
        Pagamento,
        ("DELETE",),
        "1 = 1",
        "PAGAMENTO_IMUTAVEL",
        "O pagamento registrado não se apaga. Estorne-o.",
    ),
    *(
        Gatilho(
            f"lancamento_faturado_nao_{verbo}",
            LancamentoAvulso,
            (evento,),
            f"EXISTS (SELECT 1 FROM {tabela(Fatura)} f WHERE f.id = OLD.fatura_id "
            "AND f.situacao <> 'CANCELADA')",
            "LANCAMENTO_FATURADO",
            "O lançamento já está em uma fatura emitida e não muda mais. "
            "Lance a diferença na próxima, ou cancele a fatura.",
        )
        for verbo, evento in (("muda", "UPDATE"), ("some", "DELETE"))
    ),
    Gatilho(
        "pedido_de_aprovacao_nao_muda",
        PedidoDeAprovacao,
        ("UPDATE",),
        f"(OLD.situacao <> 'PENDENTE' AND {mudou(PedidoDeAprovacao)}) OR "
        f"{mudou(PedidoDeAprovacao, menos=PedidoDeAprovacao.COLUNAS_DA_DECISAO)}",
        "PEDIDO_IMUTAVEL",
        "O pedido de aprovação não muda, e a decisão não se refaz. Faça outro pedido.",
    ),
    Gatilho(
        "pedido_de_aprovacao_nao_some",
        PedidoDeAprovacao,
        ("DELETE",),
        "1 = 1",
        "PEDIDO_IMUTAVEL",
        "O pedido de aprovação não se apaga: fica no registro quem pediu e quem decidiu.",
    ),
)

FRASE_VIGENCIA = (
    "A vigência coincide com a de outro registro igual. Encerre aquele, ou mude as datas deste."
)
COM_VIGENCIA = (Tarifa, Bandeira, AliquotaTributo, FaixaCip)
FRASES_DE_MIGRACAO.update(
    {
        f"{modelo._meta.model_name}_sem_sobreposicao": ("VIGENCIA_SOBREPOSTA", FRASE_VIGENCIA)
        for modelo in COM_VIGENCIA
    }
)


def _gatilhos_de_vigencia() -> Iterator[Gatilho]:
    for modelo in COM_VIGENCIA:
        colunas = [coluna(modelo, campo) for campo in modelo.CHAVE]
        iguais = "".join(f" AND o.{c} IS NOT DISTINCT FROM NEW.{c}" for c in colunas)
        yield Gatilho(
            f"{modelo._meta.model_name}_sem_sobreposicao",
            modelo,
            ("INSERT", "UPDATE"),
            f"EXISTS (SELECT 1 FROM {tabela(modelo)} o WHERE o.id IS DISTINCT FROM NEW.id{iguais} "
            "AND o.vigente_de < COALESCE(NEW.vigente_ate, '9999-12-31') "
            "AND NEW.vigente_de < COALESCE(o.vigente_ate, '9999-12-31'))",
            "VIGENCIA_SOBREPOSTA",
            FRASE_VIGENCIA,
        )


def _deste_app(vendor: str) -> tuple[Gatilho, ...]:
    return (*GATILHOS, *_gatilhos_de_vigencia()) if vendor == "sqlite" else GATILHOS


declarar(_deste_app)

"""Tables, runs, invoices and payments in the admin."""

from faturamento.admin.aprovacoes import PedidoDeAprovacaoAdmin
from faturamento.admin.competencias import CompetenciaFechadaAdmin
from faturamento.admin.conferencia import (
    AlertaDeGrupoAdmin,
    AlertaDeRascunhoAdmin,
    LimiteConferenciaAdmin,
    LimiteDoGrupoAdmin,
    MotivoCancelamentoAdmin,
)
from faturamento.admin.execucoes import (
    ExecucaoFaturamentoAdmin,
    LoteFaturamentoAdmin,
    PendenciaAdmin,
    TentativaLoteAdmin,
)
from faturamento.admin.faturas import FaturaAdmin
from faturamento.admin.lancamentos import LancamentoAvulsoAdmin
from faturamento.admin.leituras_em_critica import LeituraEmCriticaAdmin
from faturamento.admin.pagamentos import PagamentoAdmin
from faturamento.admin.tabelas import (
    AliquotaTributoAdmin,
    BandeiraAdmin,
    DistribuidoraAdmin,
    FaixaCipAdmin,
    SequenciaFaturaAdmin,
    TarifaAdmin,
)

__all__ = [
    "AlertaDeGrupoAdmin",
    "AlertaDeRascunhoAdmin",
    "AliquotaTributoAdmin",
    "BandeiraAdmin",
    "CompetenciaFechadaAdmin",
    "DistribuidoraAdmin",
    "ExecucaoFaturamentoAdmin",
    "FaixaCipAdmin",
    "FaturaAdmin",
    "LancamentoAvulsoAdmin",
    "LeituraEmCriticaAdmin",
    "LimiteConferenciaAdmin",
    "LimiteDoGrupoAdmin",
    "LoteFaturamentoAdmin",
    "MotivoCancelamentoAdmin",
    "PagamentoAdmin",
    "PedidoDeAprovacaoAdmin",
    "PendenciaAdmin",
    "SequenciaFaturaAdmin",
    "TarifaAdmin",
    "TentativaLoteAdmin",
]

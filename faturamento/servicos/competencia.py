"""Closing a month, and reopening it: a closed one is not billed."""

from datetime import date, datetime

from django.db import connection

from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from faturamento.models import CompetenciaFechada, ExecucaoFaturamento

CHAVE_DA_TRAVA = 0x454E4552  # of ours among the advisory locks of the database


class CompetenciaFechadaError(DominioError):
    """The month is closed."""

    codigo = "COMPETENCIA_FECHADA"


class ExecucaoEmAndamentoError(DominioError):
    """A run of the month is open."""

    codigo = "EXECUCAO_EM_ANDAMENTO"


def travar_competencia(mes_referencia: date) -> None:
    """Until the end of the transaction, nobody else opens a run of the month or closes it.

    Neither has a row that the other could lock. SQLite has one writer at a time.
    """
    if connection.vendor == "postgresql":
        chave = mes_referencia.year * 100 + mes_referencia.month
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CHAVE_DA_TRAVA, chave])


def recusar_competencia_fechada(mes_referencia: date) -> None:
    """
    Raises:
        CompetenciaFechadaError: the month is closed.
    """
    if CompetenciaFechada.objects.fechadas().filter(mes_referencia=mes_referencia).exists():
        raise CompetenciaFechadaError(
            f"A competência {mes_referencia:%m/%Y} está fechada. "
            "Um administrador pode reabri-la, com o motivo."
        )


def fechar_competencia(
    *, mes_referencia: date, agora: datetime, usuario_id: int | None = None
) -> CompetenciaFechada:
    """Closes a month.

    Raises:
        CompetenciaFechadaError: it is closed already.
        ExecucaoEmAndamentoError: a run of it is open.
    """
    with em_transacao():
        travar_competencia(mes_referencia)
        recusar_competencia_fechada(mes_referencia)
        aberta = ExecucaoFaturamento.objects.filter(
            mes_referencia=mes_referencia, situacao=ExecucaoFaturamento.Situacao.ABERTA
        ).first()
        if aberta is not None:
            raise ExecucaoEmAndamentoError(
                f"A {aberta} está em andamento. Espere que termine, ou cancele-a, e feche de novo."
            )
        return CompetenciaFechada.objects.create(
            mes_referencia=mes_referencia, fechada_em=agora, fechada_por_id=usuario_id
        )


def reabrir_competencia(
    *, fechada_id: int, motivo: str, agora: datetime, usuario_id: int | None = None
) -> CompetenciaFechada:
    """Reopens a closed month.

    Raises:
        DadoInvalidoError: the motive is blank.
        NaoEncontradoError: no closing has this id, or it was reopened already.
    """
    motivo = " ".join(motivo.split())[:300]
    if not motivo:
        raise DadoInvalidoError("Informe o motivo da reabertura.", campo="motivo")
    with em_transacao():
        fechada = (
            CompetenciaFechada.objects.fechadas()
            .select_for_update(of=("self",))
            .filter(pk=fechada_id)
            .first()
        )
        if fechada is None:
            raise NaoEncontradoError("A competência já foi reaberta. Recarregue a página.")
        fechada.reaberta_em = agora
        fechada.reaberta_por_id = usuario_id
        fechada.motivo_reabertura = motivo
        fechada.save(update_fields=["reaberta_em", "reaberta_por", "motivo_reabertura"])
    return fechada

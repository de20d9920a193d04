"""A run of drafts undone: the drafts go, the run stays on record with who, when and why."""

from datetime import datetime

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.gravacao import em_transacao
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from comum.texto import com_numero
from faturamento.models import ExecucaoFaturamento
from faturamento.servicos.execucao import descartar_rascunhos

RASCUNHOS_POR_TRANSACAO = 1_000


class ExecucaoNaoDesfeitaError(DominioError):
    """The run is still going, or was undone before."""

    codigo = "EXECUCAO_NAO_DESFEITA"


def desfazer_execucao(
    *, execucao_id: int, motivo: str, agora: datetime, usuario_id: int | None = None
) -> int:
    """Throws away the drafts of a run that ended; returns how many. Issued ones stay.

    Some hundreds a transaction: cut short, it is taken up again by doing it again.

    Raises:
        NaoEncontradoError: no run has this id.
        DadoInvalidoError: the reason is blank.
        ExecucaoNaoDesfeitaError: it is open, or was undone before.
    """
    with em_transacao():
        execucao, motivo = conferir_desfazimento(execucao_id=execucao_id, motivo=motivo)
    apagados = 0
    while True:
        with em_transacao():
            rascunhos = execucao.faturas.em_rascunho().select_for_update().order_by("pk")
            ids = list(rascunhos.values_list("pk", flat=True)[:RASCUNHOS_POR_TRANSACAO])
            if not ids:
                break
            apagados += descartar_rascunhos(ids, agora=agora, usuario_id=usuario_id)
    with em_transacao():
        execucao = _travar(execucao_id)
        execucao.desfeita_em = agora
        execucao.desfeita_por_id = usuario_id
        execucao.motivo_desfazimento = motivo
        execucao.save(update_fields=["desfeita_em", "desfeita_por", "motivo_desfazimento"])
        registrar_evento(
            "EXECUCAO_DESFEITA",
            f"{execucao}: {com_numero(apagados, 'rascunho')}. {motivo}",
            agora=agora,
            usuario_id=usuario_id,
            objeto=execucao,
            dados={"rascunhos": apagados},
        )
    return apagados


def conferir_desfazimento(*, execucao_id: int, motivo: str) -> tuple[ExecucaoFaturamento, str]:
    """The run, locked, and the reason without spare blanks, if it can be undone now.

    In the caller's transaction. Raises as `desfazer_execucao` does.
    """
    motivo = " ".join(motivo.split())[:300]
    if not motivo:
        raise DadoInvalidoError("Informe o motivo do desfazimento.", campo="motivo")
    return _travar(execucao_id), motivo


def _travar(execucao_id: int) -> ExecucaoFaturamento:
    execucao = ExecucaoFaturamento.objects.select_for_update().filter(pk=execucao_id).first()
    if execucao is None:
        raise NaoEncontradoError(f"Execução {execucao_id} não encontrada.")
    if execucao.desfeita_em is not None:
        raise ExecucaoNaoDesfeitaError(
            f"A {execucao} já foi desfeita: {execucao.motivo_desfazimento}."
        )
    if execucao.situacao == ExecucaoFaturamento.Situacao.ABERTA:
        raise ExecucaoNaoDesfeitaError(
            f"A {execucao} ainda não terminou. Espere, ou rode-a de novo até o fim."
        )
    return execucao

"""The second person: asking for a change, and another one approving or refusing it.

Dated tables are changed in the admin only so, and runs of drafts undone only
so. The operator's commands act directly: whoever has a shell on the server has
an authority of its own (`docs/decisoes/0010-segunda-pessoa.md`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models

from auditoria.servicos.eventos import registrar_evento
from comum.django_base.gravacao import em_transacao, excluir, gravar
from comum.erros import DadoInvalidoError, DominioError, NaoEncontradoError
from faturamento.models import (
    AliquotaTributo,
    Bandeira,
    ExecucaoFaturamento,
    FaixaCip,
    PedidoDeAprovacao,
    Tarifa,
)
from faturamento.models.vigencia import Vigencia
from faturamento.servicos.desfazimento import conferir_desfazimento, desfazer_execucao

APP = "faturamento"
COM_APROVACAO: tuple[type[Vigencia], ...] = (Tarifa, Bandeira, AliquotaTributo, FaixaCip)
EXECUCAO = ExecucaoFaturamento._meta.model_name or ""
LINHAS_MAXIMAS = 5_000
Tipo = PedidoDeAprovacao.Tipo
Situacao = PedidoDeAprovacao.Situacao


class NadaMudouError(DominioError):
    """The form was sent as it came."""

    codigo = "NADA_MUDOU"


class PedidoRepetidoError(DominioError):
    """The row has a pedido that waits."""

    codigo = "PEDIDO_REPETIDO"


class PedidoJaDecididoError(DominioError):
    """Somebody decided it first."""

    codigo = "PEDIDO_JA_DECIDIDO"


class DecisaoPropriaError(DominioError):
    """Who asks does not decide."""

    codigo = "DECISAO_PROPRIA"


class PedidoDesatualizadoError(DominioError):
    """The row changed between pedido and decision."""

    codigo = "PEDIDO_DESATUALIZADO"


def retratar(objeto: models.Model) -> dict[str, str | None]:
    """The row's values by field, as text; decimals with all their places, keys by number."""
    retrato: dict[str, str | None] = {}
    for campo in objeto._meta.concrete_fields:
        if campo.primary_key:
            continue
        valor = campo.to_python(getattr(objeto, campo.attname))
        if valor is None:
            retrato[campo.name] = None
        elif isinstance(campo, models.DecimalField):
            retrato[campo.name] = f"{valor:.{campo.decimal_places}f}"
        else:
            retrato[campo.name] = str(valor)
    return retrato


def _preencher(objeto: models.Model, retrato: dict[str, str | None]) -> None:
    for campo in objeto._meta.concrete_fields:
        if campo.name in retrato:
            setattr(objeto, campo.attname, campo.to_python(retrato[campo.name]))


def _linha(
    pk: int | None, antes: dict[str, str | None] | None, depois: dict[str, str | None] | None
) -> dict[str, Any]:
    return {"id": pk, "antes": antes, "depois": depois}


def pedir_gravacao(objeto: Vigencia, *, agora: datetime, usuario_id: int) -> PedidoDeAprovacao:
    """Asks that this new or edited row be saved; the row itself is left as it is.

    Raises:
        django.core.exceptions.ValidationError: the row could not be saved as it stands.
        NadaMudouError: it is as the database has it.
        PedidoRepetidoError: another pedido about it waits.
    """
    objeto.full_clean()
    depois = retratar(objeto)
    if objeto.pk is None:
        linha, tipo, verbo = _linha(None, None, depois), Tipo.INCLUSAO, "Incluir"
    else:
        atual = _ler(type(objeto), objeto.pk)
        linha, tipo, verbo = _linha(objeto.pk, retratar(atual), depois), Tipo.ALTERACAO, "Alterar"
        if linha["antes"] == depois:
            raise NadaMudouError("Nada foi alterado: não há o que aprovar.")
    resumo = f"{verbo} {objeto._meta.verbose_name} {objeto}, {objeto.vigencia}"
    return _pedir(tipo, type(objeto), [linha], resumo, agora=agora, usuario_id=usuario_id)


def pedir_exclusao(
    objetos: Sequence[Vigencia], *, agora: datetime, usuario_id: int
) -> PedidoDeAprovacao:
    """Asks that these rows of one table be deleted, all or none.

    Raises:
        DadoInvalidoError: no row, or too many at once.
        PedidoRepetidoError: another pedido about it waits.
    """
    if not objetos:
        raise DadoInvalidoError("Nenhum registro foi escolhido.", campo="")
    modelo = type(objetos[0])
    linhas = [_linha(objeto.pk, retratar(objeto), None) for objeto in objetos]
    if len(objetos) == 1:
        resumo = f"Excluir {modelo._meta.verbose_name} {objetos[0]}, {objetos[0].vigencia}"
    else:
        resumo = f"Excluir {len(objetos)} {modelo._meta.verbose_name_plural}"
    return _pedir(Tipo.EXCLUSAO, modelo, linhas, resumo, agora=agora, usuario_id=usuario_id)


def pedir_importacao(
    novas: Sequence[Vigencia], *, agora: datetime, usuario_id: int
) -> PedidoDeAprovacao:
    """Asks that these new rows, from a file of ANEEL, be saved, all or none.

    Raises:
        DadoInvalidoError: no row, or too many at once.
    """
    if not novas:
        raise DadoInvalidoError(
            "O arquivo não traz nada de novo: não há o que aprovar.", campo="arquivo"
        )
    modelo = type(novas[0])
    linhas = [_linha(None, None, retratar(nova)) for nova in novas]
    resumo = f"Importar da ANEEL {len(novas)} {modelo._meta.verbose_name_plural}"
    return _pedir(Tipo.IMPORTACAO, modelo, linhas, resumo, agora=agora, usuario_id=usuario_id)


def pedir_desfazimento(
    *, execucao_id: int, motivo: str, agora: datetime, usuario_id: int
) -> PedidoDeAprovacao:
    """Asks that a run of drafts be undone; the drafts stay until it is approved.

    Raises:
        NaoEncontradoError: no run has this id.
        DadoInvalidoError: the reason is blank.
        ExecucaoNaoDesfeitaError: it is open, or was undone before.
        PedidoRepetidoError: another pedido about it waits.
    """
    with em_transacao():
        execucao, motivo = conferir_desfazimento(execucao_id=execucao_id, motivo=motivo)
        antes = _contar(execucao)
    depois = {**antes, "rascunhos": "0", "motivo": motivo}
    linha = _linha(execucao.pk, antes, depois)
    resumo = f"Desfazer {execucao}: {motivo}"
    return _pedir(
        Tipo.DESFAZIMENTO,
        ExecucaoFaturamento,
        [linha],
        resumo,
        agora=agora,
        usuario_id=usuario_id,
    )


def _contar(execucao: ExecucaoFaturamento) -> dict[str, str | None]:
    rascunhos = execucao.faturas.em_rascunho().count()
    return {"rascunhos": str(rascunhos), "outras": str(execucao.faturas.count() - rascunhos)}


def _ler(modelo: type[models.Model], pk: int, *, travar: bool = False) -> Any:
    linhas = modelo._default_manager.all()
    objeto = (linhas.select_for_update() if travar else linhas).filter(pk=pk).first()
    if objeto is None:
        raise PedidoDesatualizadoError(
            f"Não há mais {modelo._meta.verbose_name} {pk}: foi excluída por outra pessoa."
        )
    return objeto


def pedido_que_espera(objeto: models.Model) -> PedidoDeAprovacao | None:
    """The pedido about this row that waits, if there is one."""
    return _que_espera(objeto._meta.model_name or "", objeto.pk)


def _que_espera(modelo: str, objeto_id: int | None) -> PedidoDeAprovacao | None:
    if objeto_id is None:
        return None
    esperam = PedidoDeAprovacao.objects.filter(
        modelo=modelo, objeto_id=objeto_id, situacao=Situacao.PENDENTE
    )
    return esperam.select_related("pedido_por").first()


def _pedir(
    tipo: str,
    modelo: type[models.Model],
    linhas: list[dict[str, Any]],
    resumo: str,
    *,
    agora: datetime,
    usuario_id: int,
) -> PedidoDeAprovacao:
    if len(linhas) > LINHAS_MAXIMAS:
        raise DadoInvalidoError(
            f"São {len(linhas)} registros, e um pedido leva até {LINHAS_MAXIMAS}. Divida-o.",
            campo="",
        )
    objeto_id = linhas[0]["id"] if len(linhas) == 1 else None
    nome = modelo._meta.model_name or ""
    with em_transacao():
        if outro := _que_espera(nome, objeto_id):
            raise PedidoRepetidoError(
                f"Este registro já tem um pedido à espera de decisão: {outro}, de "
                f"{outro.pedido_por}. Espere a decisão, ou peça que seja recusado."
            )
        pedido = PedidoDeAprovacao.objects.create(
            tipo=tipo,
            modelo=nome,
            objeto_id=objeto_id,
            resumo=resumo[:300],
            linhas=linhas,
            pedido_por_id=usuario_id,
            pedido_em=agora,
        )
        _anotar("APROVACAO_PEDIDA", pedido, agora=agora, usuario_id=usuario_id)
    return pedido


def aprovar(
    *, pedido_id: int, agora: datetime, usuario_id: int, motivo: str = ""
) -> PedidoDeAprovacao:
    """Does what was asked for, in one transaction with the decision; the pedido keeps both names.

    Raises:
        NaoEncontradoError: no pedido has this id.
        PedidoJaDecididoError: somebody decided it first.
        DecisaoPropriaError: who approves is who asked.
        PedidoDesatualizadoError: the row changed since; the pedido goes on waiting.
        django.core.exceptions.ValidationError: the row cannot be saved as things stand now.
        ExecucaoNaoDesfeitaError: the run was undone meanwhile.
    """
    with em_transacao():
        pedido = _travar(pedido_id, usuario_id)
        if pedido.tipo == Tipo.DESFAZIMENTO:
            _desfazer(pedido, agora=agora, usuario_id=usuario_id)
        else:
            _aplicar(pedido)
        return _decidir(pedido, Situacao.APROVADO, motivo, agora=agora, usuario_id=usuario_id)


def recusar(*, pedido_id: int, motivo: str, agora: datetime, usuario_id: int) -> PedidoDeAprovacao:
    """Leaves everything as it is; the pedido stays on record with the reason.

    Raises:
        NaoEncontradoError: no pedido has this id.
        DadoInvalidoError: the reason is blank.
        PedidoJaDecididoError: somebody decided it first.
        DecisaoPropriaError: who refuses is who asked.
    """
    if not motivo.strip():
        raise DadoInvalidoError("Informe o motivo da recusa.", campo="motivo")
    with em_transacao():
        pedido = _travar(pedido_id, usuario_id)
        return _decidir(pedido, Situacao.RECUSADO, motivo, agora=agora, usuario_id=usuario_id)


def _travar(pedido_id: int, usuario_id: int) -> PedidoDeAprovacao:
    pedido = PedidoDeAprovacao.objects.select_for_update().filter(pk=pedido_id).first()
    if pedido is None:
        raise NaoEncontradoError(f"Pedido de aprovação {pedido_id} não encontrado.")
    if not pedido.pendente:
        raise PedidoJaDecididoError(
            f"O {pedido} já foi {pedido.get_situacao_display().lower()} por {pedido.decidido_por}."
        )
    if pedido.pedido_por_id == usuario_id:
        raise DecisaoPropriaError(
            f"O {pedido} é seu, e quem pede não decide. Outra pessoa precisa aprovar ou recusar."
        )
    return pedido


def _decidir(
    pedido: PedidoDeAprovacao, situacao: str, motivo: str, *, agora: datetime, usuario_id: int
) -> PedidoDeAprovacao:
    pedido.situacao = situacao
    pedido.decidido_por_id = usuario_id
    pedido.decidido_em = agora
    pedido.motivo = " ".join(motivo.split())[:300]
    pedido.save(update_fields=PedidoDeAprovacao.COLUNAS_DA_DECISAO)
    acao = "APROVACAO_CONCEDIDA" if situacao == Situacao.APROVADO else "APROVACAO_RECUSADA"
    _anotar(acao, pedido, agora=agora, usuario_id=usuario_id)
    return pedido


def _anotar(acao: str, pedido: PedidoDeAprovacao, *, agora: datetime, usuario_id: int) -> None:
    registrar_evento(
        acao,
        pedido.resumo,
        agora=agora,
        origem="ADMIN",
        usuario_id=usuario_id,
        objeto=pedido,
        dados={"linhas": len(pedido.linhas)},
    )


def _aplicar(pedido: PedidoDeAprovacao) -> None:
    """Saves or deletes each row, by the ordinary validation; one that fails stops them all."""
    modelo: Any = apps.get_model(APP, pedido.modelo)
    porque = f"{pedido}, de {pedido.pedido_por}"[:100]
    # By number: two approvals that share rows wait for each other and do not cross.
    for linha in sorted(pedido.linhas, key=lambda linha: linha["id"] or 0):
        if linha["id"] is None:
            objeto = modelo()
        else:
            objeto = _ler(modelo, linha["id"], travar=True)
            _recusar_mudado(pedido, objeto, retratar(objeto), linha["antes"])
        objeto._change_reason = porque
        if linha["depois"] is None:
            excluir(objeto)
        else:
            _preencher(objeto, linha["depois"])
            gravar(objeto)


def _desfazer(pedido: PedidoDeAprovacao, *, agora: datetime, usuario_id: int) -> None:
    linha = pedido.linhas[0]
    motivo = linha["depois"]["motivo"]
    execucao, _ = conferir_desfazimento(execucao_id=linha["id"], motivo=motivo)
    _recusar_mudado(pedido, execucao, _contar(execucao), linha["antes"])
    desfazer_execucao(execucao_id=execucao.pk, motivo=motivo, agora=agora, usuario_id=usuario_id)


def _recusar_mudado(
    pedido: PedidoDeAprovacao, objeto: models.Model, atual: Any, antes: Any
) -> None:
    if atual == antes:
        return
    nome = f"{objeto._meta.verbose_name} {objeto}"
    raise PedidoDesatualizadoError(
        f"{nome[:1].upper()}{nome[1:]} mudou depois do pedido, e aprová-lo desfaria essa mudança. "
        f"Nada foi gravado: recuse o {pedido} e peça outro sobre os valores de agora."
    )

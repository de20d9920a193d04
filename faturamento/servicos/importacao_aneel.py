"""Bandeiras and tariffs from ANEEL's open data: a diff first, then only what is new."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any

from django.db import models, transaction

from auditoria.servicos.eventos import registrar_evento
from comum.csv_hostil import Recusa
from comum.django_base.gravacao import em_transacao, gravar
from comum.documentos import normalizar_documento
from comum.erros import ArquivoIlegivelError, DadoInvalidoError, NaoEncontradoError
from comum.texto import com_numero, sem_acentos
from faturamento.calculo.formatos import numero_br
from faturamento.importacao.bandeiras_csv import ler_bandeiras
from faturamento.importacao.tarifas_csv import LinhaAlheia, LinhaTarifa, ler_tarifas
from faturamento.models import Bandeira, Distribuidora, Tarifa
from faturamento.models.vigencia import Vigencia

FONTE_BANDEIRAS = "ANEEL, dados abertos: acionamento das bandeiras tarifárias"


class Situacao(StrEnum):
    """What becomes of a row of the file."""

    NOVA = "NOVA"
    IGUAL = "IGUAL"
    CONFLITO = "CONFLITO"
    RECUSADA = "RECUSADA"
    IGNORADA = "IGNORADA"


@dataclass(frozen=True, slots=True)
class Diferenca:
    """One row of the diff, ready to be shown."""

    linha: int
    situacao: Situacao
    descricao: str


@dataclass(slots=True)
class ResultadoAneel:
    """The whole diff; what is NOVA was written, unless it was a simulation."""

    diferencas: list[Diferenca] = field(default_factory=list)
    # The rows that are NOVA, as they were or would be written.
    novas: list[Vigencia] = field(default_factory=list)

    def quantas(self, situacao: Situacao) -> int:
        return Counter(d.situacao for d in self.diferencas)[situacao]

    def como_json(self) -> dict[str, int]:
        contagem = Counter(d.situacao for d in self.diferencas)
        return {"linhas": len(self.diferencas)} | {
            nome: contagem[situacao]
            for nome, situacao in (
                ("novas", Situacao.NOVA),
                ("iguais", Situacao.IGUAL),
                ("conflitos", Situacao.CONFLITO),
                ("recusadas", Situacao.RECUSADA),
                ("ignoradas", Situacao.IGNORADA),
            )
        }


def importar_bandeiras(
    bruto: IO[bytes], *, agora: datetime, simular: bool = False
) -> ResultadoAneel:
    """Compares ANEEL's monthly bandeiras with ours and writes the new ones.

    A month that we hold with another value is a conflict, and stays as it is.

    Raises:
        ArquivoIlegivelError: the file as a whole cannot be used.
    """
    candidatas = (
        linha
        if isinstance(linha, Recusa)
        else (
            linha.linha,
            Bandeira(
                cor=linha.cor,
                adicional_brl_por_mwh=linha.adicional_brl_por_mwh,
                vigente_de=linha.vigente_de,
                vigente_ate=linha.vigente_ate,
                fonte=FONTE_BANDEIRAS,
            ),
        )
        for linha in ler_bandeiras(bruto)
    )
    return _importar(candidatas, ("adicional_brl_por_mwh",), agora=agora, simular=simular)


def importar_tarifas(
    bruto: IO[bytes],
    *,
    distribuidora_nome: str,
    agora: datetime,
    agente: str = "",
    simular: bool = False,
) -> ResultadoAneel:
    """Compares ANEEL's application tariffs of one distributor with ours; writes the new ones.

    The file's rows are the distributor's by CNPJ, or by the agent's acronym:
    `agente`, or else the distributor's own name.

    Raises:
        NaoEncontradoError: we have no such distributor.
        ArquivoIlegivelError: the file cannot be used, or has no row of it.
    """
    distribuidora = _achar_distribuidora(distribuidora_nome)
    siglas = {sem_acentos(agente or distribuidora.nome)}
    outros: set[str] = set()

    def candidatas() -> Iterator[Any]:
        for linha in ler_tarifas(bruto):
            if not isinstance(linha, LinhaTarifa):
                yield linha
            elif linha.cnpj == distribuidora.cnpj or sem_acentos(linha.agente) in siglas:
                yield linha.linha, _montar_tarifa(linha, distribuidora)
            else:
                outros.add(linha.agente)
                yield LinhaAlheia(linha.linha, f"agente {linha.agente}")

    resultado = _importar(
        candidatas(), ("tusd_brl_por_mwh", "te_brl_por_mwh"), agora=agora, simular=simular
    )
    if outros and not any(
        d.situacao in (Situacao.NOVA, Situacao.IGUAL, Situacao.CONFLITO)
        for d in resultado.diferencas
    ):
        raise ArquivoIlegivelError(
            f"O arquivo não tem tarifa de {distribuidora} (CNPJ {distribuidora.cnpj}). Tem de: "
            f"{', '.join(sorted(outros)[:20])}. Informe qual destas siglas é a sua (na tela, "
            "Sigla no arquivo; no comando, --agente)."
        )
    return resultado


def _achar_distribuidora(nome: str) -> Distribuidora:
    procurado = sem_acentos(nome)
    todas = list(Distribuidora.objects.order_by("pk"))
    for distribuidora in todas:
        if sem_acentos(distribuidora.nome) == procurado:
            return distribuidora
    try:
        cnpj = normalizar_documento(nome)
    except DadoInvalidoError:
        cnpj = ""
    for distribuidora in todas:
        if distribuidora.cnpj == cnpj:
            return distribuidora
    cadastradas = ", ".join(str(d) for d in todas) or "nenhuma"
    raise NaoEncontradoError(
        f"Distribuidora {nome[:60]!r} não cadastrada. Cadastradas: {cadastradas}."
    )


def _montar_tarifa(linha: LinhaTarifa, distribuidora: Distribuidora) -> Tarifa:
    return Tarifa(
        distribuidora=distribuidora,
        subgrupo=linha.subgrupo,
        modalidade=linha.modalidade,
        classe=linha.classe,
        subclasse=linha.subclasse,
        posto=linha.posto,
        faixa_ate_kwh=linha.faixa_ate_kwh,
        tusd_brl_por_mwh=linha.tusd_brl_por_mwh,
        te_brl_por_mwh=linha.te_brl_por_mwh,
        vigente_de=linha.vigente_de,
        vigente_ate=linha.vigente_ate,
        fonte=linha.fonte,
    )


def _importar(
    candidatas: Iterable[Any], valores: tuple[str, ...], *, agora: datetime, simular: bool
) -> ResultadoAneel:
    """Judges each row against what we hold and what the file brought before it."""
    resultado = ResultadoAneel()
    with em_transacao():
        for candidata in candidatas:
            if isinstance(candidata, Recusa):
                diferenca = Diferenca(candidata.linha, Situacao.RECUSADA, candidata.mensagem)
            elif isinstance(candidata, LinhaAlheia):
                diferenca = Diferenca(candidata.linha, Situacao.IGNORADA, candidata.motivo)
            else:
                numero, nova = candidata
                diferenca = _comparar(numero, nova, valores)
                if diferenca.situacao == Situacao.NOVA:
                    resultado.novas.append(nova)
            resultado.diferencas.append(diferenca)
        if simular:
            transaction.set_rollback(True)
        else:
            contagem = resultado.como_json()
            registrar_evento(
                "TABELA_DA_ANEEL_IMPORTADA",
                f"{com_numero(contagem['novas'], 'nova')}, {contagem['conflitos']} em conflito",
                agora=agora,
                dados=contagem,
            )
    return resultado


def _comparar(numero: int, nova: Vigencia, valores: tuple[str, ...]) -> Diferenca:
    mesma_chave = type(nova)._default_manager.filter(
        **{campo: getattr(nova, campo) for campo in nova.CHAVE}
    )
    no_caminho = list(mesma_chave.no_periodo(nova.vigente_de, nova.vigente_ate).order_by("pk"))
    valor_novo = _mostrar(nova, valores)
    descricao = f"{valor_novo}, {nova.vigencia}"
    if not no_caminho:
        gravar(nova)
        return Diferenca(numero, Situacao.NOVA, descricao)
    iguais = all(_mostrar(outra, valores) == valor_novo for outra in no_caminho)
    if iguais and _cobrem(no_caminho, nova):
        return Diferenca(numero, Situacao.IGUAL, descricao)
    outra = no_caminho[0]
    return Diferenca(
        numero,
        Situacao.CONFLITO,
        f"{descricao}; cadastrada: {_mostrar(outra, valores)}, {outra.vigencia}. "
        "Encerre ou corrija a cadastrada e importe de novo.",
    )


def _cobrem(linhas: list[Vigencia], nova: Vigencia) -> bool:
    """Whether these rows, which do not overlap, hold on every day of the new one."""
    dia = nova.vigente_de
    for linha in sorted(linhas, key=lambda linha: linha.vigente_de):
        if linha.vigente_de > dia:
            return False
        if linha.vigente_ate is None:
            return True
        dia = max(dia, linha.vigente_ate)
    return nova.vigente_ate is not None and dia >= nova.vigente_ate


def _mostrar(linha: models.Model, valores: tuple[str, ...]) -> str:
    """What the row is and the values that count: `B1 … TUSD (R$/MWh) 472,42; …`."""
    textos = []
    for nome in valores:
        campo = linha._meta.get_field(nome)
        valor = getattr(linha, nome)
        if isinstance(campo, models.DecimalField) and isinstance(valor, Decimal):
            textos.append(f"{campo.verbose_name} {numero_br(valor.normalize() + 0)}")
    return f"{linha} {'; '.join(textos)}"

"""Everything that a printed invoice says, in words and numbers ready to print.

What the bill was calculated from comes from its frozen demonstrativo; what may
change without the bill changing (address and telephones of the distributor,
the months around it) comes from the tables as they are now.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from comum.django_base.exibicao import JUNTO, VAZIO, brl, dia, kwh, mes, numero
from comum.documentos import formatar_documento, mascarar_documento
from comum.periodos import dia_civil
from comum.vocabulario import CorBandeira, Posto, Registrador
from faturamento.calculo.linhas import CodigoLinha
from faturamento.models import Distribuidora, Fatura
from faturamento.servicos.consumo import ConsumoDoMes, consumo_da_unidade
from faturamento.servicos.impressao.leitura import (
    descrever_unidade,
    escrever_percentual,
    escrever_preco,
    ler_decimal,
    ler_dia,
    ler_instante,
    ler_rotulo,
)
from medidores.calculo.consumo import INTERVALO_DIAS, TipoCiclo
from medidores.models import Leitura

ZERO = Decimal(0)
RASCUNHO = "RASCUNHO – SEM VALOR"
CANCELADA = "CANCELADA"
SEM_CONTATO = "a informar"
CODIGO_AUSENTE = "Código de pagamento eletrônico: ainda não disponível"
# What was done to the customer's bill, and not what only staff look at.
OCORRENCIAS_DO_CLIENTE = {
    "ACERTO_DE_ESTIMATIVA",
    "CONSUMO_ESTIMADO",
    "CREDITO_VENCIDO",
    "FATURADO_PELA_DISPONIBILIDADE",
}
FORA_DO_FORNECIMENTO = {CodigoLinha.CIP, CodigoLinha.LANCAMENTO}
GRUPOS = (
    ("Transporte (TUSD)", {"TUSD", "SCEE_TUSD", "SCEE_TRANSPORTE"}),
    ("Energia (TE)", {"TE", "SCEE_TE"}),
    ("Tarifa Social", {"TSEE"}),
    ("Bandeira tarifária", {"BANDEIRA"}),
)

Pares = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LeituraImpressa:
    """One register: `consumo` is what it counted, times the constant."""

    medidor: str
    registrador: str
    anterior: str
    anterior_em: str
    atual: str
    atual_em: str
    constante: str
    consumo: str
    origem: str


@dataclass(frozen=True, slots=True)
class LinhaImpressa:
    """One item. Tariff without tax and price with it in R$/kWh, the rest in R$."""

    descricao: str
    detalhe: str
    quantidade: str
    tarifa: str
    preco: str
    valor: str
    pis_cofins: str
    base_icms: str
    aliquota_icms: str
    icms: str


@dataclass(frozen=True, slots=True)
class TributoImpresso:
    nome: str
    base: str
    aliquota: str
    valor: str


@dataclass(frozen=True, slots=True)
class MesImpresso:
    """One month of the history; `consumo_kwh` None where there was no bill."""

    mes: str
    consumo_kwh: Decimal | None
    texto: str
    dias: str
    estimado: bool
    desta: bool


@dataclass(frozen=True, slots=True)
class ContaImpressa:
    """A printed invoice. Texts are ready to print; `valor` (R$) and `vence_em` are for programs.

    `linhas` are the supply, taxed, and add up to `subtotal`; `outras` are the CIP
    and one-off lines, outside every tax base. `tarja` is written across the page.
    """

    titulo: str
    documento: str
    tarja: str
    emissora: str
    cnpj: str
    endereco_da_emissora: str
    contatos: Pares
    cliente: str
    documento_do_cliente: str
    endereco_do_cliente: str
    unidade: str
    endereco_da_unidade: str
    classificacao: str
    grupo_leitura: str
    mes: str
    emissao: str
    vencimento: str
    total: str
    valor: Decimal
    vence_em: date | None
    ciclo: Pares
    leituras: tuple[LeituraImpressa, ...]
    linhas: tuple[LinhaImpressa, ...]
    subtotal: str
    outras: tuple[LinhaImpressa, ...]
    tributos: tuple[TributoImpresso, ...]
    composicao: Pares
    bandeiras: tuple[str, ...]
    historico: tuple[MesImpresso, ...]
    mensagens: tuple[str, ...]
    verificacao: str
    pagamento_eletronico: str


def montar_impressao(fatura: Fatura) -> ContaImpressa:
    """What the printed `fatura` says: a draft, an issued, a cancelled or an AVULSA alike.

    The customer's document is masked. An invoice without demonstrativo (AVULSA)
    has one line, its value. Few queries, whatever the number of its lines.
    """
    documento = fatura.demonstrativo if isinstance(fatura.demonstrativo, dict) else {}
    entrada = documento.get("entrada") or {}
    unidade = documento.get("unidade") or {}
    cliente = documento.get("cliente") or {}
    distribuidora = _distribuidora(fatura)
    linhas = documento.get("linhas") or ()
    fornecimento = [linha for linha in linhas if linha.get("codigo") not in FORA_DO_FORNECIMENTO]
    outras = [linha for linha in linhas if linha.get("codigo") in FORA_DO_FORNECIMENTO]
    aliquota = _aliquota_icms(documento, entrada)
    emissora = documento.get("distribuidora") or {}
    periodo = entrada.get("periodo") or {}
    return ContaImpressa(
        titulo="Fatura avulsa" if fatura.e_avulsa else "Conta de energia elétrica",
        documento=_nome(fatura),
        tarja=_tarja(fatura),
        emissora=emissora.get("nome") or (distribuidora.nome if distribuidora else ""),
        cnpj=formatar_documento(
            emissora.get("cnpj") or (distribuidora.cnpj if distribuidora else "")
        ),
        endereco_da_emissora=distribuidora.endereco if distribuidora else "",
        contatos=_contatos(emissora, distribuidora),
        cliente=cliente.get("nome") or fatura.cliente.nome,
        documento_do_cliente=mascarar_documento(
            cliente.get("documento") or ("" if cliente else fatura.cliente.documento) or ""
        ),
        endereco_do_cliente=cliente.get("endereco") or fatura.cliente.endereco,
        unidade=unidade.get("codigo") or (fatura.unidade.codigo if fatura.unidade else ""),
        endereco_da_unidade=unidade.get("endereco")
        or (fatura.unidade.endereco if fatura.unidade else ""),
        classificacao=descrever_unidade(entrada["unidade"]) if entrada.get("unidade") else "",
        grupo_leitura=unidade.get("grupo_leitura") or "",
        mes=mes(fatura.mes_referencia),
        emissao=dia(fatura.data_emissao),
        vencimento=dia(fatura.data_vencimento),
        total=brl(fatura.valor),
        valor=fatura.valor,
        vence_em=fatura.data_vencimento,
        ciclo=_ciclo(fatura, documento, entrada),
        leituras=tuple(map(_leitura, documento.get("leituras") or ())),
        linhas=tuple(_linha(linha, aliquota, periodo) for linha in fornecimento)
        or (() if outras else (_linha_unica(fatura),)),
        subtotal=brl(sum((_valor(linha) for linha in fornecimento), ZERO)) if linhas else "",
        outras=tuple(_linha(linha, aliquota, periodo) for linha in outras),
        tributos=_tributos(linhas, entrada, aliquota),
        composicao=_composicao(linhas, fatura.valor),
        bandeiras=_bandeiras(entrada),
        historico=_historico(fatura),
        mensagens=_mensagens(fatura, documento, distribuidora),
        verificacao=codigo_de_verificacao(documento) if documento else "",
        pagamento_eletronico=CODIGO_AUSENTE,
    )


def codigo_de_verificacao(documento: dict[str, Any]) -> str:
    """SHA-256 of the demonstrativo, in lower-case hexadecimal: what the bill says it proves.

    Anyone who has the document from the API can redo it: its JSON with sorted
    keys, without spaces, in UTF-8.
    """
    texto = json.dumps(documento, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(texto.encode()).hexdigest()


def _distribuidora(fatura: Fatura) -> Distribuidora | None:
    """Who bills: the UC's; where it names none, the only one there is."""
    if fatura.unidade is not None and fatura.unidade.distribuidora_id is not None:
        return Distribuidora.objects.get(pk=fatura.unidade.distribuidora_id)
    unicas = list(Distribuidora.objects.order_by("pk")[:2])
    return unicas[0] if len(unicas) == 1 else None


def _nome(fatura: Fatura) -> str:
    nome = str(fatura)
    return nome[:1].upper() + nome[1:]


def _tarja(fatura: Fatura) -> str:
    if fatura.situacao == Fatura.Situacao.RASCUNHO:
        return RASCUNHO
    return CANCELADA if fatura.situacao == Fatura.Situacao.CANCELADA else ""


def _contatos(emissora: dict[str, Any], distribuidora: Distribuidora | None) -> Pares:
    contato = emissora.get("contato") or (distribuidora.contato if distribuidora else "")
    telefone = distribuidora.telefone if distribuidora else ""
    ouvidoria = distribuidora.ouvidoria if distribuidora else ""
    pares = [("Atendimento", telefone or contato or SEM_CONTATO)]
    if telefone and contato:
        pares.append(("Contato", contato))
    return (*pares, ("Ouvidoria", ouvidoria or SEM_CONTATO))


def _ciclo(fatura: Fatura, documento: dict[str, Any], entrada: dict[str, Any]) -> Pares:
    periodo = entrada.get("periodo") or {}
    de, ate = ler_dia(periodo.get("de")), ler_dia(periodo.get("ate"))
    if de is None or ate is None:
        return ()
    pares = [
        ("Leitura anterior", dia(de)),
        ("Leitura atual", dia(ate)),
        ("Dias faturados", str((ate - de).days)),
        ("Próxima leitura", _proxima_leitura(fatura, ate)),
        ("Consumo medido", kwh(ler_decimal(documento.get("consumo_kwh")))),
        ("Consumo faturado", kwh(ler_decimal(documento.get("consumo_faturado_kwh")))),
    ]
    if compensado := ler_decimal(documento.get("compensado_kwh")):
        pares.append(("Energia compensada", kwh(compensado)))
    return tuple(pares)


def _proxima_leitura(fatura: Fatura, ate: date) -> str:
    """There is no calendar of readings: the days that a normal cycle may take."""
    if fatura.origem == Fatura.Origem.ENCERRAMENTO:
        return "nenhuma (encerramento)"
    menor, maior = (ate + timedelta(days=dias) for dias in INTERVALO_DIAS[TipoCiclo.NORMAL])
    return f"{menor:%d/%m} a {maior:%d/%m/%Y}"


def _leitura(leitura: dict[str, Any]) -> LeituraImpressa:
    anterior, atual = leitura.get("anterior") or {}, leitura.get("atual") or {}
    antes, depois = (ler_decimal(valor.get("leitura_kwh")) for valor in (anterior, atual))
    origens = dict(Leitura.Origem.choices)
    quando = [ler_instante(valor.get("data_leitura")) for valor in (anterior, atual)]
    return LeituraImpressa(
        medidor=leitura.get("numero_medidor") or VAZIO,
        registrador=ler_rotulo(Registrador, leitura.get("registrador")),
        anterior=numero(antes, 3),
        anterior_em=dia(quando[0]),
        atual=numero(depois, 3),
        atual_em=dia(quando[1]),
        constante=numero(ler_decimal(leitura.get("constante"))),
        consumo=_contado(leitura, antes, depois),
        origem=origens.get(atual.get("origem") or "", atual.get("origem") or VAZIO),
    )


def _contado(leitura: dict[str, Any], antes: Decimal | None, depois: Decimal | None) -> str:
    constante, digitos = ler_decimal(leitura.get("constante")), leitura.get("digitos")
    if antes is None or depois is None or constante is None:
        return VAZIO
    volta = Decimal(10) ** digitos if isinstance(digitos, int) and depois < antes else ZERO
    return numero((depois - antes + volta) * constante, 3)


def _linha(
    linha: dict[str, Any], aliquota: Decimal | None, periodo: dict[str, Any]
) -> LinhaImpressa:
    fora = linha.get("codigo") in FORA_DO_FORNECIMENTO
    base = ler_decimal(linha.get("base_icms"))
    pis, cofins = (ler_decimal(linha.get(nome)) or ZERO for nome in ("pis", "cofins"))

    def tributo(valor: Decimal | None) -> str:
        return VAZIO if fora else numero(valor, 2)

    return LinhaImpressa(
        descricao=linha.get("descricao") or linha.get("codigo") or VAZIO,
        detalhe=_detalhe(linha, periodo),
        quantidade=numero(ler_decimal(linha.get("quantidade_kwh")), 3),
        tarifa=escrever_preco(linha.get("tarifa_brl_por_kwh")),
        preco=numero(ler_decimal(linha.get("preco_brl_por_kwh")), 8),
        valor=numero(ler_decimal(linha.get("valor")), 2),
        pis_cofins=tributo(pis + cofins),
        base_icms=tributo(base),
        aliquota_icms=VAZIO if fora else escrever_percentual(aliquota if base else ZERO),
        icms=tributo(ler_decimal(linha.get("icms"))),
    )


def _detalhe(linha: dict[str, Any], periodo: dict[str, Any]) -> str:
    """Where the line is of a posto or of a part of the cycle, which one."""
    partes = []
    posto = ler_rotulo(Posto, linha.get("posto"))
    if posto and linha.get("posto") != Posto.UNICO and posto not in linha.get("descricao", ""):
        partes.append(f"posto {posto}")
    de, ate = ler_dia(linha.get("de")), ler_dia(linha.get("ate"))
    if de and ate and (linha["de"], linha["ate"]) != (periodo.get("de"), periodo.get("ate")):
        partes.append(f"{de:%d/%m} a {ate:%d/%m}")
    if linha.get("origem_credito") and "crédito de" not in linha.get("descricao", ""):
        partes.append(f"crédito de {linha['origem_credito']}")
    return ", ".join(partes)


def _linha_unica(fatura: Fatura) -> LinhaImpressa:
    vazios = ("tarifa", "preco", "pis_cofins", "base_icms", "aliquota_icms", "icms")
    return LinhaImpressa(
        descricao=f"{_nome(fatura)}, referente a {mes(fatura.mes_referencia)}",
        detalhe="",
        quantidade=VAZIO,
        valor=numero(fatura.valor, 2),
        **dict.fromkeys(vazios, VAZIO),
    )


def _valor(linha: dict[str, Any], nome: str = "valor") -> Decimal:
    return ler_decimal(linha.get(nome)) or ZERO


def _aliquota_icms(documento: dict[str, Any], entrada: dict[str, Any]) -> Decimal | None:
    """The one ICMS rate of the bill: its own, or that of the band of its consumption."""
    if (fixa := ler_decimal((entrada.get("tributos") or {}).get("icms"))) is not None:
        return fixa
    consumo = ler_decimal(documento.get("consumo_kwh")) or ZERO
    faixas = [
        (ler_decimal(faixa.get("ate_kwh")), ler_decimal(faixa.get("aliquota")))
        for faixa in entrada.get("faixas_icms") or ()
    ]
    faixas.sort(key=lambda faixa: (faixa[0] is None, faixa[0] or ZERO))
    return next((taxa for ate, taxa in faixas if ate is None or consumo <= ate), None)


def _tributos(
    linhas: Sequence[dict[str, Any]], entrada: dict[str, Any], aliquota_icms: Decimal | None
) -> tuple[TributoImpresso, ...]:
    if not linhas:
        return ()
    taxas = entrada.get("tributos") or {}
    aliquotas = {"icms": aliquota_icms, "pis": taxas.get("pis"), "cofins": taxas.get("cofins")}
    bases = {"icms": "base_icms", "pis": "base_pis_cofins", "cofins": "base_pis_cofins"}
    return tuple(
        TributoImpresso(
            nome.upper(),
            base=numero(sum((_valor(linha, bases[nome]) for linha in linhas), ZERO), 2),
            aliquota=escrever_percentual(aliquotas[nome]),
            valor=numero(sum((_valor(linha, nome) for linha in linhas), ZERO), 2),
        )
        for nome in bases
    )


def _composicao(linhas: Sequence[dict[str, Any]], total: Decimal) -> Pares:
    """What the bill is made of, without tax, and the taxes; adds up to the total."""
    if not linhas:
        return ()
    partes: list[tuple[str, Decimal]] = []
    for rotulo, codigos in GRUPOS:
        do_grupo = [linha for linha in linhas if linha.get("codigo") in codigos]
        if do_grupo:
            partes.append((rotulo, sum(map(_sem_tributos, do_grupo), ZERO)))
    tributos = sum((_valor(linha) - _sem_tributos(linha) for linha in linhas), ZERO)
    partes.append(("ICMS, PIS e COFINS", tributos))
    for rotulo, codigo in (("Iluminação pública (CIP)", "CIP"), ("Lançamentos", "LANCAMENTO")):
        avulsas = [linha for linha in linhas if linha.get("codigo") == codigo]
        if avulsas:
            partes.append((rotulo, sum(map(_valor, avulsas), ZERO)))
    return (*((rotulo, brl(valor)) for rotulo, valor in partes), ("Total", brl(total)))


def _sem_tributos(linha: dict[str, Any]) -> Decimal:
    return _valor(linha) - sum((_valor(linha, nome) for nome in ("icms", "pis", "cofins")), ZERO)


def _bandeiras(entrada: dict[str, Any]) -> tuple[str, ...]:
    periodo = entrada.get("periodo") or {}
    de, ate = ler_dia(periodo.get("de")), ler_dia(periodo.get("ate"))
    frases = []
    for bandeira in entrada.get("bandeiras") or ():
        inicio, fim = ler_dia(bandeira.get("vigente_de")), ler_dia(bandeira.get("vigente_ate"))
        if de is None or ate is None or inicio is None:
            continue
        inicio, fim = max(inicio, de), min(fim or ate, ate)
        if inicio >= fim:
            continue
        cor = ler_rotulo(CorBandeira, bandeira.get("cor"))
        adicional = ler_decimal(bandeira.get("adicional_brl_por_mwh"))
        preco = f", R${JUNTO}{escrever_preco(adicional)} por MWh sem tributos" if adicional else ""
        dias = (fim - inicio).days
        frases.append(f"{cor} de {inicio:%d/%m} a {fim:%d/%m} ({dias} dias){preco}")
    return tuple(frases)


def _historico(fatura: Fatura) -> tuple[MesImpresso, ...]:
    """The 13 months that end with this bill's, of this customer at this UC; itself always."""
    if fatura.unidade_id is None or fatura.ciclo_ate is None or fatura.ciclo_de is None:
        return ()
    meses = consumo_da_unidade(
        fatura.unidade_id, ate=fatura.mes_referencia, cliente_id=fatura.cliente_id
    )
    desta = meses[-1]
    if fatura.pk not in desta.fatura_ids:  # a draft, or one that was cancelled
        dias = (dia_civil(fatura.ciclo_ate) - dia_civil(fatura.ciclo_de)).days
        desta = ConsumoDoMes(fatura.mes_referencia, consumo_kwh=fatura.consumo_kwh, dias=dias)
    return tuple(_mes(um, desta=um is desta) for um in (*meses[:-1], desta))


def _mes(um: ConsumoDoMes, *, desta: bool) -> MesImpresso:
    return MesImpresso(
        mes=f"{um.mes:%m/%y}",
        consumo_kwh=um.consumo_kwh,
        texto=VAZIO if um.consumo_kwh is None else numero(_inteiro(um.consumo_kwh)),
        dias=VAZIO if um.consumo_kwh is None else str(um.dias),
        estimado=um.estimado,
        desta=desta,
    )


def _inteiro(valor: Decimal) -> Decimal:
    return valor.quantize(Decimal(1), ROUND_HALF_UP)


def _mensagens(
    fatura: Fatura, documento: dict[str, Any], distribuidora: Distribuidora | None
) -> tuple[str, ...]:
    mensagens = [*_situacao(fatura)]
    mensagens += [
        ocorrencia.get("mensagem", "")
        for ocorrencia in documento.get("ocorrencias") or ()
        if ocorrencia.get("codigo") in OCORRENCIAS_DO_CLIENTE
    ]
    totais = documento.get("totais") or {}
    novos = [
        f"{nome.upper()} {brl(valor)}"
        for nome in ("cbs", "ibs")
        if (valor := ler_decimal(totais.get(nome))) is not None
    ]
    if novos:
        mensagens.append(f"Para informação, sem mudar o total: {' e '.join(novos)}.")
    if distribuidora is not None and distribuidora.multa + distribuidora.juros_ao_mes > 0:
        mensagens.append(
            f"Depois do vencimento: multa de {escrever_percentual(distribuidora.multa)} e juros "
            f"de {escrever_percentual(distribuidora.juros_ao_mes)} ao mês, por dia de atraso."
        )
    return tuple(filter(None, mensagens))


def _situacao(fatura: Fatura) -> Iterable[str]:
    if fatura.situacao == Fatura.Situacao.RASCUNHO:
        yield "Rascunho para conferência: não é documento de cobrança e pode mudar."
    if fatura.substitui_id is not None:
        yield f"Substitui a {fatura.substitui}, cancelada."
    if fatura.situacao == Fatura.Situacao.CANCELADA:
        nova = getattr(fatura, "substituida_por", None)
        troca = f" Foi substituída pela {nova}." if nova is not None else ""
        yield f"Cancelada em {dia(fatura.cancelada_em)}. Não pague esta fatura.{troca}"

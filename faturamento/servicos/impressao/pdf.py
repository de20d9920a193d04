"""The printed invoice as a PDF of A4 pages, the same bytes for the same content.

The fonts are those that every PDF reader has (Helvetica, in WinAnsi): Portuguese
and its signs fit, and a bill stays a few kilobytes.
"""

import unicodedata
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from faturamento.models import Fatura
from faturamento.servicos.impressao.conta import ContaImpressa, MesImpresso, montar_impressao

LARGURA, ALTURA = A4
MARGEM = 28
UTIL = LARGURA - 2 * MARGEM
CANHOTO = 118  # height of the slip at the foot of the first page
RODAPE = 16

NORMAL, NEGRITO = "Helvetica", "Helvetica-Bold"
TINTA = HexColor("#1b2430")
SUAVE = HexColor("#5b6675")
MARCA = HexColor("#123f6d")
FUNDO = HexColor("#eef3f8")
RISCO = HexColor("#c3ccd6")
BARRA = HexColor("#8fb0d1")
TARJA = Color(0.75, 0.1, 0.1, alpha=0.16)


def _estilo(nome: str, tamanho: float, **mais: Any) -> ParagraphStyle:
    base = {"fontName": NORMAL, "fontSize": tamanho, "leading": tamanho * 1.22, "textColor": TINTA}
    return ParagraphStyle(nome, **{**base, **mais})


TEXTO = _estilo("texto", 8)
FORTE = _estilo("forte", 8, fontName=NEGRITO)
DIREITA = _estilo("direita", 8, alignment=TA_RIGHT)
MIUDO = _estilo("miudo", 6.8, textColor=SUAVE)
CELULA = _estilo("celula", 7.4)
ROTULO = _estilo("rotulo", 6.6, textColor=SUAVE)
TITULO = _estilo("titulo", 8.2, fontName=NEGRITO, textColor=MARCA)
EMISSORA = _estilo("emissora", 15, fontName=NEGRITO, textColor=MARCA)
CONTA = _estilo("conta", 11, fontName=NEGRITO, alignment=TA_RIGHT, textColor=MARCA)


def gerar_pdf(fatura: Fatura) -> bytes:
    """The PDF of `fatura`; see `montar_impressao` for what it says."""
    return desenhar(montar_impressao(fatura))


def desenhar(conta: ContaImpressa) -> bytes:
    """The PDF of what was put together; one page for an ordinary bill, more for long ones."""
    destino = BytesIO()
    documento = BaseDocTemplate(
        destino,
        pagesize=A4,
        title=f"{conta.documento} – {conta.mes}",
        author=conta.emissora,
        subject=conta.titulo,
        creator="Energia",
        lang="pt-BR",
        invariant=1,  # no date, no random id: printed again, the same file
    )

    def moldura(base: float) -> list[Frame]:
        altura = ALTURA - MARGEM - base
        return [Frame(MARGEM, base, UTIL, altura, 0, 0, 0, 0)]

    def primeira(tela: Any, _: Any) -> None:
        _desenhar_tarja(tela, conta.tarja)
        _desenhar_canhoto(tela, conta)
        _desenhar_rodape(tela, conta)

    def seguinte(tela: Any, _: Any) -> None:
        _desenhar_tarja(tela, conta.tarja)
        _desenhar_rodape(tela, conta)

    documento.addPageTemplates(
        [
            PageTemplate("primeira", moldura(CANHOTO + 26), onPageEnd=primeira),
            PageTemplate("seguinte", moldura(MARGEM + RODAPE), onPageEnd=seguinte),
        ]
    )
    documento.build([NextPageTemplate("seguinte"), *_corpo(conta)])
    return destino.getvalue()


def imprimivel(texto: object) -> str:
    """The text in the letters that the fonts have; others lose their marks, or become "?".

    >>> imprimivel("São José · 3 × 2 – “ok”"), imprimivel("Łódź 電")
    ('São José · 3 × 2 – “ok”', '?ódz ?')
    """
    saida = []
    for letra in str(texto).replace("\N{MINUS SIGN}", "-"):
        if unicodedata.category(letra) == "Cc" or _cabe(letra):
            saida.append(letra if _cabe(letra) else " ")
            continue
        simples = "".join(parte for parte in unicodedata.normalize("NFKD", letra) if _cabe(parte))
        saida.append(simples or ("" if unicodedata.combining(letra) else "?"))
    return "".join(saida)


def _cabe(letra: str) -> bool:
    if unicodedata.category(letra) == "Cc":
        return False
    try:
        letra.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _p(texto: object, estilo: ParagraphStyle = TEXTO) -> Paragraph:
    return Paragraph(escape(imprimivel(texto)), estilo)


def _par(rotulo: str, valor: object, estilo: ParagraphStyle = FORTE) -> list[Paragraph]:
    return [_p(rotulo, ROTULO), _p(valor, estilo)]


def _corpo(conta: ContaImpressa) -> list[Any]:
    partes: list[Any] = [_cabecalho(conta), Spacer(0, 6), _destaques(conta), Spacer(0, 6)]
    partes += [_partes_da_conta(conta), Spacer(0, 6)]
    if conta.ciclo:
        partes += [_faixa_do_ciclo(conta), Spacer(0, 6)]
    if conta.leituras:
        partes += [_p("Leituras", TITULO), Spacer(0, 2), _leituras(conta), Spacer(0, 6)]
    partes += [_p("Itens da fatura", TITULO), Spacer(0, 2), _itens(conta), Spacer(0, 6)]
    if conta.historico or conta.tributos:
        partes += [CondPageBreak(110), _historico_e_tributos(conta), Spacer(0, 6)]
    partes += [_avisos(conta)]
    return partes


def _cabecalho(conta: ContaImpressa) -> Table:
    esquerda = [_p(conta.emissora or "–", EMISSORA), Spacer(0, 3)]
    esquerda += [_p(f"CNPJ {conta.cnpj}", MIUDO)] if conta.cnpj else []
    esquerda += [_p(conta.endereco_da_emissora, MIUDO)] if conta.endereco_da_emissora else []
    direita = [
        _p(conta.titulo, CONTA),
        Spacer(0, 2),
        _p(conta.documento, DIREITA),
        _p(f"Emissão: {conta.emissao}", DIREITA),
    ]
    tabela = Table([[esquerda, direita]], colWidths=[UTIL * 0.6, UTIL * 0.4])
    tabela.setStyle([*_SEM_FOLGA, ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return tabela


def _destaques(conta: ContaImpressa) -> Table:
    grande = _estilo("grande", 15, fontName=NEGRITO, textColor=white)
    rotulo = _estilo("rotulo-claro", 7.2, textColor=white)
    celulas = [
        [_p(nome, rotulo), Spacer(0, 2), _p(valor, grande)]
        for nome, valor in (
            ("Mês de referência", conta.mes),
            ("Vencimento", conta.vencimento),
            ("Total a pagar", conta.total),
        )
    ]
    tabela = Table([celulas], colWidths=[UTIL * 0.28, UTIL * 0.32, UTIL * 0.4])
    tabela.setStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), MARCA),
            ("LINEAFTER", (0, 0), (-2, -1), 0.8, white),
            ("TOPPADDING", (0, 0), (-1, -1), 5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
            ("LEFTPADDING", (0, 0), (-1, -1), 9),
        ]
    )
    return tabela


def _partes_da_conta(conta: ContaImpressa) -> Table:
    esquerda = [
        *_par("Cliente", conta.cliente),
        *([_p(f"CPF/CNPJ {conta.documento_do_cliente}")] if conta.documento_do_cliente else []),
        *([_p(conta.endereco_do_cliente)] if conta.endereco_do_cliente else []),
    ]
    direita: list[Any] = [
        *_par("Unidade consumidora", conta.unidade or "–"),
        *([_p(conta.classificacao)] if conta.classificacao else []),
        *([_p(conta.endereco_da_unidade)] if conta.endereco_da_unidade else []),
        *([_p(f"Grupo de leitura {conta.grupo_leitura}")] if conta.grupo_leitura else []),
    ]
    tabela = Table([[esquerda, direita]], colWidths=[UTIL / 2, UTIL / 2])
    tabela.setStyle([("BOX", (0, 0), (0, 0), 0.6, RISCO), ("BOX", (1, 0), (1, 0), 0.6, RISCO)])
    tabela.setStyle([*_FOLGA, ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return tabela


def _faixa_do_ciclo(conta: ContaImpressa) -> Table:
    celulas = [_par(rotulo, valor) for rotulo, valor in conta.ciclo]
    pesos = [1.25 if rotulo == "Próxima leitura" else 1 for rotulo, _ in conta.ciclo]
    larguras = [UTIL * peso / sum(pesos) for peso in pesos]
    tabela = Table([celulas], colWidths=larguras)
    tabela.setStyle(
        [*_FOLGA, ("BACKGROUND", (0, 0), (-1, -1), FUNDO), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    return tabela


def _leituras(conta: ContaImpressa) -> Table:
    titulos = [
        "Medidor",
        "Registrador",
        "Anterior",
        "Lida em",
        "Atual",
        "Lida em",
        "Constante",
        "Consumo (kWh)",
        "Origem",
    ]
    linhas = [
        [
            leitura.medidor,
            leitura.registrador,
            leitura.anterior,
            leitura.anterior_em,
            leitura.atual,
            leitura.atual_em,
            leitura.constante,
            leitura.consumo,
            leitura.origem,
        ]
        for leitura in conta.leituras
    ]
    pesos = [16, 15, 12, 10, 12, 10, 8, 13, 14]
    return _tabela(titulos, linhas, pesos, numericas={2, 4, 6, 7})


def _itens(conta: ContaImpressa) -> Table:
    titulos = [
        "Descrição",
        "kWh",
        "Tarifa sem tributos",
        "Preço com tributos",
        "PIS e COFINS",
        "Base do ICMS",
        "Alíq. ICMS",
        "ICMS",
        "Valor (R$)",
    ]
    linhas = [_item(linha) for linha in conta.linhas]
    destaques = []
    if conta.subtotal and conta.outras:
        linhas.append(["Fornecimento", *[""] * 7, conta.subtotal.removeprefix("R$").strip()])
        destaques.append(len(linhas))
    linhas += [_item(linha) for linha in conta.outras]
    linhas.append(["Total a pagar", *[""] * 7, conta.total.removeprefix("R$").strip()])
    tabela = _tabela(titulos, linhas, [43, 12, 12, 14, 10, 12, 9, 11, 13], set(range(1, 9)))
    total = len(linhas)
    tabela.setStyle(
        [
            *(("FONTNAME", (0, linha), (-1, linha), NEGRITO) for linha in (*destaques, total)),
            ("FONTNAME", (8, 1), (8, -1), NEGRITO),
            ("BACKGROUND", (0, total), (-1, total), FUNDO),
        ]
    )
    return tabela


def _item(linha: Any) -> list[Any]:
    descricao: Any = linha.descricao
    detalhe = f' <font size="6.4" color="#5b6675">{escape(imprimivel(linha.detalhe))}</font>'
    descricao = Paragraph(
        escape(imprimivel(linha.descricao)) + (detalhe if linha.detalhe else ""), CELULA
    )
    return [
        descricao,
        linha.quantidade,
        linha.tarifa,
        linha.preco,
        linha.pis_cofins,
        linha.base_icms,
        linha.aliquota_icms,
        linha.icms,
        linha.valor,
    ]


def _historico_e_tributos(conta: ContaImpressa) -> Table:
    esquerda: list[Any] = []
    if conta.historico:
        esquerda = [
            _p("Consumo dos últimos 13 meses (kWh)", TITULO),
            Spacer(0, 4),
            Historico(conta.historico, UTIL * 0.53, 118),
        ]
    direita: list[Any] = []
    largura = UTIL * 0.43
    if conta.tributos:
        linhas = [[t.nome, t.base, t.aliquota, t.valor] for t in conta.tributos]
        titulos = ["Tributo", "Base (R$)", "Alíquota", "Valor (R$)"]
        direita += [
            _p("Tributos", TITULO),
            Spacer(0, 2),
            _tabela(titulos, linhas, [3, 4, 3, 4], {1, 2, 3}, largura),
            Spacer(0, 5),
        ]
    if conta.composicao:
        pares = [list(par) for par in conta.composicao]
        tabela = _tabela(["O que você paga", "R$"], pares, [7, 4], {1}, largura)
        tabela.setStyle([("FONTNAME", (0, -1), (-1, -1), NEGRITO)])
        direita.append(tabela)
    tabela = Table([[esquerda, direita]], colWidths=[UTIL * 0.57, largura])
    tabela.setStyle([*_SEM_FOLGA, ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return tabela


def _avisos(conta: ContaImpressa) -> Table:
    itens: list[Any] = []
    if conta.bandeiras:
        itens.append(_p(f"Bandeira tarifária: {'; '.join(conta.bandeiras)}.", CELULA))
    itens += [_p(mensagem, CELULA) for mensagem in conta.mensagens]
    contatos = " · ".join(f"{rotulo}: {valor}" for rotulo, valor in conta.contatos)
    itens.append(_p(contatos, FORTE))
    if conta.verificacao:
        itens.append(_p(f"Verificação do demonstrativo (SHA-256): {conta.verificacao}", MIUDO))
    tabela = Table([[item] for item in itens], colWidths=[UTIL])
    tabela.setStyle(
        [
            ("BOX", (0, 0), (-1, -1), 0.6, RISCO),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ("LEFTPADDING", (0, 0), (-1, -1), 6),
        ]
    )
    return tabela


class Historico(Flowable):
    """Bars of consumption, oldest first; this bill's in the strong colour."""

    def __init__(self, meses: Sequence[MesImpresso], largura: float, altura: float) -> None:
        super().__init__()
        self.meses, self.width, self.height = meses, largura, altura

    def draw(self) -> None:
        tela = self.canv
        passo = self.width / len(self.meses)
        base, topo = 20.0, self.height - 9
        maior = max((um.consumo_kwh for um in self.meses if um.consumo_kwh), default=None)
        for posicao, um in enumerate(self.meses):
            meio = passo * (posicao + 0.5)
            altura = 0.0
            if maior and um.consumo_kwh is not None:
                altura = max(float(um.consumo_kwh / maior) * (topo - base), 0.8)
                tela.setFillColor(MARCA if um.desta else BARRA)
                tela.rect(meio - passo * 0.32, base, passo * 0.64, altura, stroke=0, fill=1)
            tela.setFillColor(TINTA)
            tela.setFont(NEGRITO if um.desta else NORMAL, 5.8)
            valor = f"{um.texto}*" if um.estimado else um.texto
            tela.drawCentredString(meio, base + altura + 2, imprimivel(valor))
            tela.setFont(NORMAL, 5.8)
            tela.drawCentredString(meio, base - 8, um.mes)
            tela.setFillColor(SUAVE)
            tela.drawCentredString(meio, base - 15, "" if um.dias == "–" else f"{um.dias} d")
        tela.setStrokeColor(RISCO)
        tela.line(0, base, self.width, base)
        if any(um.estimado for um in self.meses):
            tela.drawRightString(self.width, 0, "* estimado")


_SEM_FOLGA = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]
_FOLGA = [
    ("LEFTPADDING", (0, 0), (-1, -1), 7),
    ("RIGHTPADDING", (0, 0), (-1, -1), 5),
    ("TOPPADDING", (0, 0), (-1, -1), 4),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
]


def _tabela(
    titulos: list[str],
    linhas: list[list[Any]],
    pesos: list[int],
    numericas: set[int],
    largura: float = UTIL,
) -> Table:
    """A ruled table whose head repeats on the next page; `numericas` are to the right."""
    cabeca = _estilo("cabeca", 6.6, fontName=NEGRITO, textColor=SUAVE)
    cabeca_direita = _estilo("cabeca-d", 6.6, fontName=NEGRITO, textColor=SUAVE, alignment=TA_RIGHT)
    corpo = [
        [celula if isinstance(celula, Paragraph) else imprimivel(celula) for celula in linha]
        for linha in linhas
    ]
    topo = [
        _p(titulo, cabeca_direita if coluna in numericas else cabeca)
        for coluna, titulo in enumerate(titulos)
    ]
    larguras = [largura * peso / sum(pesos) for peso in pesos]
    tabela = Table([topo, *corpo], colWidths=larguras, repeatRows=1)
    tabela.setStyle(
        [
            ("FONT", (0, 1), (-1, -1), NORMAL, 7.4, 9),
            ("TEXTCOLOR", (0, 1), (-1, -1), TINTA),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, MARCA),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, RISCO),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            *(("ALIGN", (coluna, 0), (coluna, -1), "RIGHT") for coluna in numericas),
        ]
    )
    return tabela


def _desenhar_tarja(tela: Any, tarja: str) -> None:
    if not tarja:
        return
    tela.saveState()
    tela.translate(LARGURA / 2, ALTURA / 2)
    tela.rotate(50)
    tela.setFillColor(TARJA)
    texto = imprimivel(tarja)
    tamanho = min(90.0, 700 / tela.stringWidth(texto, NEGRITO, 1))
    tela.setFont(NEGRITO, tamanho)
    tela.drawCentredString(0, -tamanho / 3, texto)
    tela.restoreState()


def _desenhar_rodape(tela: Any, conta: ContaImpressa) -> None:
    tela.saveState()
    tela.setFont(NORMAL, 6.4)
    tela.setFillColor(SUAVE)
    texto = f"{conta.documento} · {conta.cliente}"
    tela.drawString(MARGEM, MARGEM / 2, imprimivel(texto)[:110])
    tela.drawRightString(LARGURA - MARGEM, MARGEM / 2, f"página {tela.getPageNumber()}")
    tela.restoreState()


def _desenhar_canhoto(tela: Any, conta: ContaImpressa) -> None:
    """The slip that is cut off: what to pay, and the place of the electronic codes."""
    tela.saveState()
    topo = CANHOTO + 18
    tela.setStrokeColor(SUAVE)
    tela.setDash(3, 2)
    tela.line(MARGEM, topo, LARGURA - MARGEM, topo)
    tela.setDash()
    coluna = UTIL * 0.42
    pares = [
        ("Cliente", conta.cliente),
        ("Unidade consumidora", conta.unidade or "–"),
        ("Documento", conta.documento),
    ]
    y = topo - 14
    for rotulo, valor in pares:
        _escrever_par(tela, MARGEM, y, rotulo, _cortar(tela, valor, coluna - 8))
        y -= 23
    numeros = (("Referência", conta.mes), ("Vencimento", conta.vencimento), ("Total", conta.total))
    for indice, (rotulo, valor) in enumerate(numeros):
        _escrever_par(tela, MARGEM + indice * coluna / 3, y, rotulo, valor)
    x = MARGEM + coluna + 8
    tela.setStrokeColor(RISCO)
    tela.rect(x, 26, LARGURA - MARGEM - x, topo - 34, stroke=1, fill=0)
    tela.setFillColor(SUAVE)
    tela.setFont(NORMAL, 8)
    meio = (x + LARGURA - MARGEM) / 2
    if conta.tarja:
        tela.drawCentredString(meio, 26 + (topo - 34) / 2, imprimivel(conta.tarja))
    else:
        tela.drawCentredString(meio, 26 + (topo - 34) / 2, imprimivel(conta.pagamento_eletronico))
    tela.restoreState()


def _escrever_par(tela: Any, x: float, y: float, rotulo: str, valor: str) -> None:
    tela.setFont(NORMAL, 6.6)
    tela.setFillColor(SUAVE)
    tela.drawString(x, y, imprimivel(rotulo))
    tela.setFont(NEGRITO, 8.4)
    tela.setFillColor(TINTA)
    tela.drawString(x, y - 10, imprimivel(valor))


def _cortar(tela: Any, texto: str, largura: float) -> str:
    """The text in one line of this width."""
    texto = imprimivel(texto)
    if tela.stringWidth(texto, NEGRITO, 8.4) <= largura:
        return texto
    while texto and tela.stringWidth(f"{texto}…", NEGRITO, 8.4) > largura:
        texto = texto[:-1]
    return f"{texto}…"

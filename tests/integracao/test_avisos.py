"""Webhooks: written with their event, delivered at least once, only where allowed."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clientes.models import Cliente
from faturamento.models import Fatura
from faturamento.servicos.avulsas import criar_fatura_avulsa
from faturamento.servicos.baixa import mudar_status_pagamento, registrar_pagamento
from faturamento.servicos.cancelamento import cancelar_fatura
from faturamento.servicos.execucao import definir_escopo, faturar
from integracao.models import Assinatura, Aviso, HostPermitido
from integracao.servicos import avisos, envio
from integracao.servicos.assinaturas import trocar_segredo
from integracao.servicos.avisos import (
    ESPERAS,
    PRAZO_DA_TENTATIVA,
    TENTATIVAS_MAXIMAS,
    AvisoNaoReenviavelError,
    Fato,
    avisar,
    entregar_pendentes,
    limpar_avisos,
    reenviar,
)
from integracao.servicos.envio import Resposta, assinar, enviar
from medidores.models import Leitura
from medidores.servicos.julgamento import LeituraInformada
from medidores.servicos.leituras import registrar_leitura, registrar_leituras
from tests.factories import (
    ClienteFactory,
    MedidorFactory,
    criar_parametros,
    criar_unidade_com_leituras,
)
from tests.faltas import morrer_no_comando
from tests.paginas import agir_em_lote, entrar_como

pytestmark = pytest.mark.django_db

EMITIDA = Assinatura.Evento.FATURA_EMITIDA
ACEITOU, RECUSOU = Resposta(True, "Respondeu 204."), Resposta(False, "Respondeu 500.")


def assinar_eventos(url: str = "https://avisos.exemplo.com.br/energia", **eventos: bool) -> Any:
    nome = f"sistema {Assinatura.objects.count()}"
    return Assinatura.objects.create(nome=nome, url=url, **eventos)


def fatura_avulsa(agora: datetime) -> Fatura:
    return criar_fatura_avulsa(
        cliente=ClienteFactory(),
        valor=Decimal("150.00"),
        mes_referencia=date(2026, 2, 1),
        data_emissao=date(2026, 2, 10),
        agora=agora,
    )


# Written with the event


def test_sem_assinatura_nada_se_escreve(agora):
    assinar_eventos(fatura_paga=True)
    assinar_eventos(fatura_emitida=True, ativa=False)
    fatura_avulsa(agora)
    assert not Aviso.objects.exists()


def test_uma_linha_para_cada_assinatura_sem_dado_pessoal(agora):
    assinar_eventos(fatura_emitida=True)
    assinar_eventos(fatura_emitida=True)

    fatura = fatura_avulsa(agora)

    assert Aviso.objects.count() == 2
    aviso = Aviso.objects.order_by("pk")[0]
    assert (aviso.evento, aviso.objeto_id, aviso.criado_em) == ("fatura.emitida", fatura.pk, agora)
    assert aviso.dados["valor"] == "150.00"
    assert aviso.dados["cliente_id"] == fatura.cliente_id
    assert fatura.cliente.nome not in json.dumps(aviso.dados, ensure_ascii=False)


def test_o_aviso_cai_com_a_transacao(agora):
    assinar_eventos(fatura_emitida=True)
    with transaction.atomic():
        fatura_avulsa(agora)
        assert Aviso.objects.count() == 1
        transaction.set_rollback(True)
    assert not Aviso.objects.exists()


def test_pagar_e_cancelar_avisam_uma_vez(agora):
    assinar_eventos(fatura_paga=True, fatura_cancelada=True)
    paga, outra = fatura_avulsa(agora), fatura_avulsa(agora)

    registrar_pagamento(
        fatura_id=paga.pk,
        valor=Decimal("50.00"),
        identificador="p1",
        data_pagamento=date(2026, 2, 10),
        agora=agora,
    )
    assert not Aviso.objects.exists(), "parcial não é paga"
    mudar_status_pagamento(fatura_id=paga.pk, status="PAGA", hoje=date(2026, 2, 10), agora=agora)
    mudar_status_pagamento(fatura_id=paga.pk, status="PAGA", hoje=date(2026, 2, 10), agora=agora)
    cancelar_fatura(fatura_id=outra.pk, motivo="DUPLICIDADE", agora=agora)

    escritos = Aviso.objects.order_by("pk").values_list("evento", "objeto_id")
    assert list(escritos) == [("fatura.paga", paga.pk), ("fatura.cancelada", outra.pk)]


def test_uma_execucao_que_emite_avisa_de_cada_fatura(agora):
    criar_parametros()
    for _ in range(3):
        criar_unidade_com_leituras()
    assinar_eventos(fatura_emitida=True)
    escopo = definir_escopo(date(2026, 1, 1), ate=None, grupo_leitura="", agora=agora)

    execucao = faturar(escopo, emitir=True, agora=agora)

    emitidas = Fatura.objects.filter(situacao="EMITIDA").order_by("pk")
    assert execucao.faturadas == len(emitidas) == 3
    assert list(Aviso.objects.order_by("pk").values_list("objeto_id", flat=True)) == [
        fatura.pk for fatura in emitidas
    ]
    assert {aviso.dados["numero"] for aviso in Aviso.objects.all()} == {1, 2, 3}


def lida(medidor: Any, dia: int, kwh: int) -> LeituraInformada:
    instante = datetime(2026, 1, dia, 12, tzinfo=UTC)
    return LeituraInformada(medidor.pk, "ATIVA_TOTAL", instante, Decimal(kwh), "API", ordem=dia)


@pytest.mark.parametrize("em_lote", [False, True], ids=["uma a uma", "em lote"])
def test_leitura_retida_avisa(agora, em_lote):
    medidor: Any = MedidorFactory()
    assinar_eventos(leitura_retida=True)
    leituras = [lida(medidor, 5, 1000), lida(medidor, 15, 1200), lida(medidor, 25, 700)]
    if em_lote:
        registrar_leituras(leituras, agora=agora)
    else:
        for leitura in leituras:
            registrar_leitura(leitura, agora=agora)

    retida = Leitura.objects.get(situacao="RETIDA")
    [aviso] = Aviso.objects.all()
    assert (aviso.evento, aviso.objeto_id) == ("leitura.retida", retida.pk)
    assert aviso.dados["codigo"] == "LEITURA_REGRESSIVA"


def test_avisar_custa_o_mesmo_para_uma_e_para_dez(agora):
    assinar_eventos(fatura_emitida=True)

    def consultas(n: int) -> int:
        with CaptureQueriesContext(connection) as capturadas:
            avisar(EMITIDA, [Fato(i, {}) for i in range(n)], agora=agora)
        return len(capturadas)

    assert consultas(1) == consultas(10)


# Delivered


def test_entrega_o_que_esta_na_hora_e_so_isso(agora):
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(1, {})], agora=agora)
    avisar(EMITIDA, [Fato(2, {})], agora=agora + timedelta(hours=1))

    assert entregar_pendentes(relogio=lambda: agora, enviar=lambda _: ACEITOU) == (1, 0)

    entregue, espera = Aviso.objects.order_by("pk")
    assert (entregue.situacao, entregue.entregue_em, entregue.tentativas) == ("ENTREGUE", agora, 1)
    assert espera.situacao == "PENDENTE"


def test_insiste_com_esperas_que_crescem_e_desiste(agora):
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(1, {})], agora=agora)
    horas = [agora]

    def tentar() -> tuple[int, int]:
        return entregar_pendentes(relogio=lambda: horas[-1], enviar=lambda _: RECUSOU)

    for espera in ESPERAS:
        assert tentar() == (0, 1)
        aviso = Aviso.objects.get()
        assert aviso.proxima_em == horas[-1] + espera
        horas.append(aviso.proxima_em)
    tentar()

    aviso = Aviso.objects.get()
    assert (aviso.situacao, aviso.proxima_em) == ("FALHOU", None)
    assert aviso.tentativas == TENTATIVAS_MAXIMAS
    assert list(ESPERAS) == sorted(ESPERAS)


def test_trabalhador_que_morre_deixa_o_aviso_para_depois(agora):
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(1, {})], agora=agora)

    def morrer(_: Aviso) -> Resposta:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        entregar_pendentes(relogio=lambda: agora, enviar=morrer)
    assert entregar_pendentes(relogio=lambda: agora, enviar=lambda _: ACEITOU) == (0, 0)

    depois = agora + PRAZO_DA_TENTATIVA
    assert entregar_pendentes(relogio=lambda: depois, enviar=lambda _: ACEITOU) == (1, 0)


def test_quem_demorou_nao_desfaz_o_que_outro_anotou(agora):
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(1, {})], agora=agora)
    depois = agora + PRAZO_DA_TENTATIVA

    def demorar(_: Aviso) -> Resposta:
        entregar_pendentes(relogio=lambda: depois, enviar=lambda _: ACEITOU)
        return RECUSOU

    entregar_pendentes(relogio=lambda: agora, enviar=demorar)
    assert Aviso.objects.get().situacao == "ENTREGUE"


def test_reenviar_guarda_o_identificador(agora):
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(1, {})], agora=agora)
    antes = Aviso.objects.get()
    with pytest.raises(AvisoNaoReenviavelError):
        reenviar([antes.pk], agora=agora, usuario_id=None)
    entregar_pendentes(relogio=lambda: agora, enviar=lambda _: ACEITOU)

    assert reenviar([antes.pk], agora=agora, usuario_id=None) == 1

    depois = Aviso.objects.get()
    assert (depois.situacao, depois.identificador) == ("PENDENTE", antes.identificador)


def test_limpa_so_o_que_terminou(agora):
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(1, {})], agora=agora)
    entregar_pendentes(relogio=lambda: agora, enviar=lambda _: ACEITOU)
    avisar(EMITIDA, [Fato(2, {})], agora=agora)
    limite = agora + timedelta(days=1)

    assert limpar_avisos(antes_de=limite, simular=True) == 1
    assert Aviso.objects.count() == 2
    assert limpar_avisos(antes_de=limite) == 1
    assert Aviso.objects.get().objeto_id == 2


# Over the wire


class Recebedor(BaseHTTPRequestHandler):
    recebidos: list[tuple[dict[str, str], bytes]] = []
    codigo = 204

    def do_POST(self) -> None:
        corpo = self.rfile.read(int(self.headers["Content-Length"]))
        self.recebidos.append((dict(self.headers), corpo))
        self.send_response(self.codigo)
        self.send_header("Location", "/outro")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def recebedor() -> Iterator[Any]:
    class Este(Recebedor):
        recebidos: list[tuple[dict[str, str], bytes]] = []

    servidor = HTTPServer(("127.0.0.1", 0), Este)
    threading.Thread(target=servidor.serve_forever, daemon=True).start()
    Este.porta = servidor.server_port  # type: ignore[attr-defined]
    yield Este
    servidor.shutdown()
    servidor.server_close()


def um_aviso(agora: datetime, url: str) -> Aviso:
    assinar_eventos(url, fatura_emitida=True)
    avisar(EMITIDA, [Fato(7, {"nome": "ação"})], agora=agora)
    return Aviso.objects.select_related("assinatura").get()


def test_quem_recebe_confere_a_assinatura(agora, recebedor):
    HostPermitido.objects.create(host="localhost", interno=True)
    aviso = um_aviso(agora, f"http://localhost:{recebedor.porta}/energia?a=1")

    assert enviar(aviso) == ACEITOU

    [(cabecalhos, corpo)] = recebedor.recebidos
    instante, conta = (p.split("=")[1] for p in cabecalhos["X-Energia-Assinatura"].split(","))
    segredo = aviso.assinatura.segredo.encode()
    esperada = hmac.new(segredo, instante.encode() + b"." + corpo, hashlib.sha256)
    assert hmac.compare_digest(conta, esperada.hexdigest())
    documento = json.loads(corpo)
    assert documento == {
        "id": str(aviso.identificador),
        "evento": "fatura.emitida",
        "criado_em": "2026-02-10T15:00:00+00:00",
        "dados": {"nome": "ação"},
    }
    assert cabecalhos["X-Energia-Id"] == documento["id"]
    assert cabecalhos["Host"] == f"localhost:{recebedor.porta}"


def test_outro_segredo_outra_assinatura():
    assinatura = assinar_eventos()
    antes = assinatura.segredo
    depois = trocar_segredo(assinatura.pk).segredo
    assert assinar(b"{}", antes, 1) != assinar(b"{}", depois, 1)
    assert not hasattr(assinatura.history.latest(), "segredo")


@pytest.mark.parametrize("codigo", [302, 400, 500])
def test_so_2xx_e_aceito_e_nada_e_seguido(agora, recebedor, codigo):
    recebedor.codigo = codigo
    HostPermitido.objects.create(host="localhost", interno=True)
    aviso = um_aviso(agora, f"http://localhost:{recebedor.porta}/")
    assert enviar(aviso) == Resposta(False, f"Respondeu {codigo}.")
    assert len(recebedor.recebidos) == 1


def test_host_que_deixou_de_ser_permitido_nao_e_chamado(agora, recebedor):
    aviso = um_aviso(agora, f"http://localhost:{recebedor.porta}/")
    resposta = enviar(aviso)
    assert not resposta.aceita
    assert "não está mais entre os permitidos" in resposta.frase
    assert recebedor.recebidos == []


def test_rede_interna_so_quando_o_administrador_diz(agora, recebedor, monkeypatch):
    host = HostPermitido.objects.create(host="localhost")
    aviso = um_aviso(agora, f"https://localhost:{recebedor.porta}/")
    assert "rede interna" in enviar(aviso).frase

    host.interno = True  # the control: with the mark, it is called (and fails for want of TLS)
    host.save()
    assert "rede interna" not in enviar(aviso).frase
    # A name that leads to one good address and a bad one is refused whole.
    enderecos = [(0, 0, 0, "", (e, 443)) for e in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(envio.socket, "getaddrinfo", lambda *_, **__: enderecos)
    host.interno = False
    host.save()
    assert "rede interna" in enviar(aviso).frase


def test_quem_nao_responde_nao_derruba_a_entrega(agora):
    HostPermitido.objects.create(host="localhost", interno=True)
    um_aviso(agora, "http://localhost:9/")
    assert entregar_pendentes(relogio=lambda: agora) == (0, 1)
    assert Aviso.objects.get().resposta.startswith("Não respondeu: a conexão foi recusada")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://bom.exemplo/",
        "https://bom.exemplo:abc/",
        "https://bom.exemplo:99999/",
        "https://ana:senha@bom.exemplo/",
        "https://bom.exemplo/#x",
        "https://outro.exemplo/",
        "https://bom.exemplo.outro/",
        "http://bom.exemplo/",
        "https://bom.exemplo/\r\nX: 1",
        "https:///caminho",
        "//bom.exemplo/",
        "",
    ],
)
def test_endereco_que_nao_se_chama_e_recusado_ao_gravar(url):
    HostPermitido.objects.create(host="bom.exemplo")
    Assinatura(nome="boa", url="https://bom.exemplo/energia?x=1").full_clean()
    with pytest.raises(ValidationError) as erro:
        Assinatura(nome="má", url=url).full_clean()
    assert "url" in erro.value.message_dict


# Commands and pages


def test_o_comando_entrega_e_diz_o_que_nao_foi(agora, capsys):
    HostPermitido.objects.create(host="localhost", interno=True)
    um_aviso(agora, "http://localhost:9/")
    with pytest.raises(CommandError) as erro:
        call_command("entregar_avisos")
    assert erro.value.returncode == 3
    call_command("entregar_avisos")
    assert "0 avisos entregues." in capsys.readouterr().err


def test_limpar_pede_dias_sensatos():
    with pytest.raises(CommandError) as erro:
        call_command("limpar_avisos", "--dias", "0")
    assert erro.value.returncode == 2


def test_reenvio_pela_pagina_e_so_com_permissao(client, admin_client, agora):
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(1, {})], agora=agora)
    entregar_pendentes(relogio=lambda: agora, enviar=lambda _: ACEITOU)
    aviso = Aviso.objects.get()
    caminho = reverse("admin:integracao_aviso_reenviar_um", args=[aviso.pk])

    entrar_como(client, "integracao.view_aviso")
    assert client.post(caminho).status_code == 403
    assert Aviso.objects.get().situacao == "ENTREGUE"
    assert admin_client.get(caminho).status_code == 200
    assert admin_client.post(caminho).status_code == 302
    assert Aviso.objects.get().situacao == "PENDENTE"


def test_reenvio_em_lote_pergunta_antes_e_diz_quantos(client, admin_client, agora):
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(n, {}) for n in range(1, 4)], agora=agora)
    entregar_pendentes(relogio=lambda: agora, enviar=lambda _: ACEITOU)
    lista = reverse("admin:integracao_aviso_changelist")
    ids = list(Aviso.objects.order_by("pk").values_list("pk", flat=True))[:2]
    selecao = {"action": "reenviar_selecionados", "_selected_action": ids}

    entrar_como(client, "integracao.view_aviso")
    client.post(lista, {**selecao, "ids": ",".join(map(str, ids))})
    assert "Reenviar avisos: 2 avisos" in admin_client.post(lista, selecao).text
    assert not Aviso.objects.filter(situacao="PENDENTE").exists()  # asking sends nothing

    resposta = agir_em_lote(admin_client, lista, "reenviar_selecionados", ids)
    assert "2 avisos a reenviar." in resposta.text
    assert set(Aviso.objects.filter(situacao="PENDENTE").values_list("pk", flat=True)) == set(ids)


def test_o_segredo_so_aparece_para_quem_altera(client, admin_client):
    assinatura = assinar_eventos()
    caminho = reverse("admin:integracao_assinatura_change", args=[assinatura.pk])
    assert assinatura.segredo in admin_client.get(caminho).content.decode()
    entrar_como(client, "integracao.view_assinatura")
    assert assinatura.segredo not in client.get(caminho).content.decode()


# Faults


@pytest.mark.postgresql
@pytest.mark.usefixtures("banco_real")
@pytest.mark.parametrize("antes", [True, False], ids=["antes", "depois"])
def test_morrer_em_qualquer_comando_deixa_fatura_e_aviso_juntos(antes):
    assinar_eventos(fatura_emitida=True)
    agora = timezone.now()
    cliente: Any = ClienteFactory()

    def criar() -> None:
        criar_fatura_avulsa(
            cliente=Cliente.objects.get(pk=cliente.pk),
            valor=Decimal("10.00"),
            mes_referencia=date(2026, 2, 1),
            data_emissao=date(2026, 2, 10),
            agora=agora,
        )

    for n in range(1, 60):
        morreu = morrer_no_comando(n, criar, antes=antes)
        assert Aviso.objects.count() == Fatura.objects.count()
        if not morreu:
            break
    assert Fatura.objects.exists()


@pytest.mark.postgresql
@pytest.mark.usefixtures("banco_real")
def test_dois_entregadores_nao_enviam_o_mesmo(agora, monkeypatch):
    monkeypatch.setattr(avisos, "chamar_entregador", None)  # nobody else comes to deliver
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(n, {}) for n in range(40)], agora=agora)
    enviados: list[int] = []
    largada = threading.Barrier(4)

    def entregar() -> None:
        try:
            largada.wait()
            entregar_pendentes(
                relogio=lambda: agora,
                enviar=lambda aviso: enviados.append(aviso.objeto_id) or ACEITOU,  # type: ignore[func-returns-value]
            )
        finally:
            connection.close()

    trabalhadores = [threading.Thread(target=entregar) for _ in range(4)]
    for trabalhador in trabalhadores:
        trabalhador.start()
    for trabalhador in trabalhadores:
        trabalhador.join()
    assert sorted(enviados) == list(range(40))


@pytest.mark.postgresql
@pytest.mark.usefixtures("banco_real")
@pytest.mark.parametrize("com_trava", [True, False], ids=["com a trava", "controle: sem ela"])
def test_a_linha_que_um_entregador_toma_nao_e_de_outro(agora, monkeypatch, com_trava):
    """Control: without the lock, who comes before the first has committed takes the same row."""
    monkeypatch.setattr(avisos, "chamar_entregador", None)
    assinar_eventos(fatura_emitida=True)
    avisar(EMITIDA, [Fato(n, {}) for n in range(2)], agora=agora)
    if not com_trava:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    tomados: list[int] = []

    def tomar() -> None:
        try:
            aviso = avisos._tomar(agora=agora)
            assert aviso is not None
            tomados.append(aviso.pk)
        finally:
            connection.close()

    outro = threading.Thread(target=tomar)
    with transaction.atomic():
        primeiro = avisos._tomar(agora=agora)
        outro.start()
        outro.join(timeout=1)  # without the lock its UPDATE waits for this commit
    outro.join()
    assert primeiro is not None
    assert (tomados != [primeiro.pk]) is com_trava

"""Two people decide one held reading at once: one wins, the other is told."""

import threading
from datetime import datetime
from decimal import Decimal

import pytest

from medidores.models import DecisaoLeitura, Leitura
from medidores.servicos import decisoes
from medidores.servicos.decisoes import LeituraNaoRetidaError, decidir_leitura
from tests.factories import LeituraFactory
from tests.faturamento.test_corridas import ao_mesmo_tempo

pytestmark = [pytest.mark.postgresql, pytest.mark.usefixtures("banco_real")]


def decidir_os_dois(agora: datetime, leitura: Leitura) -> list[object]:
    def agir(indice: int) -> object:
        return decidir_leitura(
            leitura_id=leitura.pk,
            decisao=["ACEITAR", "REJEITAR"][indice],
            motivo=f"Pessoa {indice}.",
            usuario_id=None,
            agora=agora,
        )

    return ao_mesmo_tempo(agir, quantos=2)


@pytest.fixture
def leitura(banco_real: None) -> Leitura:
    return LeituraFactory(situacao="RETIDA", ocorrencia="CONSUMO_ALTO", leitura_kwh=Decimal(5000))


def test_um_decide_e_o_outro_recebe_a_frase(agora, leitura):
    resultados = decidir_os_dois(agora, leitura)

    [erro] = [r for r in resultados if isinstance(r, Exception)]
    assert isinstance(erro, LeituraNaoRetidaError)
    vencedora = DecisaoLeitura.objects.get()
    assert vencedora.motivo in str(erro)
    leitura.refresh_from_db()
    assert leitura.situacao == {"ACEITAR": "VALIDA", "REJEITAR": "REJEITADA"}[vencedora.decisao]


def test_controle_sem_a_trava_os_dois_decidem(agora, leitura, monkeypatch):
    encontro = threading.Barrier(2)
    examinar = decisoes.examinar

    def examinar_juntos(qual):
        encontro.wait(10)
        return examinar(qual)

    monkeypatch.setattr(decisoes, "travar_unidades", lambda ids: None)
    monkeypatch.setattr(decisoes, "examinar", examinar_juntos)

    resultados = decidir_os_dois(agora, leitura)

    assert not [r for r in resultados if isinstance(r, Exception)]
    assert DecisaoLeitura.objects.count() == 2

"""Columns of readings, the same on every list that shows them."""

from unfold.decorators import display

from comum.django_base.exibicao import VAZIO, etiqueta, instante, ligacao_ao_objeto, numero
from medidores.calculo.decisao import nome_do_codigo
from medidores.models import Leitura

COR_DA_SITUACAO_DA_LEITURA = {
    "VALIDA": "success",
    "RETIDA": "warning",
    "REJEITADA": "danger",
    "SUBSTITUIDA": "info",
}


class ColunasDaLeitura:
    """Mixin of lists and inlines of readings."""

    @display(description="data da leitura", ordering="data_leitura")
    def quando(self, leitura: Leitura) -> str:
        return ligacao_ao_objeto(leitura, instante(leitura.data_leitura))

    @display(description="medidor", ordering="medidor__numero_medidor")
    def medidor_ligado(self, leitura: Leitura) -> str:
        return ligacao_ao_objeto(leitura.medidor)

    @display(description="unidade", ordering="medidor__unidade__codigo")
    def unidade(self, leitura: Leitura) -> str:
        return ligacao_ao_objeto(leitura.medidor.unidade)

    @display(description="cliente", ordering="medidor__cliente__nome_busca")
    def cliente(self, leitura: Leitura) -> str:
        return ligacao_ao_objeto(leitura.medidor.cliente)

    @display(description="leitura (kWh)", ordering="leitura_kwh")
    def leitura(self, leitura: Leitura) -> str:
        return numero(leitura.leitura_kwh, 3)

    @display(description="crítica", ordering="ocorrencia")
    def critica(self, leitura: Leitura) -> str:
        return nome_do_codigo(leitura.ocorrencia) or VAZIO

    @display(description="situação", ordering="situacao")
    def situacao_colorida(self, leitura: Leitura) -> str:
        return etiqueta(leitura, "situacao", COR_DA_SITUACAO_DA_LEITURA)

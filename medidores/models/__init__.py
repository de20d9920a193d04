"""Supply points, meters and readings."""

from medidores.models.importacao import ImportacaoLeituras
from medidores.models.leitura import Leitura
from medidores.models.medidor import Medidor
from medidores.models.unidade import UnidadeConsumidora

__all__ = ["ImportacaoLeituras", "Leitura", "Medidor", "UnidadeConsumidora"]

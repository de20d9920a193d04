"""Supply points, meters, readings, and what the crítica goes by."""

from medidores.models.critica import (
    DecisaoLeitura,
    LimiteCritica,
    OcorrenciaLeitura,
    OcorrenciaRegistrada,
)
from medidores.models.importacao import ImportacaoLeituras
from medidores.models.leitura import Leitura, LeituraEmCritica
from medidores.models.medidor import Medidor
from medidores.models.unidade import UnidadeConsumidora

__all__ = [
    "DecisaoLeitura",
    "ImportacaoLeituras",
    "Leitura",
    "LeituraEmCritica",
    "LimiteCritica",
    "Medidor",
    "OcorrenciaLeitura",
    "OcorrenciaRegistrada",
    "UnidadeConsumidora",
]

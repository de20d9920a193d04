"""Supply points, meters and readings in the admin."""

from medidores.admin.importacoes import ImportacaoLeiturasAdmin
from medidores.admin.leituras import LeituraAdmin
from medidores.admin.limites import LimiteCriticaAdmin
from medidores.admin.medidores import MedidorAdmin
from medidores.admin.ocorrencias import OcorrenciaLeituraAdmin
from medidores.admin.unidades import UnidadeConsumidoraAdmin

__all__ = [
    "ImportacaoLeiturasAdmin",
    "LeituraAdmin",
    "LimiteCriticaAdmin",
    "MedidorAdmin",
    "OcorrenciaLeituraAdmin",
    "UnidadeConsumidoraAdmin",
]

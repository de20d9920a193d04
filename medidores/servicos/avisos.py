"""Who must know of a held reading, for the webhooks."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from integracao.models import Assinatura
from integracao.servicos.avisos import Fato, avisar, interessados
from medidores.models import Leitura

RETIDA = Assinatura.Evento.LEITURA_RETIDA


def avisar_retencao(leituras: Iterable[Leitura], *, agora: datetime) -> None:
    avisar(RETIDA, map(_fato, leituras), agora=agora)


def avisar_retencoes(chaves: Sequence[tuple[int, str, datetime]], *, agora: datetime) -> None:
    """The same for rows written by COPY, which does not say their ids: by register and instant."""
    if not chaves or not interessados(RETIDA):
        return
    procuradas = set(chaves)
    retidas = Leitura.objects.retidas().filter(
        medidor__um_de={medidor_id for medidor_id, _, _ in chaves},
        data_leitura__range=(min(c[2] for c in chaves), max(c[2] for c in chaves)),
    )
    achadas = (
        leitura
        for leitura in retidas.order_by("pk")
        if (leitura.medidor_id, leitura.registrador, leitura.data_leitura) in procuradas
    )
    avisar_retencao(achadas, agora=agora)


def _fato(leitura: Leitura) -> Fato:
    return Fato(
        leitura.pk,
        {
            "id_leitura": leitura.pk,
            "medidor_id": leitura.medidor_id,
            "registrador": str(leitura.registrador),
            "data_leitura": leitura.data_leitura.isoformat(),
            "leitura_kwh": f"{leitura.leitura_kwh:f}",
            "codigo": leitura.ocorrencia,
        },
    )

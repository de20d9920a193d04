"""What the reader found at a meter, and the readings that wait for a person because of it."""

from datetime import date, datetime

from comum.django_base.gravacao import em_transacao, gravar
from comum.django_base.modelos import recusar_campo
from comum.erros import NaoEncontradoError
from comum.periodos import dia_civil
from medidores.calculo.critica import Destino, Julgamento
from medidores.calculo.decisao import OCORRENCIA_DE_CAMPO
from medidores.models import Leitura, Medidor, OcorrenciaLeitura, OcorrenciaRegistrada
from medidores.servicos.avisos import avisar_retencao
from medidores.servicos.faturado import travar_unidades
from medidores.servicos.leituras import LeituraInformada, Registrada, registrar_leitura


def registrar_ocorrencia(
    *,
    medidor_id: int,
    ocorrencia: OcorrenciaLeitura,
    data: date,
    observacao: str = "",
    usuario_id: int | None,
    agora: datetime,
) -> OcorrenciaRegistrada:
    """Writes down an occurrence at a meter.

    Raises:
        NaoEncontradoError: no such meter.
        django.core.exceptions.ValidationError: the day cannot be true, the
            occurrence is out of use, or it is there already.
    """
    medidor = Medidor.objects.filter(pk=medidor_id).first()
    if medidor is None:
        raise NaoEncontradoError(f"Medidor {medidor_id} não encontrado.")
    if data > dia_civil(agora):
        raise recusar_campo(
            "data",
            f"A ocorrência é de {data:%d/%m/%Y}, no futuro. Confira a data.",
            "DATA_FUTURA",
        )
    if data < medidor.data_instalacao:
        raise recusar_campo(
            "data",
            f"O medidor {medidor} foi instalado em {medidor.data_instalacao:%d/%m/%Y}, depois de "
            f"{data:%d/%m/%Y}. Confira a data ou o medidor.",
            "ANTES_DA_INSTALACAO",
        )
    if medidor.data_retirada is not None and data > medidor.data_retirada:
        raise recusar_campo(
            "data",
            f"O medidor {medidor} foi retirado em {medidor.data_retirada:%d/%m/%Y}, antes de "
            f"{data:%d/%m/%Y}. Confira a data ou o medidor.",
            "DEPOIS_DA_RETIRADA",
        )
    if not ocorrencia.ativa:
        raise recusar_campo(
            "ocorrencia",
            f"A ocorrência {ocorrencia} não está mais em uso. Escolha outra.",
            "OCORRENCIA_FORA_DE_USO",
        )
    return gravar(
        OcorrenciaRegistrada(
            medidor=medidor,
            ocorrencia=ocorrencia,
            data=data,
            observacao=observacao,
            registrada_por_id=usuario_id,
        )
    )


def registrar_leitura_com_ocorrencia(
    informada: LeituraInformada,
    *,
    ocorrencia: OcorrenciaLeitura | None,
    usuario_id: int | None,
    agora: datetime,
) -> Registrada:
    """Registers a reading and what was found with it; one that retains makes it wait.

    An occurrence written down before, of the same meter and day, counts as well.
    Raises what `registrar_leitura` and `registrar_ocorrencia` raise; nothing is saved then.
    """
    dia = dia_civil(informada.data_leitura)
    with em_transacao():
        medidores = Medidor.objects.filter(pk=informada.medidor_id)
        travar_unidades(medidores.values_list("unidade", flat=True))
        registrada = registrar_leitura(informada, agora=agora)
        do_dia = OcorrenciaRegistrada.objects.filter(medidor=informada.medidor_id, data=dia)
        if ocorrencia is not None and not do_dia.filter(ocorrencia=ocorrencia).exists():
            registrar_ocorrencia(
                medidor_id=informada.medidor_id,
                ocorrencia=ocorrencia,
                data=dia,
                usuario_id=usuario_id,
                agora=agora,
            )
        retem = do_dia.filter(ocorrencia__com_leitura=OcorrenciaLeitura.ComLeitura.RETER)
        achada = retem.select_related("ocorrencia").order_by("pk").first()
        if achada and not registrada.repetida and registrada.julgamento.destino is Destino.ACEITA:
            return _reter(registrada.leitura, achada.ocorrencia, agora=agora)
    return registrada


def _reter(leitura: Leitura, ocorrencia: OcorrenciaLeitura, *, agora: datetime) -> Registrada:
    frase = (
        f"Neste dia foi registrada a ocorrência {ocorrencia}, que retém a leitura. "
        "Confira o medidor e decida."
    )
    leitura.situacao = Leitura.Situacao.RETIDA
    leitura.ocorrencia, leitura.explicacao = OCORRENCIA_DE_CAMPO, frase
    leitura.save()
    avisar_retencao([leitura], agora=agora)
    return Registrada(leitura, Julgamento(Destino.RETIDA, OCORRENCIA_DE_CAMPO, frase))

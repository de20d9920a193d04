"""The field's closed vocabularies: stored code and Portuguese label, once for all.

Models take `Classe.escolhas()` as choices; the core compares members. Sources
are in docs/glossario.md.
"""

from enum import StrEnum
from typing import Self


class Vocabulo(StrEnum):
    """A code with the label that people read."""

    rotulo: str

    def __new__(cls, codigo: str, rotulo: str = "") -> Self:
        membro = str.__new__(cls, codigo)
        membro._value_ = codigo
        membro.rotulo = rotulo
        return membro

    @classmethod
    def escolhas(cls) -> list[tuple[str, str]]:
        """The (code, label) pairs, in order of declaration.

        >>> Modalidade.escolhas()
        [('CONVENCIONAL', 'convencional'), ('BRANCA', 'branca')]
        """
        return [(membro.value, membro.rotulo) for membro in cls]


class Subgrupo(Vocabulo):
    B1 = "B1", "B1 – residencial"
    B2 = "B2", "B2 – rural"
    B3 = "B3", "B3 – demais classes"
    B4A = "B4A", "B4a – iluminação pública, rede de distribuição"
    B4B = "B4B", "B4b – iluminação pública, bulbo da lâmpada"


class Modalidade(Vocabulo):
    CONVENCIONAL = "CONVENCIONAL", "convencional"
    BRANCA = "BRANCA", "branca"

    @property
    def registradores(self) -> tuple["Registrador", ...]:
        """The registers that a bill of this modalidade needs."""
        return _REGISTRADORES_DA_MODALIDADE[self]


class Classe(Vocabulo):
    RESIDENCIAL = "RESIDENCIAL", "residencial"
    RURAL = "RURAL", "rural"
    COMERCIAL = "COMERCIAL", "comercial"
    INDUSTRIAL = "INDUSTRIAL", "industrial"
    PODER_PUBLICO = "PODER_PUBLICO", "poder público"
    ILUMINACAO_PUBLICA = "ILUMINACAO_PUBLICA", "iluminação pública"
    SERVICO_PUBLICO = "SERVICO_PUBLICO", "serviço público"

    @property
    def subgrupo(self) -> Subgrupo:
        """The subgroup that the class implies where none is given."""
        return _SUBGRUPO_DA_CLASSE.get(self, Subgrupo.B3)

    @property
    def subclasses(self) -> tuple["Subclasse", ...]:
        """The subclasses that this class may have; the first is its own name.

        >>> [str(s) for s in Classe.RURAL.subclasses]
        ['RURAL']
        """
        propria = (Subclasse(self.value),)
        return propria + (_SUBCLASSES_SOCIAIS if self is Classe.RESIDENCIAL else ())


class Subclasse(Vocabulo):
    RESIDENCIAL = "RESIDENCIAL", "residencial"
    BAIXA_RENDA = "BAIXA_RENDA", "baixa renda (Tarifa Social)"
    INDIGENA_QUILOMBOLA = "INDIGENA_QUILOMBOLA", "indígena ou quilombola (Tarifa Social)"
    DESCONTO_SOCIAL = "DESCONTO_SOCIAL", "Desconto Social"
    RURAL = "RURAL", "rural"
    COMERCIAL = "COMERCIAL", "comercial"
    INDUSTRIAL = "INDUSTRIAL", "industrial"
    PODER_PUBLICO = "PODER_PUBLICO", "poder público"
    ILUMINACAO_PUBLICA = "ILUMINACAO_PUBLICA", "iluminação pública"
    SERVICO_PUBLICO = "SERVICO_PUBLICO", "serviço público"


class Ligacao(Vocabulo):
    MONOFASICA = "MONOFASICA", "monofásica"
    BIFASICA_2_CONDUTORES = "BIFASICA_2_CONDUTORES", "bifásica a 2 condutores"
    BIFASICA_3_CONDUTORES = "BIFASICA_3_CONDUTORES", "bifásica a 3 condutores"
    TRIFASICA = "TRIFASICA", "trifásica"


class Posto(Vocabulo):
    UNICO = "UNICO", "único"
    PONTA = "PONTA", "ponta"
    INTERMEDIARIO = "INTERMEDIARIO", "intermediário"
    FORA_PONTA = "FORA_PONTA", "fora ponta"


class Registrador(Vocabulo):
    """What a register counts; INJETADA is energy sent to the grid."""

    ATIVA_TOTAL = "ATIVA_TOTAL", "ativa total"
    ATIVA_PONTA = "ATIVA_PONTA", "ativa ponta"
    ATIVA_INTERMEDIARIO = "ATIVA_INTERMEDIARIO", "ativa intermediário"
    ATIVA_FORA_PONTA = "ATIVA_FORA_PONTA", "ativa fora ponta"
    INJETADA = "INJETADA", "injetada"
    INJETADA_PONTA = "INJETADA_PONTA", "injetada ponta"
    INJETADA_INTERMEDIARIO = "INJETADA_INTERMEDIARIO", "injetada intermediário"
    INJETADA_FORA_PONTA = "INJETADA_FORA_PONTA", "injetada fora ponta"


class CorBandeira(Vocabulo):
    VERDE = "VERDE", "verde"
    AMARELA = "AMARELA", "amarela"
    VERMELHA_P1 = "VERMELHA_P1", "vermelha patamar 1"
    VERMELHA_P2 = "VERMELHA_P2", "vermelha patamar 2"
    ESCASSEZ_HIDRICA = "ESCASSEZ_HIDRICA", "escassez hídrica"


_REGISTRADORES_DA_MODALIDADE = {
    Modalidade.CONVENCIONAL: (Registrador.ATIVA_TOTAL,),
    Modalidade.BRANCA: (
        Registrador.ATIVA_PONTA,
        Registrador.ATIVA_INTERMEDIARIO,
        Registrador.ATIVA_FORA_PONTA,
    ),
}
_SUBGRUPO_DA_CLASSE = {
    Classe.RESIDENCIAL: Subgrupo.B1,
    Classe.RURAL: Subgrupo.B2,
    Classe.ILUMINACAO_PUBLICA: Subgrupo.B4A,
}
_SUBCLASSES_SOCIAIS = (
    Subclasse.BAIXA_RENDA,
    Subclasse.INDIGENA_QUILOMBOLA,
    Subclasse.DESCONTO_SOCIAL,
)

UFS = (
    *("AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO"),
    *("MA", "MG", "MS", "MT", "PA", "PB", "PE", "PI", "PR"),
    *("RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"),
)

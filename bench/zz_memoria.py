import sys

sys.path.insert(0, ".")
if __name__ == "__main__":
    from bench import faturamento as b

    for n in (20000, 200000):
        b.criar_banco()
        if n == 20000:
            b.preparar_django()
        b.carregar(n)
        for p in (1, 2):
            print(n, p, b.medir_execucao(p), flush=True)
        from django.db import connection

        connection.close()

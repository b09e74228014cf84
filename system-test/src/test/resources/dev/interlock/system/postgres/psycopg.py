# What a program does with psycopg 3; its output is compared with that of a direct connection.
import logging

import psycopg

logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # it warns with addresses

with psycopg.connect("") as connection:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int, %s::text, %b::int8, %s::jsonb", (1, "☃", 2**40, '{"a": [1]}'))
        print(cursor.fetchone())
        for i in range(8):  # prepared by the server from the sixth on
            cursor.execute("SELECT note FROM orders WHERE id = %s", (i + 1,))
            print(cursor.fetchone())
        cursor.execute("SELECT id FROM orders WHERE id < %s ORDER BY id", (5,), prepare=True, binary=True)
        print(cursor.fetchall())
        cursor.executemany("INSERT INTO orders VALUES (%s, %s)", [(5000 + i, f"m{i}") for i in range(20)])
        print(cursor.rowcount)
        with cursor.copy("COPY orders (id, note) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text"])
            for i in range(100):
                copy.write_row((6000 + i, f"row {i}"))
        print(cursor.rowcount)
        with cursor.copy("COPY (SELECT id, note FROM orders WHERE id >= 5000 ORDER BY id) TO STDOUT") as copy:
            print(sum(len(block) for block in copy))
    with connection.cursor("held") as named:
        named.execute("SELECT id FROM orders ORDER BY id")
        print(named.fetchmany(3), named.scroll(4), named.fetchone())
    try:
        with connection.transaction():
            connection.execute("INSERT INTO orders VALUES (7000, 'a')")
            with connection.transaction():
                connection.execute("INSERT INTO orders VALUES (7001, 'b')")
                raise psycopg.Rollback
            raise ValueError("over")
    except ValueError as e:
        print(e)
    connection.commit()
    with connection.pipeline():
        answers = [connection.execute("SELECT %s::int * 2", (i,)) for i in range(10)]
    print([answer.fetchone() for answer in answers])
    try:
        with connection.pipeline():
            connection.execute("INSERT INTO orders VALUES (8000, 'p')")
            connection.execute("SELECT 1 / 0")
            connection.execute("SELECT 'skipped'")
    except psycopg.Error as e:
        print(type(e).__name__, e.sqlstate)
    connection.rollback()
    print(connection.execute("SELECT count(*) FROM orders").fetchone(), connection.info.server_version)
    print(connection.execute("SELECT current_setting('TimeZone') <> '', pg_typeof(now())").fetchone())

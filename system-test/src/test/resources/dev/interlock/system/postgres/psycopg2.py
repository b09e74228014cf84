# What a program does with psycopg 2; its output is compared with that of a direct connection.
import datetime
import io
import uuid

import psycopg2
import psycopg2.extras

connection = psycopg2.connect("")
cursor = connection.cursor()
cursor.execute("SELECT %s::int, %s::text, %s::numeric, %s::date, %s::bytea, %s::int[], %s", (
    7, "it's ☃ %", 1.25, datetime.date(2026, 11, 27), b"\x00\xff", [1, 2, 3], None))
print([bytes(value) if isinstance(value, memoryview) else value for value in cursor.fetchone()])
print([column.type_code for column in cursor.description])
cursor.execute("INSERT INTO orders VALUES (%s, %s) RETURNING id, note", (2001, "new"))
print(cursor.fetchone(), cursor.rowcount, cursor.statusmessage)
connection.rollback()
cursor.execute("SELECT count(*) FROM orders")
print(cursor.fetchone())
with connection.cursor("named") as named:
    named.itersize = 7
    named.execute("SELECT id, note FROM orders ORDER BY id")
    print([row[0] for row in named][:20])
connection.commit()
psycopg2.extras.execute_values(cursor, "INSERT INTO orders (id, note) VALUES %s", [(3000 + i, f"n{i}") for i in range(50)])
cursor.copy_expert("COPY orders (id, note) FROM STDIN", io.StringIO("4001\tcopied\n4002\t\\N\n"))
print(cursor.rowcount)
out = io.StringIO()
cursor.copy_expert("COPY (SELECT id, note FROM orders WHERE id > 3040 ORDER BY id) TO STDOUT WITH CSV HEADER", out)
print(out.getvalue())
connection.commit()
try:
    cursor.execute("INSERT INTO orders VALUES (3000, 'twice')")
except psycopg2.Error as e:
    print(type(e).__name__, e.pgcode, e.diag.constraint_name, e.diag.table_name, e.diag.message_primary)
connection.rollback()
cursor.execute("SAVEPOINT one")
try:
    cursor.execute("SELECT 1 / 0")
except psycopg2.Error as e:
    print(type(e).__name__, e.pgcode)
cursor.execute("ROLLBACK TO SAVEPOINT one")
cursor.execute("SELECT 'alive'; SELECT 'still'")
print(cursor.fetchall(), connection.info.transaction_status, connection.server_version, connection.encoding)
psycopg2.extras.register_uuid()
cursor.execute("SELECT %s::uuid, '[1,5)'::int4range, '{\"a\": 1}'::jsonb, true, 'x'::char(3), interval '1 day 2 hours'", (uuid.UUID(int=5),))
print(cursor.fetchall())
connection.close()

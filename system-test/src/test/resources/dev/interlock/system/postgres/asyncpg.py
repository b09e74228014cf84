# What a program does with asyncpg; its output is compared with that of a direct connection.
import asyncio
import decimal

import asyncpg


async def main():
    connection = await asyncpg.connect()
    print(await connection.fetchrow("SELECT $1::int AS a, $2::text AS b, $3::numeric AS c, $4::bytea AS d", 1, "☃", decimal.Decimal("1.50"), b"\x00\xff"))
    statement = await connection.prepare("SELECT id, note FROM orders WHERE id < $1 ORDER BY id")
    print([attribute.name for attribute in statement.get_attributes()], [str(p.name) for p in statement.get_parameters()])
    print(await statement.fetch(4))
    async with connection.transaction():
        async for row in connection.cursor("SELECT id FROM orders ORDER BY id", prefetch=3):
            print(row["id"], end=" ")
    print(await connection.execute("INSERT INTO orders VALUES ($1, $2)", 9000, "asyncpg"))
    await connection.executemany("INSERT INTO orders VALUES ($1, $2)", [(9100 + i, f"x{i}") for i in range(30)])
    print(await connection.copy_records_to_table("orders", records=[(9200 + i, None) for i in range(5)]))
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    print(await connection.fetchval("SHOW transaction_isolation"))
    await connection.execute("INSERT INTO orders VALUES (9999, 'no')")
    await transaction.rollback()
    try:
        await connection.fetchval("SELECT 1 / $1", 0)
    except asyncpg.PostgresError as e:
        print(type(e).__name__, e.sqlstate)
    try:
        async with connection.transaction():
            await connection.execute("INSERT INTO orders VALUES (9000, 'twice')")
    except asyncpg.UniqueViolationError as e:
        print(e.constraint_name, e.detail)
    print(await connection.fetchval("SELECT count(*) FROM orders"), connection.get_server_version())
    print(await connection.fetchval("SELECT array_agg(id ORDER BY id) FROM orders WHERE id < 6"))
    try:
        await connection.execute("SELECT pg_sleep(30)", timeout=0.3)
    except asyncio.TimeoutError as e:
        print("cancelled")
    print(await connection.fetchval("SELECT 'alive'"))
    await connection.close()


asyncio.run(main())

// What a program does with node-postgres; its output is compared with that of a direct connection.
const { createRequire } = require('node:module');
const from = createRequire(process.argv[2] + '/');
const { Client, Pool } = from('pg');
const Cursor = from('pg-cursor');

const say = (...all) => console.log(all.map((one) => JSON.stringify(one)).join(' '));
const told = (result) => [result.command, result.rowCount, result.fields.map((f) => [f.name, f.dataTypeID, f.format]), result.rows];

(async () => {
    const client = new Client();
    await client.connect();
    say(told(await client.query('SELECT $1::int AS a, $2::text AS b, $3::timestamptz AS c, $4::jsonb AS d', [1, '☃', '2026-11-27T00:00:00Z', { a: 1 }])));
    for (let i = 1; i < 4; i++) {
        say(told(await client.query({ name: 'by-id', text: 'SELECT note FROM orders WHERE id = $1', values: [i] })));
    }
    say((await client.query('SELECT 1 AS a; SELECT 2 AS b, 3 AS c')).map(told));
    await client.query('BEGIN');
    say(told(await client.query('INSERT INTO orders VALUES ($1, $2) RETURNING *', [2100, 'node'])));
    await client.query('ROLLBACK');
    const cursor = client.query(new Cursor('SELECT id FROM orders WHERE id > $1 ORDER BY id', [2]));
    say(await cursor.read(3), await cursor.read(2));
    await cursor.close();
    try {
        await client.query('SELECT no_such_column FROM orders');
    } catch (e) {
        say(e.code, e.message, e.position, e.severity);
    }
    try {
        await client.query('SELECT id FROM orders WHERE id = $1', ['not a number']);
    } catch (e) {
        say(e.code, e.message);
    }
    say(told(await client.query('SELECT count(*) FROM orders')));
    say(told(await client.query('')));
    await client.end();
    const pool = new Pool({ max: 5 });
    const all = await Promise.all([...Array(25).keys()].map((i) => pool.query('SELECT $1::int * 2 AS twice', [i])));
    say(all.map((one) => one.rows[0].twice));
    await pool.end();
})().catch((e) => { console.error(e); process.exit(1); });

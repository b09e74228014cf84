// What a program does with knex and its migrations; its output is compared with that of a direct connection.
const { createRequire } = require('node:module');
const knex = createRequire(process.argv[2] + '/')('knex');

const migrations = {
    one: {
        up: async (db) => {
            await db.schema.createTable('authors', (t) => {
                t.increments('id');
                t.string('name').notNullable().unique();
                t.timestamps(true, true);
                t.jsonb('extra');
            });
            await db.schema.createTable('books', (t) => {
                t.bigIncrements('id');
                t.integer('author_id').references('authors.id').onDelete('CASCADE').index();
                t.text('title');
                t.enu('state', ['new', 'old'], { useNative: true, enumName: 'book_state' });
                t.decimal('price', 8, 2).defaultTo(0);
            });
        },
        down: (db) => db.schema.dropTable('books').dropTable('authors').raw('DROP TYPE book_state'),
    },
    two: {
        up: async (db) => {
            await db.schema.alterTable('books', (t) => {
                t.integer('pages');
                t.index(['title']);
            });
            await db('authors').insert([{ name: 'Ann', extra: { x: 1 } }, { name: 'Bob' }]);
            await db('authors').where({ name: 'Bob' }).update({ name: 'Cy' });
        },
        down: (db) => db.schema.alterTable('books', (t) => t.dropColumn('pages')),
    },
};

const db = knex({
    client: 'pg',
    connection: {},
    pool: { min: 0, max: 2 },
    migrations: {
        migrationSource: {
            getMigrations: async () => Object.keys(migrations),
            getMigrationName: (name) => name,
            getMigration: async (name) => migrations[name],
        },
    },
});
const say = (...all) => console.log(all.map((one) => JSON.stringify(one)).join(' '));

async function work() {
    say((await db.migrate.latest())[1], await db.migrate.status());
    const [ann] = await db('authors').where({ name: 'Ann' }).select('id', 'extra');
    say(await db('books').insert([1, 2, 3].map((i) => ({ author_id: ann.id, title: 'T' + i, state: 'new', price: i, pages: i }))).returning('id'));
    say(await db('authors').insert({ name: 'Ann', extra: { x: 2 } }).onConflict('name').ignore().returning('id'));
    say(await db('books').where('pages', '>', 1).update({ state: 'old' }), await db('books').where({ id: 1 }).increment('pages', 5));
    say(await db('books').join('authors', 'authors.id', 'books.author_id').select('title', 'name', 'state', 'price').orderBy('books.id'));
    say(await db.with('w', (q) => q.select('*').from('books').where('pages', '>', 0)).from('w').max('pages as m'));
    await db.transaction(async (t) => {
        await t('authors').insert({ name: 'Dan' });
        await t.transaction(async (u) => {
            await u('authors').insert({ name: 'Eve' });
            throw new Error('back');
        }).catch((e) => say(e.message));
        say((await t('books').where({ id: 1 }).forUpdate().first()).title, (await t('books').where({ id: 2 }).forUpdate().skipLocked().first()).title);
    });
    say(await db.transaction(async (t) => (await t('books').count())[0], { isolationLevel: 'serializable', readOnly: true }));
    say(await db('authors').where({ name: 'Dan' }).del(), await db('authors').pluck('name'));
    say(Object.keys(await db('books').columnInfo()).sort(), await db.schema.hasColumn('books', 'pages'));
    say(await db('authors').insert({ name: 'Ann' }).catch((e) => e.code));
}

(process.argv[3] === 'destroy' ? db.migrate.rollback(undefined, true) : work())
    .catch((e) => {
        console.error(e.message, e.detail ?? '');
        process.exitCode = 1;
    })
    .finally(() => db.destroy());

// What a program does with Sequelize; its output is compared with that of a direct connection.
const { createRequire } = require('node:module');
const { Sequelize, DataTypes, Op } = createRequire(process.argv[2] + '/')('sequelize');

const env = process.env;
const db = new Sequelize(env.PGDATABASE, env.PGUSER, env.PGPASSWORD, {
    host: env.PGHOST, port: env.PGPORT, dialect: 'postgres', logging: false, pool: { max: 2 },
});
const User = db.define('User', {
    name: { type: DataTypes.STRING, unique: true },
    age: DataTypes.INTEGER,
    mood: DataTypes.ENUM('sad', 'ok'),
    tags: DataTypes.ARRAY(DataTypes.STRING),
    info: DataTypes.JSONB,
}, { timestamps: false });
const Post = db.define('Post', { title: DataTypes.TEXT }, { timestamps: false, indexes: [{ fields: ['title'] }] });
User.hasMany(Post, { onDelete: 'CASCADE' });
Post.belongsTo(User);
const say = (...all) => console.log(all.map((one) => JSON.stringify(one)).join(' '));

async function work() {
    await db.sync();
    await db.sync();
    const ann = await User.create({ name: 'Ann', age: 3, mood: 'ok', tags: ['a', 'b'], info: { x: 1 } });
    say(ann, (await User.bulkCreate([{ name: 'Bob' }, { name: 'Cy', age: 9 }])).map((one) => one.id));
    await ann.createPost({ title: 't1' });
    await Post.bulkCreate([{ title: 't2', UserId: ann.id }, { title: 't3', UserId: ann.id }]);
    say(await User.findAll({ include: Post, order: ['id', [Post, 'id', 'ASC']] }));
    say(await User.findAndCountAll({ where: { age: { [Op.gt]: 2 } }, limit: 1, order: ['id'] }));
    say(await User.update({ age: 5 }, { where: { name: 'Bob' } }));
    say((await User.findOrCreate({ where: { name: 'Dan' }, defaults: { age: 1 } }))[1]);
    await ann.increment('age', { by: 2 });
    say((await ann.reload()).age);
    await db.transaction(async (transaction) => {
        await User.create({ name: 'Eve' }, { transaction });
        say((await User.findByPk(1, { transaction, lock: transaction.LOCK.UPDATE })).name);
    });
    await db.transaction({ isolationLevel: Sequelize.Transaction.ISOLATION_LEVELS.SERIALIZABLE }, async (transaction) => {
        await User.create({ name: 'Fay' }, { transaction });
        throw new Error('back');
    }).catch((e) => say(e.message));
    say(await User.count({ where: { 'info.x': 1 } }), await User.count({ where: { tags: { [Op.contains]: ['a'] } } }));
    say(await Post.destroy({ where: { title: 't3' } }));
    say(Object.keys(await db.getQueryInterface().describeTable('Users')), await User.create({ name: 'Ann' }).catch((e) => e.name));
}

(process.argv[3] === 'destroy' ? db.sync({ force: true }) : work())
    .catch((e) => {
        console.error(e.message, e.parent?.detail ?? '');
        process.exitCode = 1;
    })
    .finally(() => db.close());

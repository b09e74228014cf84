// A client of MCP that has tools run as tasks. Its order is one line, and so is its answer.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
const require = createRequire(order.modules + "/from.js");
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { CallToolResultSchema, ElicitRequestSchema } = require("@modelcontextprotocol/sdk/types.js");

const client = new Client({ name: "test", version: "1" }, { capabilities: { elicitation: {} } });
const transport = new StreamableHTTPClientTransport(new URL(order.url), {
    requestInit: { headers: { Authorization: "Bearer " + order.token } },
});
client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { interpretation: "snakes" } }));

/** Returns a value in the one form that the reader takes, with sorted members. */
function canonical(value) {
    if (Array.isArray(value)) {
        return "[" + value.map(canonical).join(",") + "]";
    }
    if (value === null || typeof value !== "object") {
        return JSON.stringify(value);
    }
    const names = Object.keys(value).filter(name => value[name] !== undefined).sort();
    return "{" + names.map(name => JSON.stringify(name) + ":" + canonical(value[name])).join(",") + "}";
}

/** Has a tool run as a task, and returns what became of it. With `until`, it stops at the first such event. */
async function run(name, args, until) {
    const seen = [];
    let task, text;
    const stream = client.experimental.tasks.callToolStream({ name, arguments: args }, CallToolResultSchema, { task: { ttl: 60000 } });
    for await (const event of stream) {
        const what = event.type === "taskStatus" ? event.task.status : event.type;
        task = event.task?.taskId ?? task;
        text = event.result?.content[0].text ?? event.error?.message ?? text;
        if (seen.at(-1) !== what) {
            seen.push(what);
        }
        if (what === until) {
            break;
        }
    }
    return { seen, task, text };
}

async function outcome(asked) {
    try {
        return await asked();
    } catch (e) {
        return { threw: String(e.message) };
    }
}

try {
    await client.connect(transport);
    const { tools } = await client.listTools();
    const tasks = client.experimental.tasks;
    const said = { can: client.getServerCapabilities().tasks ?? {} };
    said.runs = tools.filter(tool => ["optional", "required"].includes(tool.execution?.taskSupport)).map(tool => tool.name);
    const { task: first, ...ran } = await run("simulate-research-query", { topic: "python", ambiguous: true });
    said.ran = ran;
    const begun = await run("simulate-research-query", { topic: "slow" }, "taskCreated");
    said.cancelled = (await tasks.cancelTask(begun.task)).status;
    said.after = (await tasks.getTask(begun.task)).status;
    said.cancelledAgain = await outcome(() => tasks.cancelTask(begun.task));
    const { task: other, ...unlisted } = await run("echo", { message: "hello" });
    said.unlisted = unlisted;
    said.list = await outcome(async () => ({ length: (await tasks.listTasks()).tasks.length }));
    said.unknown = await outcome(() => tasks.getTask("t-1"));
    await transport.terminateSession().catch(() => {});
    await client.close();
    console.log(canonical(said));
} catch (e) {
    console.log(canonical({ failed: String(e.stack) }));
}
process.exit(0);

// A client of MCP: connects, lists the tools, and calls some. Its order is one line, and so is its answer.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
const require = createRequire(order.modules + "/from.js");

function parts() {
    if (order.stateless) {
        const { Client, StreamableHTTPClientTransport } = require("@modelcontextprotocol/client");
        const options = { versionNegotiation: { mode: { pin: "2026-07-28" } } };
        return { client: new Client({ name: "test", version: "1" }, options), StreamableHTTPClientTransport };
    }
    const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
    const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
    return { client: new Client({ name: "test", version: "1" }), StreamableHTTPClientTransport };
}

const { client, StreamableHTTPClientTransport } = parts();

function carrier() {
    if (order.command) {
        const { StdioClientTransport } = require("@modelcontextprotocol/sdk/client/stdio.js");
        return new StdioClientTransport({ command: order.command[0], args: order.command.slice(1), stderr: "ignore" });
    }
    return new StreamableHTTPClientTransport(new URL(order.url), {
        requestInit: {
            headers: { Authorization: "Bearer " + order.token, ...(order.wait ? { Prefer: "wait=" + order.wait } : {}) },
        },
    });
}

const transport = carrier();

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

async function call({ name, ...args }) {
    let progress = 0;
    const told = [];
    const onprogress = each => {
        progress++;
        told.push(each.message);
    };
    try {
        if (name === "resources/read") {
            return { result: await client.readResource(args), progress };
        }
        const asked = { name, arguments: args };
        const result = order.stateless
            ? await client.callTool(asked, { onprogress })
            : await client.callTool(asked, undefined, { onprogress });
        return order.wait ? { result, told } : { result, progress };
    } catch (e) {
        return { threw: String(e.message), progress };
    }
}

try {
    await client.connect(transport);
    const listed = [];
    for (let cursor = undefined, first = true; first || cursor !== undefined; first = false) {
        const page = await client.listTools(cursor === undefined ? {} : { cursor });
        listed.push(...page.tools);
        cursor = page.nextCursor;
    }
    const tools = listed.map(tool => tool.name).sort();
    const described = listed.map(tool => canonical(tool));
    const answers = [];
    for (const each of order.calls) {
        answers.push(await call(each));
    }
    if (transport.sessionId) {
        await transport.terminateSession().catch(() => {}); // a crashed server has no session left
    }
    await client.close();
    console.log(canonical(order.describe ? { tools, described, answers } : { tools, answers }));
} catch (e) {
    console.log(canonical({ failed: String(e.message) }));
}
process.exit(0);

// A server of MCP (2025-11-25) that keeps tasks for anybody, and gives tasks where none was asked. Its order is one line:
// the port and a secret. `GET /seen` answers with the messages that came until then.
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
let seen = [];
let number = 0;
const tasks = new Map();

const state = (id, ttl) => ({ taskId: id, status: "working", createdAt: "2026-01-01T00:00:00Z", lastUpdatedAt: "2026-01-01T00:00:00Z", ttl });

function called({ name, arguments: given, task }) {
    if (name === "unasked") {
        return given.as === "later" ? { resultType: "task", ...state("t-unasked", null) } : { task: state("t-unasked", null) };
    }
    if (!task) {
        return { content: [{ type: "text", text: "did " + name }] };
    }
    const id = "t-" + ++number;
    tasks.set(id, { name, note: given.note });
    return { task: state(id, given.ttl ?? task.ttl ?? null) };
}

function answered({ method, params }) {
    const known = tasks.get(params?.taskId);
    switch (method) {
        case "initialize":
            return {
                protocolVersion: "2025-11-25",
                capabilities: { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
                serverInfo: { name: "tasks", version: "1" },
            };
        case "tools/list": {
            const tool = (name, taskSupport) => ({ name, inputSchema: { type: "object" }, execution: { taskSupport } });
            return { tools: [tool("work", "optional"), tool("read_note", "optional"), tool("delete_note", "required")] };
        }
        case "tools/call":
            return called(params);
        case "tasks/get":
            return known?.name === "astray" ? state("t-1", null) : known && state(params.taskId, null);
        case "tasks/cancel":
            return known && { ...state(params.taskId, null), status: "cancelled" };
        case "tasks/list":
            return { tasks: [...tasks.keys()].map(id => state(id, null)) };
        case "tasks/result":
            if (known?.note === "secret") {
                return { content: [{ type: "text", text: order.secret }] };
            }
            if (known?.note === "again") {
                return { task: state("t-again", null) };
            }
            return known && { content: [{ type: "text", text: "the outcome of " + known.name + " for " + known.note }] };
    }
}

createServer(async (incoming, outgoing) => {
    const body = [];
    for await (const piece of incoming) {
        body.push(piece);
    }
    if (incoming.url === "/seen") {
        outgoing.end(JSON.stringify({ seen }));
        seen = [];
        return;
    }
    if (incoming.method !== "POST") {
        outgoing.writeHead(405).end();
        return;
    }
    const asked = JSON.parse(Buffer.concat(body));
    seen.push([asked.method, asked.params?.name ?? asked.params?.taskId ?? "", JSON.stringify(asked.params?.task ?? "")].join(" "));
    const result = answered(asked);
    const answer = result ? { result } : { error: { code: -32602, message: "Task not found" } };
    outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id: asked.id, ...answer }));
}).listen(order.port, "127.0.0.1", () => console.log("listening"));

// A server of MCP as of 2026-07-28, with the tools that the test of the other era finds in the everything server.
// Its order is one line: where npm installed the SDK, the port, and the only token that it takes.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
const require = createRequire(order.modules + "/from.js");
const { McpServer, createMcpHandler } = require("@modelcontextprotocol/server");
const { z } = require("zod");

function made() {
    const server = new McpServer({ name: "stateless", version: "1.0.0" });
    server.registerTool(
        "echo",
        { inputSchema: z.object({ message: z.string() }), annotations: { readOnlyHint: true } },
        async ({ message }) => ({ content: [{ type: "text", text: `Echo: ${message}` }] }),
    );
    server.registerTool("get-env", { inputSchema: z.object({}) }, async () => ({
        content: [{ type: "text", text: "PATH=" + process.env.PATH }],
    }));
    server.registerTool("toggle-simulated-logging", { inputSchema: z.object({}) }, async () => ({
        content: [{ type: "text", text: "on" }],
    }));
    const weather = z.object({ temperature: z.number() });
    server.registerTool(
        "get-structured-content",
        { inputSchema: z.object({ location: z.string() }), outputSchema: weather },
        async () => ({ content: [{ type: "text", text: "36" }], structuredContent: { temperature: 36 } }),
    );
    server.registerTool(
        "trigger-long-running-operation",
        { inputSchema: z.object({ duration: z.number(), steps: z.number() }) },
        async ({ steps }, context) => {
            const progressToken = context.mcpReq._meta?.progressToken;
            for (let progress = 1; progress <= steps; progress++) {
                await context.mcpReq.notify({
                    method: "notifications/progress",
                    params: { progress, total: steps, progressToken },
                });
            }
            return { content: [{ type: "text", text: "done" }] };
        },
    );
    return server;
}

const handler = createMcpHandler(made, { legacy: "reject" });
createServer(async (incoming, outgoing) => {
    if (incoming.headers.authorization !== "Bearer " + order.token) {
        outgoing.writeHead(401).end();
        return;
    }
    const body = [];
    for await (const piece of incoming) {
        body.push(piece);
    }
    const answer = await handler.fetch(
        new Request("http://127.0.0.1:" + order.port + incoming.url, {
            method: incoming.method,
            headers: Object.entries(incoming.headers),
            body: body.length > 0 ? Buffer.concat(body) : undefined,
        }),
    );
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const piece of answer.body ?? []) {
        outgoing.write(piece);
    }
    outgoing.end();
}).listen(order.port, "127.0.0.1", () => console.log("listening"));

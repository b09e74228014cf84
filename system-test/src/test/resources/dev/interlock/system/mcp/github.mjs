// Answers some tools of GitHub's server of MCP, by their names and arguments there, and says what it was asked.
// Its order is one line: where npm installed the SDK, the port, and the only token that it takes.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
const require = createRequire(order.modules + "/from.js");
const { McpServer, createMcpHandler } = require("@modelcontextprotocol/server");
const { z } = require("zod");

const place = { owner: z.string(), repo: z.string() };
const tools = {
    create_branch: { ...place, branch: z.string(), from_branch: z.string().optional() },
    create_or_update_file: { ...place, branch: z.string(), path: z.string(), message: z.string(), content: z.string() },
    delete_file: { ...place, branch: z.string(), path: z.string(), message: z.string() },
    delete_branch: { ...place, branch: z.string() },
};

function made() {
    const server = new McpServer({ name: "github-mcp-server", version: "1.0.0" });
    for (const [name, shape] of Object.entries(tools)) {
        server.registerTool(name, { inputSchema: z.object(shape) }, async given => ({
            content: [{ type: "text", text: `${name} ${given.owner}/${given.repo} ${given.path ?? given.branch}` }],
        }));
    }
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

// A server of MCP that asks its clients for too much, and believes whatever comes back. Its order is one line: the port.
// `GET /seen` answers with the tools that were done and the answers that came until then.
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
let seen = [];
let sessions = 0;
const waiting = new Map();

/** Asks `times` times in the stream of a call, one after the other, and returns what it was answered. */
async function ask(outgoing, { method, times, id }) {
    const answers = [];
    for (let i = 0; i < times; i++) {
        const own = id ?? "ask-" + sessions + "-" + i;
        const answer = new Promise(resolve => waiting.set(own, resolve));
        const params = { message: "May I?", requestedSchema: { type: "object", properties: {} }, messages: [], maxTokens: 1 };
        outgoing.write(`id: e-${i}\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: own, method, params })}\n\n`);
        const { result, error } = await answer;
        answers.push(error ? "error " + error.code : (result.action ?? result.role ?? "answered"));
    }
    return answers;
}

/** Asks again and again, as of 2026-07-28. */
function again({ method, state }, { inputResponses, requestState }) {
    if (inputResponses?.stop) {
        return { resultType: "complete", content: [{ type: "text", text: "stopped" }] };
    }
    const round = Number((requestState ?? "0").split(" ")[0]) + 1;
    return {
        resultType: "input_required",
        inputRequests: { more: { method, params: { message: "More?" } }, stop: { method, params: { message: "Stop?" } } },
        requestState: round + " " + (state ?? ""),
    };
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
    if (asked.method === undefined) {
        seen.push("answer " + asked.id + " " + JSON.stringify(asked.result ?? asked.error));
        waiting.get(asked.id)?.(asked);
        outgoing.writeHead(202).end();
        return;
    }
    const { name, arguments: given } = asked.params ?? {};
    const answer = result => JSON.stringify({ jsonrpc: "2.0", id: asked.id, result });
    if (name === "ask") {
        sessions++;
        outgoing.writeHead(200, { "content-type": "text/event-stream" });
        const answers = await ask(outgoing, given);
        seen.push("did " + answers.join(" "));
        outgoing.end("data: " + answer({ content: [{ type: "text", text: answers.join(" ") }] }) + "\n\n");
        return;
    }
    if (name === "flood") {
        outgoing.writeHead(200, { "content-type": "text/event-stream" });
        for (let i = 0; i < given.times; i++) {
            outgoing.write("data: " + JSON.stringify({ jsonrpc: "2.0", id: "flood-" + i, method: "ping" }) + "\n\n");
        }
        outgoing.end("data: " + answer({ content: [{ type: "text", text: "flooded" }] }) + "\n\n");
        return;
    }
    if (asked.method === "initialize") {
        seen.push("client can " + Object.keys(asked.params.capabilities).sort().join(" "));
    } else {
        seen.push(name + " " + JSON.stringify(asked.params.inputResponses ?? given));
    }
    const result = name === "again" ? again(given, asked.params) : { content: [{ type: "text", text: "did " + name }] };
    outgoing.writeHead(200, { "content-type": "application/json" }).end(answer(result));
}).listen(order.port, "127.0.0.1", () => console.log("listening"));

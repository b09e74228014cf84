// Gives each request the lease, which the conformance suite cannot send, and passes it on unchanged otherwise. Its order is
// one line: its port, the address behind it, and the token. The suite does not wait until the stream of a session is open
// before it calls a tool, and what the server asks before is lost. So a message waits here for the session's stream.
import { createServer, request } from "node:http";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
const target = new URL(order.address);
const own = ["127.0.0.1", "localhost"].map(name => name + ":" + order.port);

const opened = new Map();

createServer(async (incoming, outgoing) => {
    const session = incoming.headers["mcp-session-id"];
    let open = () => {};
    if (incoming.method === "GET") {
        opened.set(session, new Promise(resolve => (open = resolve)));
    } else {
        await opened.get(session);
    }
    const headers = { ...incoming.headers, authorization: "Bearer " + order.token };
    if (own.includes(headers.host)) {
        headers.host = target.host;
    }
    const passed = request(
        { host: target.hostname, port: target.port, path: target.pathname, method: incoming.method, headers },
        answer => {
            open();
            outgoing.writeHead(answer.statusCode, answer.headers);
            outgoing.flushHeaders();
            answer.pipe(outgoing);
            answer.on("error", () => outgoing.destroy());
        },
    );
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => {
        open();
        passed.destroy();
    });
    incoming.pipe(passed);
}).listen(order.port, "127.0.0.1", () => console.log("listening"));

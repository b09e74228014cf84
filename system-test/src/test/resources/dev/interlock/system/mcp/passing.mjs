// Gives each request the lease, which the conformance suite cannot send, and passes it on unchanged otherwise. Its order is
// one line: its port, the address behind it, and the token.
import { createServer, request } from "node:http";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
const target = new URL(order.address);
const own = ["127.0.0.1", "localhost"].map(name => name + ":" + order.port);

createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: "Bearer " + order.token };
    if (own.includes(headers.host)) {
        headers.host = target.host;
    }
    const passed = request(
        { host: target.hostname, port: target.port, path: target.pathname, method: incoming.method, headers },
        answer => {
            outgoing.writeHead(answer.statusCode, answer.headers);
            outgoing.flushHeaders();
            answer.pipe(outgoing);
            answer.on("error", () => outgoing.destroy());
        },
    );
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
}).listen(order.port, "127.0.0.1", () => console.log("listening"));

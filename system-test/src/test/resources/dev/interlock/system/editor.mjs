// Does what an editor does with an agent: starts its program, here inside of `interlock run`, and speaks the protocol of
// the editor's extension with it. Told on standard input, as JSON: the command, the protocol and the workspace. Ends with
// 0 once the agent says that its turn is over.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";

const order = JSON.parse(readFileSync(0, "utf8"));
const agent = spawn(order.command[0], order.command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
const send = message => agent.stdin.write(JSON.stringify(message) + "\n");
const waiting = new Map();
const text = "Do your work.";
let next = 0;

function ask(method, params) {
    const id = next++;
    send({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

const turns = {
    /** What Claude Code's extension for VS Code starts, and its SDK. */
    async claude_code() {
        send({ type: "user", message: { role: "user", content: text } });
    },

    /** What Codex's extension starts: `codex app-server`. */
    async codex() {
        await ask("initialize", { clientInfo: { name: "test", title: "Test", version: "1" } });
        send({ jsonrpc: "2.0", method: "initialized" });
        const started = await ask("thread/start", {
            model: "scripted", cwd: order.workspace, approvalPolicy: "never", sandbox: "danger-full-access",
        });
        await ask("turn/start", { threadId: started.thread.id, input: [{ type: "text", text }] });
    },

    /** The Agent Client Protocol, by which Zed, JetBrains' editors and others start `gemini --acp`. */
    async gemini() {
        await ask("initialize", { protocolVersion: 1, clientCapabilities: { fs: { readTextFile: false, writeTextFile: false } } });
        await ask("authenticate", { methodId: "gemini-api-key" });
        const session = await ask("session/new", { cwd: order.workspace, mcpServers: [] });
        await ask("session/prompt", { sessionId: session.sessionId, prompt: [{ type: "text", text }] });
        end(0);
    },
};

function end(status) {
    process.exitCode = status;
    agent.stdin.end();
}

function read(message) {
    console.log(JSON.stringify(message));
    if (message.id !== undefined && message.method === undefined) {
        const { resolve, reject } = waiting.get(message.id);
        message.error ? reject(new Error(JSON.stringify(message.error))) : resolve(message.result);
    } else if (message.method === "session/request_permission") {
        const allowed = message.params.options.find(option => option.kind === "allow_once");
        send({ jsonrpc: "2.0", id: message.id, result: { outcome: { outcome: "selected", optionId: allowed.optionId } } });
    } else if (message.method === "turn/completed" || message.type === "result") {
        end(message.is_error ? 1 : 0);
    }
}

process.exitCode = 2;
createInterface({ input: agent.stdout }).on("line", line => line.startsWith("{") && read(JSON.parse(line)));
turns[order.protocol]().catch(e => {
    console.log(String(e.message));
    end(3);
});

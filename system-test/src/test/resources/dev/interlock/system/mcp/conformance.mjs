// A server of MCP with what the official conformance suite calls, for both generations of the protocol. Its order is one
// line: where npm installed the SDK, the port, and the only token that it takes.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
const require = createRequire(order.modules + "/from.js");
const {
    McpServer,
    ResourceTemplate,
    WebStandardStreamableHTTPServerTransport,
    createMcpHandler,
    createRequestStateCodec,
    fromJsonSchema,
    hostHeaderValidationResponse,
    inputRequired,
    isInitializeRequest,
    isLegacyRequest,
    localhostAllowedHostnames,
    localhostAllowedOrigins,
    originValidationResponse,
} = require("@modelcontextprotocol/server");
const { z } = require("zod");

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
const SOUND = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";
const state = createRequestStateCodec({ key: Buffer.alloc(32, 7), ttlSeconds: 600 });

const text = said => ({ type: "text", text: said });
const image = { type: "image", data: PIXEL, mimeType: "image/png" };
const audio = { type: "audio", data: SOUND, mimeType: "audio/wav" };
const resource = (uri, mimeType, said) => ({ type: "resource", resource: { uri, mimeType, text: said } });
const sleep = millis => new Promise(resolve => setTimeout(resolve, millis));

const one = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
const DEFAULTS = {
    type: "object",
    properties: {
        name: { type: "string", description: "A name", default: "John Doe" },
        age: { type: "integer", description: "An age", default: 30 },
        score: { type: "number", description: "A score", default: 95.5 },
        status: { type: "string", description: "A status", enum: ["active", "inactive", "pending"], default: "active" },
        verified: { type: "boolean", description: "Whether it is verified", default: true },
    },
    required: [],
};
const titled = names => names.map(([value, title]) => ({ const: value, title }));
const ENUMS = {
    type: "object",
    properties: {
        untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
        titledSingle: { type: "string", oneOf: titled([["value1", "First Option"], ["value2", "Second Option"], ["value3", "Third Option"]]) },
        legacyEnum: { type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"] },
        untitledMulti: { type: "array", minItems: 1, maxItems: 3, items: { type: "string", enum: ["option1", "option2", "option3"] } },
        titledMulti: { type: "array", minItems: 1, maxItems: 3, items: { anyOf: titled([["value1", "First Choice"], ["value2", "Second Choice"], ["value3", "Third Choice"]]) } },
    },
    required: [],
};
const SCHEMA_2020_12 = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    $defs: { address: { $anchor: "addressDef", type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
    properties: {
        name: { type: "string" },
        address: { $ref: "#/$defs/address" },
        contactMethod: { type: "string", enum: ["phone", "email"] },
        phone: { type: "string" },
        email: { type: "string" },
    },
    allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
    if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
    then: { required: ["phone"] },
    else: { required: ["email"] },
    additionalProperties: false,
};

/** What a tool asks for with an `input_required` result, by the keys that the suite expects. */
const asked = {
    user_name: inputRequired.elicit({ message: "What is your name?", requestedSchema: one }),
    confirm: inputRequired.elicit({
        message: "Please confirm",
        requestedSchema: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
    }),
    step1: inputRequired.elicit({ message: "Step 1: What is your name?", requestedSchema: one }),
    step2: inputRequired.elicit({
        message: "Step 2: What is your favorite color?",
        requestedSchema: { type: "object", properties: { color: { type: "string" } }, required: ["color"] },
    }),
    user_context: inputRequired.elicit({
        message: "What context should the prompt use?",
        requestedSchema: { type: "object", properties: { context: { type: "string" } }, required: ["context"] },
    }),
    capital_question: inputRequired.createMessage({
        messages: [{ role: "user", content: text("What is the capital of France?") }],
        maxTokens: 100,
    }),
    greeting: inputRequired.createMessage({
        messages: [{ role: "user", content: text("Generate a greeting") }],
        maxTokens: 50,
    }),
    client_roots: inputRequired.listRoots(),
};

/** Asks for `keys`, unless all of them are answered. */
function asking(keys, context, then) {
    const given = context.mcpReq.inputResponses ?? {};
    return keys.every(key => given[key] !== undefined)
        ? then(given)
        : inputRequired({ inputRequests: Object.fromEntries(keys.map(key => [key, asked[key]])) });
}

async function asks(context, key, step) {
    return inputRequired({ inputRequests: { [key]: asked[key] }, requestState: await state.mint({ step }) });
}

function made({ era }) {
    const server = new McpServer(
        { name: "conformance", version: "1.0.0" },
        {
            capabilities: {
                tools: { listChanged: true },
                resources: { subscribe: true, listChanged: true },
                prompts: { listChanged: true },
                logging: {},
                completions: {},
            },
            requestState: { verify: state.verify },
        },
    );
    const tool = (name, schema, does) =>
        server.registerTool(name, { description: "For the suite: " + name, ...(schema ? { inputSchema: schema } : {}) }, does);
    const nothing = z.object({});

    tool("test_simple_text", nothing, async () => ({ content: [text("This is a simple text response for testing.")] }));
    tool("test_image_content", nothing, async () => ({ content: [image] }));
    tool("test_audio_content", nothing, async () => ({ content: [audio] }));
    tool("test_embedded_resource", nothing, async () => ({
        content: [resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
    }));
    tool("test_multiple_content_types", nothing, async () => ({
        content: [
            text("Multiple content types test:"),
            image,
            resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
        ],
    }));
    tool("test_tool_with_logging", nothing, async (_, context) => {
        for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
            if (era === "modern") {
                await context.mcpReq.log("info", data);
            } else {
                await context.mcpReq.notify({ method: "notifications/message", params: { level: "info", data } });
            }
            await sleep(50);
        }
        return { content: [text("Tool with logging executed successfully")] };
    });
    tool("test_tool_with_progress", nothing, async (_, context) => {
        const progressToken = context.mcpReq._meta?.progressToken ?? 0;
        for (const progress of [0, 50, 100]) {
            await context.mcpReq.notify({
                method: "notifications/progress",
                params: { progressToken, progress, total: 100, message: `Completed step ${progress} of 100` },
            });
            await sleep(50);
        }
        return { content: [text(String(progressToken))] };
    });
    tool("test_error_handling", nothing, async () => {
        throw new Error("This tool intentionally returns an error for testing");
    });
    tool("test_reconnection", nothing, async (_, context) => {
        context.http?.closeSSE?.();
        await sleep(100);
        return { content: [text("Reconnection test completed successfully.")] };
    });
    server.registerTool(
        "json_schema_2020_12_tool",
        { description: "For the suite: a schema of 2020-12", inputSchema: fromJsonSchema(SCHEMA_2020_12) },
        async given => ({ content: [text(JSON.stringify(given))] }),
    );
    server.registerTool(
        "test_x_mcp_header",
        {
            description: "For the suite: an argument that is repeated in a header",
            inputSchema: fromJsonSchema({
                type: "object",
                properties: {
                    region: { type: "string", "x-mcp-header": "Region" },
                    priority: { type: "integer", "x-mcp-header": "Priority" },
                    query: { type: "string" },
                },
                required: ["region"],
            }),
        },
        async given => ({ content: [text(JSON.stringify(given))] }),
    );

    const said = async what => {
        try {
            return { content: [text(await what())] };
        } catch (e) {
            return { content: [text("not supported or error: " + e.message)] };
        }
    };
    tool("test_sampling", z.object({ prompt: z.string() }), ({ prompt }, context) =>
        said(async () => {
            const answer = await context.mcpReq.requestSampling({
                messages: [{ role: "user", content: text(prompt) }],
                maxTokens: 100,
            });
            return "LLM response: " + answer.content.text;
        }));
    const elicit = (context, message, requestedSchema) =>
        said(async () => {
            const { action, content } = await context.mcpReq.elicitInput({ mode: "form", message, requestedSchema });
            return `Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`;
        });
    tool("test_elicitation", z.object({ message: z.string() }), ({ message }, context) =>
        elicit(context, message, { type: "object", properties: { response: { type: "string" } }, required: ["response"] }));
    tool("test_elicitation_sep1034_defaults", nothing, (_, context) => elicit(context, "Please review", DEFAULTS));
    tool("test_elicitation_sep1330_enums", nothing, (_, context) => elicit(context, "Please select", ENUMS));

    const done = async () => ({ content: [text("done")] });
    tool("test_input_required_result_elicitation", nothing, async (_, context) =>
        asking(["user_name"], context, given => ({ content: [text(`Hello, ${given.user_name?.content?.name}!`)] })));
    tool("test_input_required_result_sampling", nothing, async (_, context) =>
        asking(["capital_question"], context, given => ({ content: [text(JSON.stringify(given))] })));
    tool("test_input_required_result_list_roots", nothing, async (_, context) =>
        asking(["client_roots"], context, given => ({ content: [text(JSON.stringify(given))] })));
    for (const name of ["test_input_required_result_request_state", "test_input_required_result_tampered_state"]) {
        tool(name, nothing, async (_, context) =>
            context.mcpReq.inputResponses?.confirm !== undefined && context.mcpReq.requestState()
                ? { content: [text("state-ok")] }
                : asks(context, "confirm", 1));
    }
    tool("test_input_required_result_multiple_inputs", nothing, async (_, context) => {
        const keys = ["user_name", "greeting", "client_roots"];
        const given = context.mcpReq.inputResponses ?? {};
        return keys.every(key => given[key] !== undefined)
            ? done()
            : inputRequired({
                  inputRequests: Object.fromEntries(keys.map(key => [key, asked[key]])),
                  requestState: await state.mint({ step: 1 }),
              });
    });
    tool("test_input_required_result_multi_round", nothing, async (_, context) => {
        const { step } = context.mcpReq.requestState() ?? { step: 0 };
        const given = context.mcpReq.inputResponses ?? {};
        if (step >= 1 && given.step1 !== undefined) {
            return asks(context, "step2", 2);
        }
        return step >= 2 && given.step2 !== undefined ? done() : asks(context, "step1", 1);
    });
    tool("test_input_required_result_capabilities", nothing, async (_, context) => {
        const able = context.mcpReq.envelope?.["io.modelcontextprotocol/clientCapabilities"] ?? {};
        const keys = [
            ...(able.sampling ? ["capital_question"] : []),
            ...(able.elicitation ? ["user_name"] : []),
            ...(able.roots ? ["client_roots"] : []),
        ];
        return keys.length === 0 ? done() : asking(keys, context, done);
    });

    const read = (uri, mimeType, said) => async () => ({ contents: [{ uri, mimeType, ...said }] });
    server.registerResource("static-text", "test://static-text", { mimeType: "text/plain" },
        read("test://static-text", "text/plain", { text: "This is the content of the static text resource." }));
    server.registerResource("static-binary", "test://static-binary", { mimeType: "image/png" },
        read("test://static-binary", "image/png", { blob: PIXEL }));
    server.registerResource("watched", "test://watched-resource", { mimeType: "text/plain" },
        read("test://watched-resource", "text/plain", { text: "Watched resource content" }));
    server.registerResource("template", new ResourceTemplate("test://template/{id}/data", { list: undefined }),
        { mimeType: "application/json" },
        async (uri, { id }) => ({
            contents: [{ uri: uri.toString(), mimeType: "application/json", text: JSON.stringify({ id, templateTest: true, data: "Data for ID: " + id }) }],
        }));

    const described = what => ({ description: "For the suite: " + what });
    const asUser = content => ({ messages: [{ role: "user", content }] });
    server.registerPrompt("test_simple_prompt", described("simple"), async () => asUser(text("This is a simple prompt for testing.")));
    server.registerPrompt("test_prompt_with_arguments",
        { ...described("arguments"), argsSchema: z.object({ arg1: z.string(), arg2: z.string() }) },
        async ({ arg1, arg2 }) => asUser(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)));
    server.registerPrompt("test_prompt_with_embedded_resource",
        { ...described("a resource"), argsSchema: z.object({ resourceUri: z.string() }) },
        async ({ resourceUri }) => asUser(resource(resourceUri, "text/plain", "Embedded resource content for testing.")));
    server.registerPrompt("test_prompt_with_image", described("an image"), async () => asUser(image));
    server.registerPrompt("test_input_required_result_prompt", described("asks"), async (...given) =>
        asking(["user_context"], given.at(-1), () => asUser(text("A prompt with context"))));

    server.server.setRequestHandler("completion/complete", async () => ({ completion: { values: [], total: 0, hasMore: false } }));
    if (era !== "modern") {
        server.server.setRequestHandler("resources/subscribe", async () => ({}));
        server.server.setRequestHandler("resources/unsubscribe", async () => ({}));
    }
    return server;
}

/** Keeps what a stream has said, so that a client can resume it. */
function eventStore() {
    const kept = [];
    return {
        async storeEvent(stream, message) {
            const id = stream + "::" + kept.length;
            kept.push({ id, stream, message });
            return id;
        },
        async getStreamIdForEventId(id) {
            return kept.find(event => event.id === id)?.stream;
        },
        async replayEventsAfter(last, { send }) {
            const at = kept.findIndex(event => event.id === last);
            const stream = kept[at]?.stream ?? "";
            for (const event of kept.slice(at + 1)) {
                if (event.stream === stream && Object.keys(event.message).length > 0) {
                    await send(event.id, event.message);
                }
            }
            return stream;
        },
    };
}

const sessions = new Map();

async function legacy(request, body) {
    const known = sessions.get(request.headers.get("mcp-session-id") ?? "");
    if (known) {
        return known.handleRequest(request, { parsedBody: body });
    }
    if (body === undefined || !isInitializeRequest(body)) {
        const error = { code: -32000, message: "There is no such session" };
        return Response.json({ jsonrpc: "2.0", id: null, error }, { status: request.headers.has("mcp-session-id") ? 404 : 400 });
    }
    const transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        eventStore: eventStore(),
        retryInterval: 500,
        onsessioninitialized: id => void sessions.set(id, transport),
        onsessionclosed: id => void sessions.delete(id),
    });
    await made({ era: "legacy" }).connect(transport);
    return transport.handleRequest(request, { parsedBody: body });
}

const modern = createMcpHandler(made, { legacy: "reject" });

async function answer(request, body) {
    const rejected =
        hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
        originValidationResponse(request, localhostAllowedOrigins());
    if (rejected) {
        return rejected;
    }
    if (order.token && request.headers.get("authorization") !== "Bearer " + order.token) {
        return new Response(null, { status: 401 });
    }
    return request.method !== "POST" || (await isLegacyRequest(request.clone()))
        ? legacy(request, body.length > 0 ? JSON.parse(body) : undefined)
        : modern.fetch(request);
}

createServer(async (incoming, outgoing) => {
    const pieces = [];
    for await (const piece of incoming) {
        pieces.push(piece);
    }
    const body = Buffer.concat(pieces);
    const aborted = new AbortController();
    outgoing.on("close", () => aborted.abort());
    const request = new Request("http://127.0.0.1:" + order.port + incoming.url, {
        method: incoming.method,
        headers: Object.entries(incoming.headers),
        body: body.length > 0 ? body : undefined,
        signal: aborted.signal,
    });
    try {
        const answered = await answer(request, body);
        outgoing.writeHead(answered.status, Object.fromEntries(answered.headers));
        outgoing.flushHeaders();
        for await (const piece of answered.body ?? []) {
            outgoing.write(piece);
        }
        outgoing.end();
    } catch (e) {
        console.error(e);
        outgoing.destroy();
    }
}).listen(order.port, "127.0.0.1", () => console.log("listening"));

package dev.interlock.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.system.ScriptedModel.Step;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The protocol of a model provider: its address, its credential, and the events of its answers. */
enum ModelWire {
    /** Anthropic's Messages API. */
    ANTHROPIC("anthropic", "api.anthropic.com", "/v1/messages", "x-api-key", "header: x-api-key") {
        @Override
        String credential(String key) {
            return key;
        }

        @Override
        List<String> results(JsonNode request) {
            List<String> results = new ArrayList<>();
            for (JsonNode message : request.path("messages")) {
                for (JsonNode block : message.path("content")) {
                    if (block.path("type").asText().equals("tool_result")) {
                        results.add(text(block.path("content")));
                    }
                }
            }
            return results;
        }

        @Override
        List<ObjectNode> wish(int number, Step step) throws IOException {
            ObjectNode block = JSON.createObjectNode();
            block.put("type", "tool_use").put("id", "toolu_" + number).put("name", step.tool());
            block.putObject("input");
            ObjectNode piece = JSON.createObjectNode().put("type", "input_json_delta");
            piece.put("partial_json", JSON.writeValueAsString(step.input()));
            return answer(block, piece, "tool_use");
        }

        @Override
        List<ObjectNode> end(String text) {
            ObjectNode block = JSON.createObjectNode().put("type", "text").put("text", "");
            return answer(
                    block, JSON.createObjectNode().put("type", "text_delta").put("text", text), "end_turn");
        }

        private List<ObjectNode> answer(ObjectNode block, ObjectNode piece, String reason) {
            ObjectNode start = event("message_start");
            ObjectNode message = start.putObject("message");
            message.put("id", "msg")
                    .put("type", "message")
                    .put("role", "assistant")
                    .put("model", "scripted");
            message.putNull("stop_reason").putNull("stop_sequence").putArray("content");
            message.putObject("usage").put("input_tokens", 1).put("output_tokens", 1);
            ObjectNode end = event("message_delta");
            end.putObject("delta").put("stop_reason", reason).putNull("stop_sequence");
            end.putObject("usage").put("output_tokens", 1);
            return List.of(
                    start,
                    event("content_block_start").put("index", 0).set("content_block", block),
                    event("content_block_delta").put("index", 0).set("delta", piece),
                    event("content_block_stop").put("index", 0),
                    end,
                    event("message_stop"));
        }
    },

    /** OpenAI's Responses API. */
    OPENAI("openai", "api.openai.com", "/v1/responses", "authorization", "header: authorization, scheme: Bearer") {
        @Override
        String credential(String key) {
            return "Bearer " + key;
        }

        @Override
        List<String> results(JsonNode request) {
            List<String> results = new ArrayList<>();
            for (JsonNode item : request.path("input")) {
                if (item.path("type").asText().equals("function_call_output")) {
                    results.add(text(item.path("output")));
                }
            }
            return results;
        }

        @Override
        List<ObjectNode> wish(int number, Step step) throws IOException {
            ObjectNode item =
                    JSON.createObjectNode().put("type", "function_call").put("id", "fc_" + number);
            // Codex has the tools of each server of MCP in a namespace.
            int name = step.tool().startsWith("mcp__") ? step.tool().lastIndexOf("__") + 2 : 0;
            item.put("call_id", "call_" + number).put("name", step.tool().substring(name));
            if (name > 0) {
                item.put("namespace", step.tool().substring(0, name - 2));
            }
            return answer(item.put("arguments", JSON.writeValueAsString(step.input())));
        }

        @Override
        List<ObjectNode> end(String text) {
            ObjectNode item = JSON.createObjectNode()
                    .put("type", "message")
                    .put("id", "msg")
                    .put("role", "assistant");
            item.putArray("content").addObject().put("type", "output_text").put("text", text);
            return answer(item);
        }

        private List<ObjectNode> answer(ObjectNode item) {
            ObjectNode start = event("response.created");
            start.putObject("response").put("id", "resp");
            ObjectNode end = event("response.completed");
            ObjectNode response = end.putObject("response").put("id", "resp").put("status", "completed");
            ObjectNode usage =
                    response.putObject("usage").put("input_tokens", 1).put("output_tokens", 1);
            usage.put("total_tokens", 2).putNull("input_tokens_details").putNull("output_tokens_details");
            return List.of(
                    start,
                    event("response.output_item.done").put("output_index", 0).set("item", item),
                    end);
        }
    },

    /** Google's Gemini API, whose events have no names. */
    GEMINI(
            "gemini",
            "generativelanguage.googleapis.com",
            "/v1beta/models/scripted:streamGenerateContent",
            "x-goog-api-key",
            "header: x-goog-api-key") {
        @Override
        String credential(String key) {
            return key;
        }

        @Override
        List<String> results(JsonNode request) {
            List<String> results = new ArrayList<>();
            for (JsonNode content : request.path("contents")) {
                for (JsonNode part : content.path("parts")) {
                    if (part.has("functionResponse")) {
                        JsonNode response = part.path("functionResponse").path("response");
                        results.add(response.path("output").asText()
                                + response.path("error").asText());
                    }
                }
            }
            return results;
        }

        @Override
        List<ObjectNode> wish(int number, Step step) {
            ObjectNode part = JSON.createObjectNode();
            ObjectNode call = part.putObject("functionCall").put("name", step.tool());
            call.set("args", JSON.valueToTree(step.input()));
            return answer(part);
        }

        @Override
        List<ObjectNode> end(String text) {
            return answer(JSON.createObjectNode().put("text", text));
        }

        @Override
        String head(JsonNode event) {
            return "";
        }

        private List<ObjectNode> answer(ObjectNode part) {
            ObjectNode answer = JSON.createObjectNode().put("modelVersion", "scripted");
            ObjectNode candidate =
                    answer.putArray("candidates").addObject().put("index", 0).put("finishReason", "STOP");
            candidate
                    .putObject("content")
                    .put("role", "model")
                    .putArray("parts")
                    .add(part);
            answer.putObject("usageMetadata").put("promptTokenCount", 1).put("totalTokenCount", 2);
            return List.of(answer);
        }
    };

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String catalog;
    private final String host;
    private final String path;
    private final String slot;
    private final String sealedSlot;

    ModelWire(String catalog, String host, String path, String slot, String sealedSlot) {
        this.catalog = catalog;
        this.host = host;
        this.path = path;
        this.slot = slot;
        this.sealedSlot = sealedSlot;
    }

    /** Returns the content of the slot for {@code key}. */
    abstract String credential(String key);

    /** Returns the results of all tools so far. */
    abstract List<String> results(JsonNode request);

    /** Returns the events of an answer that asks for a tool. */
    abstract List<ObjectNode> wish(int number, Step step) throws IOException;

    /** Returns the events of an answer that asks for nothing. */
    abstract List<ObjectNode> end(String text);

    /** Returns the text before an event's data. */
    String head(JsonNode event) {
        return "event: " + event.path("type").asText() + "\n";
    }

    String catalog() {
        return catalog;
    }

    String host() {
        return host;
    }

    String path() {
        return path;
    }

    /** The header field that holds the credential. */
    String slot() {
        return slot;
    }

    /** The same, in the form of the seal. */
    String sealedSlot() {
        return sealedSlot;
    }

    private static ObjectNode event(String type) {
        return JSON.createObjectNode().put("type", type);
    }

    private static String text(JsonNode content) {
        if (content.isTextual()) {
            return content.textValue();
        }
        StringBuilder all = new StringBuilder();
        content.forEach(block -> all.append(block.path("text").asText()).append('\n'));
        return all.toString();
    }
}

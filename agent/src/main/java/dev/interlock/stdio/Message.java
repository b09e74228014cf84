package dev.interlock.stdio;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

record Message(JsonNode json, Bytes line) {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(200)
                        .maxStringLength(StdioSession.LONGEST_LINE)
                        .build());
    }

    static Optional<Message> read(byte[] text) {
        try {
            // A reader of bytes would guess their encoding, and find another message in UTF-16.
            JsonNode json = JSON.readTree(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString());
            boolean isMessage = json != null && json.path("jsonrpc").asText().equals("2.0") && hasKnownId(json);
            return isMessage ? Optional.of(new Message(json, Bytes.of(oneLine(text)))) : Optional.empty();
        } catch (CharacterCodingException | JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static boolean hasKnownId(JsonNode json) {
        JsonNode id = json.path("id");
        return id.isMissingNode() || id.isTextual() || id.isIntegralNumber();
    }

    /** Between the tokens of JSON a line's end means as much as a space, and inside of them there is none. */
    private static byte[] oneLine(byte[] text) {
        byte[] line = text.clone();
        for (int i = 0; i < line.length; i++) {
            if (line[i] == '\n' || line[i] == '\r') {
                line[i] = ' ';
            }
        }
        return line;
    }

    static Message error(JsonNode id, int code, String why) {
        ObjectNode error = JSON.createObjectNode().put("jsonrpc", "2.0");
        error.set("id", id.isMissingNode() ? error.nullNode() : id);
        error.putObject("error").put("code", code).put("message", why);
        return of(error);
    }

    static Message emptyResult(JsonNode id) {
        ObjectNode result = JSON.createObjectNode().put("jsonrpc", "2.0");
        result.set("id", id);
        result.putObject("result");
        return of(result);
    }

    private static Message of(JsonNode json) {
        return new Message(json, Bytes.utf8(json.toString()));
    }

    byte[] bytes() {
        return line.toArray();
    }

    String method() {
        return json.path("method").asText("");
    }

    JsonNode id() {
        return json.path("id");
    }

    boolean isRequest() {
        return json.has("method") && json.has("id");
    }

    boolean isNotification() {
        return json.has("method") && !json.has("id");
    }
}

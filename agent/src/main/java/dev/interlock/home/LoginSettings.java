package dev.interlock.home;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.agents.Protection;
import java.io.IOException;

/** The settings by which a person chooses a login or another provider. An agent takes them before the lease. */
record LoginSettings(Protection.Overriding overriding) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Returns {@code content} without them; to the byte if it has none, or is no JSON object, which an agent ignores.
     */
    byte[] removeFrom(byte[] content) throws IOException {
        JsonNode read;
        try {
            read = JSON.readTree(content);
        } catch (JsonProcessingException e) {
            return content;
        }
        if (!(read instanceof ObjectNode settings)) {
            return content;
        }
        ObjectNode kept = settings.deepCopy().remove(overriding.members());
        if (kept.get("env") instanceof ObjectNode env) {
            env.properties()
                    .removeIf(
                            one -> overriding.variables().matcher(one.getKey()).matches());
        }
        return kept.equals(settings) ? content : JSON.writeValueAsBytes(kept);
    }
}

package dev.interlock.system.bypass;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * One attempt at harm, as bytes on the wire.
 *
 * <p>Both forms may hold {@code ${token}} (a real one when sent directly, the lease when sent through the gateway),
 * {@code ${found}} (always the real one), {@code ${host}} and {@code ${path}}.
 *
 * @param name a sentence for the report
 * @param direct the bytes for the provider
 * @param guarded the bytes for the gateway
 * @param harm the evidence at the provider that it happened
 * @param kinds the gateway's permitted answers
 */
record BypassAttempt(String name, byte[] direct, byte[] guarded, AttemptHarm harm, List<String> kinds) {

    /** The harm that must not happen. */
    sealed interface AttemptHarm {

        /** The provider executes this root field. */
        record ExecutedRootField(String root) implements AttemptHarm {}

        /** The answer holds this text. */
        record LeakedText(String secret) implements AttemptHarm {}
    }

    /** Latin 1 preserves all bytes, so that a text can contain any body. */
    static byte[] fill(byte[] template, Map<String, String> values) {
        String text = new String(template, StandardCharsets.ISO_8859_1);
        for (Map.Entry<String, String> value : values.entrySet()) {
            text = text.replace("${" + value.getKey() + "}", value.getValue());
        }
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static BypassAttempt same(String name, byte[] wire, AttemptHarm harm, String... kinds) {
        return new BypassAttempt(name, wire, wire, harm, List.of(kinds));
    }

    /** Returns the number of requests in the bytes for a reader who sees more than one. */
    int requests() {
        return name.startsWith("pipelined") ? 2 : 1;
    }

    @Override
    public String toString() {
        return name;
    }
}

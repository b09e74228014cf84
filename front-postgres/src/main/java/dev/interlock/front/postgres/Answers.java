package dev.interlock.front.postgres;

import dev.interlock.action.Refusal;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What the gateway itself says to a client. */
final class Answers {

    /** People must confirm first. In no class of PostgreSQL's, so that no client retries by itself. */
    static final String HELD = "IL001";

    static final String DENIED = "42501";
    static final String SYNTAX = "42601";
    static final String UNSUPPORTED = "0A000";
    static final String PROTOCOL = "08P01";
    static final String WRONG_PASSWORD = "28P01";
    static final String UNAVAILABLE = "58000";

    private Answers() {}

    static Message error(String state, String message, String detail, String hint) {
        return report("ERROR", state, message, Map.of('D', detail, 'H', hint));
    }

    static Message fatal(String state, String message, String detail) {
        return report("FATAL", state, message, Map.of('D', detail));
    }

    static Message probed(Refusal refusal, String receipt) {
        return report("FATAL", DENIED, refusal.kind().word(), Map.of('D', refusal.reason(), 'W', receipt));
    }

    /** Returns the error of a text that is no SQL, with the character at which that shows. */
    static Message unread(String reason, int position) {
        String grammar = "Interlock reads SQL by the grammar of PostgreSQL 18.";
        return report("ERROR", SYNTAX, reason, Map.of('D', grammar, 'P', position > 0 ? "" + position : ""));
    }

    private static Message report(String severity, String state, String message, Map<Character, String> more) {
        Message.Builder built = Message.of('E');
        built.int8('S').text(severity).int8('V').text(severity).int8('C').text(state);
        built.int8('M').text(message);
        new TreeMap<>(more).forEach((field, text) -> {
            if (!text.isEmpty()) {
                built.int8(field).text(text);
            }
        });
        return built.int8(0).build();
    }

    /** Returns the fields of an error, as far as they can be read. */
    static Map<Character, String> fields(Message error) {
        Map<Character, String> fields = new TreeMap<>();
        try {
            PayloadReader reader = error.reader();
            for (int field = reader.int8(); field != 0; field = reader.int8()) {
                fields.put((char) field, reader.text());
            }
        } catch (ProtocolException _) {
            // an error all the same
        }
        return fields;
    }

    static Message refused(Refusal refusal) {
        String state = switch (refusal.kind()) {
            case CONFIRMATION_REQUIRED -> HELD;
            case DENIED, FOREIGN_CREDENTIAL -> DENIED;
            case NOT_UNDERSTOOD -> UNSUPPORTED;
            case UNAVAILABLE, NOT_SENT, UNANSWERED -> UNAVAILABLE;
            case UNKNOWN -> "08007"; // transaction resolution unknown
        };
        String message = refusal.kind().word().replace('_', ' ');
        return error(state, message, refusal.reason(), refusal.next());
    }

    static Message held(Refusal refusal, String hold, Optional<Consequences> measured, boolean hasWhere) {
        return error(
                HELD,
                "confirmation required",
                measured.map(counted -> counted.words() + ". ").orElse("") + refusal.reason(),
                "interlock hold show " + hold + (hasWhere ? "" : ", or add a WHERE")
                        + "; after a person has confirmed it, send the same again");
    }

    static Message ready(char status) {
        return Message.of('Z').int8(status).build();
    }
}

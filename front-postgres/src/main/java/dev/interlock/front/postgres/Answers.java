package dev.interlock.front.postgres;

import dev.interlock.action.Refusal;
import java.util.Optional;

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
        return report("ERROR", state, message, detail, hint);
    }

    static Message fatal(String state, String message, String detail) {
        return report("FATAL", state, message, detail, "");
    }

    /** Returns the answer to a probe that was refused. */
    static Message probed(Refusal refusal, String receipt) {
        Message.Builder built = Message.of('E');
        built.int8('S').text("FATAL").int8('V').text("FATAL").int8('C').text(DENIED);
        built.int8('M').text(refusal.kind().word()).int8('D').text(refusal.reason());
        return built.int8('W').text(receipt).int8(0).build();
    }

    private static Message report(String severity, String state, String message, String detail, String hint) {
        Message.Builder built = Message.of('E');
        built.int8('S').text(severity).int8('V').text(severity).int8('C').text(state);
        built.int8('M').text(message);
        if (!detail.isEmpty()) {
            built.int8('D').text(detail);
        }
        if (!hint.isEmpty()) {
            built.int8('H').text(hint);
        }
        return built.int8(0).build();
    }

    /** Returns the error of a text that is no SQL, with the character at which that shows. */
    static Message unread(String reason, int position) {
        Message.Builder built = Message.of('E');
        built.int8('S').text("ERROR").int8('V').text("ERROR").int8('C').text(SYNTAX);
        built.int8('M').text(reason).int8('D').text("Interlock reads SQL by the grammar of PostgreSQL 18.");
        if (position > 0) {
            built.int8('P').text(Integer.toString(position));
        }
        return built.int8(0).build();
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

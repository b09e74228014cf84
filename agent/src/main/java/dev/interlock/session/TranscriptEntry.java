package dev.interlock.session;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.Locale;

/**
 * An entry of an agent's own account, or a note that some entries are left out.
 *
 * @param at the time, according to the agent
 * @param kind the kind of entry
 * @param text the text as the agent wrote it; it must be made safe before display
 */
public record TranscriptEntry(Instant at, Kind kind, String text) {

    /** The kind of an entry. */
    public enum Kind {
        /** A prompt to the agent. */
        ASKED,
        /** Text of its model. */
        SAID,
        /** A tool call that its model requested. */
        CALL,
        /** A line on its terminal or its standard streams. */
        WROTE,
        /** A note of the displaying program, not of the agent: how many entries are not shown here. */
        LEFT_OUT;

        /** Returns the word that is shown. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    TranscriptEntry within(Instant from, Instant until) {
        return at.isBefore(from)
                ? new TranscriptEntry(from, kind, text)
                : at.isAfter(until) ? new TranscriptEntry(until, kind, text) : this;
    }

    /** Returns the entry as JSON for programs. */
    public Json.Members json() {
        return Json.object()
                .with("at", at.toString())
                .with("who", kind == Kind.LEFT_OUT ? "interlock" : "agent")
                .with("what", kind.word())
                .with("text", TerminalText.scalar(text));
    }
}

package dev.interlock.session;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.Locale;

/**
 * Something that an agent said, by its own account, or what of it is left out.
 *
 * @param at when, by its own account
 * @param kind what sort of thing
 * @param text what; as it wrote it, and so to be made inert before it is shown
 */
public record Saying(Instant at, Kind kind, String text) {

    /** What sort of thing was said. */
    public enum Kind {
        /** What it was asked. */
        ASKED,
        /** Words of its model. */
        SAID,
        /** A tool that its model wanted to be called. */
        CALL,
        /** A line on its terminal or its standard streams. */
        WROTE,
        /** Not its own word, but that of whoever shows the others: how much of them is not shown here. */
        LEFT_OUT;

        /** The word that is shown. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    Saying within(Instant from, Instant until) {
        return at.isBefore(from)
                ? new Saying(from, kind, text)
                : at.isAfter(until) ? new Saying(until, kind, text) : this;
    }

    /** As a program reads it. */
    public Json.Members json() {
        return Json.object()
                .with("at", at.toString())
                .with("who", kind == Kind.LEFT_OUT ? "interlock" : "agent")
                .with("what", kind.word())
                .with("text", Shown.scalar(text));
    }
}

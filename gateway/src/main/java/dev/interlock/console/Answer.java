package dev.interlock.console;

import dev.interlock.evidence.Json;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What a route answers. */
sealed interface Answer {

    /** A page. */
    record Page(int status, String html) implements Answer {}

    /** For a script. */
    record Data(int status, Json.Members json) implements Answer {}

    /**
     * Look there.
     *
     * @param cookie what the browser is to keep from now on; an empty one is to be forgotten
     */
    record Elsewhere(String path, Optional<String> cookie) implements Answer {}

    /** For a script, which then goes on; with a cookie to keep. */
    record Entered(Json.Members json, String cookie) implements Answer {}

    /**
     * For a script, which then leaves for somewhere else; with what the browser keeps until it comes back from there.
     *
     * @param binding a secret; no script reads it
     * @param life how long it is kept
     */
    record Leaving(Json.Members json, String binding, Duration life) implements Answer {}

    /** Back from somewhere else, and signed in: a page of ours, from which the browser goes on by itself. */
    record Arrived(String html, String cookie) implements Answer {}

    /** A file of ours. */
    record Asset(String name) implements Answer {}

    /** Goes on until the browser goes away. */
    record Stream(Source source) implements Answer {}

    /** Where a stream comes from. */
    interface Source {

        /**
         * Passes on events until {@code goesOn} says no or the sink breaks.
         *
         * @param goesOn asked before each event, and every few seconds
         */
        void pour(BooleanSupplier goesOn, Sink sink) throws Exception;
    }

    /** Where it goes. */
    interface Sink {

        /** One event; an empty one keeps the line alive. */
        void event(Optional<Json.Members> data) throws java.io.IOException;
    }

    static Answer to(String path) {
        return new Elsewhere(path, Optional.empty());
    }

    static Answer page(String html) {
        return new Page(200, html);
    }
}

package dev.interlock.console;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The answer of a route. */
sealed interface ConsoleAnswer {

    /** A page. */
    record Page(int status, String html) implements ConsoleAnswer {}

    /** JSON for a script. */
    record Data(int status, Json.Members json) implements ConsoleAnswer {}

    /**
     * A redirect to another page.
     *
     * @param cookie the new session cookie; an empty text makes the browser forget it
     */
    record RedirectAnswer(String path, Optional<String> cookie) implements ConsoleAnswer {}

    /** JSON for a script after a sign-in, with the session cookie. */
    record SignedInAnswer(Json.Members json, String cookie) implements ConsoleAnswer {}

    /**
     * JSON for a script that then leaves for the identity provider. The browser stores a binding until it comes back.
     *
     * @param binding a secret; no script reads it
     * @param life how long the browser stores it
     */
    record ProviderRedirectAnswer(Json.Members json, String binding, Duration life) implements ConsoleAnswer {}

    /**
     * The page after a sign-in at the identity provider. It is a page of the console, from which the browser goes on by
     * itself.
     */
    record ProviderReturnPage(String html, String cookie) implements ConsoleAnswer {}

    /** A static file of the console. */
    record Asset(String name) implements ConsoleAnswer {}

    /** A file to save. If it ends early, the browser sees that it is not whole. */
    record Download(String name, String type, DownloadBody body) implements ConsoleAnswer {}

    /** The writer of a file. */
    interface DownloadBody {
        void writeTo(OutputStream out) throws IOException;
    }

    /** A stream of events. It goes on until the browser disconnects. */
    record Stream(Source source) implements ConsoleAnswer {}

    /** The source of a stream. */
    interface Source {

        /**
         * Passes on events until {@code goesOn} returns false or the sink fails.
         *
         * @param goesOn is asked before each event, and every few seconds
         */
        void streamTo(BooleanSupplier goesOn, Sink sink) throws Exception;
    }

    /** The receiver of a stream's events. */
    interface Sink {

        /** Sends one event. An empty one keeps the connection alive. */
        void event(Optional<Json.Members> data) throws IOException;
    }

    static ConsoleAnswer data(Record answer) {
        return new Data(200, RecordJson.write(answer));
    }

    static ConsoleAnswer to(String path) {
        return new RedirectAnswer(path, Optional.empty());
    }

    static ConsoleAnswer page(Templates.Template template) {
        return new Page(200, Templates.render(template));
    }
}

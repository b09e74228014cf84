package dev.interlock.console;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The answer of a route. */
sealed interface ConsoleAnswer {

    record Page(String html, List<NewCookie> cookies) implements ConsoleAnswer {}

    record Data(Json.Members json, List<NewCookie> cookies) implements ConsoleAnswer {}
    /** A redirect to another page. */
    record RedirectAnswer(String path, List<NewCookie> cookies) implements ConsoleAnswer {}

    /** What the browser stores from now on; an empty value makes it forget. No script reads it. */
    sealed interface NewCookie {

        record SessionCookie(String value) implements NewCookie {}
        /** The binding of a sign-in at the identity provider, which the browser stores until it comes back. */
        record BindingCookie(String value, Duration life) implements NewCookie {}
    }

    record Asset(String name) implements ConsoleAnswer {}
    /** A file to save. If it ends early, the browser sees that it is not whole. */
    record Download(String name, String type, DownloadBody body) implements ConsoleAnswer {}

    /** The writer of a file. */
    interface DownloadBody {
        void writeTo(OutputStream out) throws IOException;
    }

    /** A stream of events. It goes on until the browser disconnects. */
    record Stream(Source source) implements ConsoleAnswer {}

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
        return new Data(RecordJson.write(answer), List.of());
    }

    static ConsoleAnswer to(String path) {
        return new RedirectAnswer(path, List.of());
    }

    static ConsoleAnswer page(Templates.Template template) {
        return new Page(Templates.render(template), List.of());
    }
}

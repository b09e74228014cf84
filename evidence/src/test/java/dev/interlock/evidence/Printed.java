package dev.interlock.evidence;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the auditor's command answered, printed, and said about it beside. */
record Printed(int code, String text, String said) {

    /** Runs the command with the keys of {@code logs}. */
    static Printed of(List<String> args, SoftLog... logs) {
        return of(Optional.empty(), args, logs);
    }

    /** The same in the whole program, where {@code reader} reads SQL. */
    static Printed of(Optional<StatementReader> reader, List<String> args, SoftLog... logs) {
        List<String> all = new ArrayList<>(args);
        for (SoftLog log : logs) {
            all.addAll(List.of("--vkey", log.key().toString()));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int code = new Main(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(said, true, StandardCharsets.UTF_8),
                        reader)
                .run(all);
        return new Printed(code, out.toString(StandardCharsets.UTF_8), said.toString(StandardCharsets.UTF_8));
    }

    Json.Members json() {
        return Json.readWritten(text.getBytes(StandardCharsets.UTF_8), "what is printed");
    }

    /** Of `reconcile`: the events without a receipt. */
    List<Json.Members> alarms() {
        return json().objects("alarms");
    }

    /** Of `reconcile`: the calls whose outcome the provider's log denies. */
    List<Json.Members> findings() {
        return json().objects("findings");
    }
}

package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A log with calls, and a provider's log of what they did. */
abstract class ReconciledLog {

    static final String ORIGIN = "example.test/log";

    @TempDir
    Path directory;

    final SealDocument seal = new SealSamples().document(true);
    final SoftLog log = new SoftLog(ORIGIN);
    final StringBuilder lines = new StringBuilder();
    int receipts;
    int transactions;

    @BeforeEach
    void begin() {
        SealSamples.begin(log, ORIGIN, seal, "staging");
    }

    static Instant at(int second) {
        return SealSamples.NOW.plusSeconds(second);
    }

    String add(Receipt.Kind kind, int second, Json.Members members) {
        String id = LogVerifierTest.id(receipts++);
        log.add(new Receipt(id, kind, at(second), ORIGIN, members));
        return id;
    }

    static Json.Members does(String operation, String resource, String statement) {
        Json.Members meaning = SealSamples.meaning("staging", "write");
        Json.Members fact = Json.object()
                .with("name", "argument.statement")
                .with("value", statement)
                .with("provenance", "claimed");
        Json.Members action = meaning.objects("actions").getFirst();
        return meaning.with(
                "actions",
                new Json.Array(List.of(action.with("operation", operation)
                        .with("facts", new Json.Array(List.of(fact)))
                        .with(
                                "resources",
                                new Json.Array(List.of(
                                        action.objects("resources").getFirst().with("id", resource)))))));
    }

    /** Records a call; {@code result} is that of its outcome, or nothing, or {@code held}. */
    String call(int second, String result, Json.Members meaning) {
        if (result.equals("held")) {
            return add(
                    Receipt.Kind.HELD, second, SealSamples.intent(seal, meaning).with("hold", "H-1"));
        }
        String intent = add(Receipt.Kind.INTENT, second, SealSamples.intent(seal, meaning));
        if (!result.isEmpty()) {
            add(
                    Receipt.Kind.OUTCOME,
                    second,
                    Json.object().with("intent", intent).with("result", result));
        }
        return intent;
    }

    String sql(int second, String result, String statement, String table) {
        return sql(second, result, statement, table, "write");
    }

    String sql(int second, String result, String statement, String table, String impact) {
        String operation = statement.toLowerCase(java.util.Locale.ROOT).replace(' ', '-');
        Json.Members meaning = does("pg/" + operation, "pg:table/shop.public." + table, statement);
        Json.Members action = meaning.objects("actions").getFirst().withTexts("impacts", List.of(impact));
        return call(second, result, meaning.with("actions", new Json.Array(List.of(action))));
    }

    void line(int second, String severity, String message, String vxid) {
        lines.append(Json.object()
                        .with(
                                "timestamp",
                                at(second).toString().replace('T', ' ').replace("Z", ".123 UTC"))
                        .with("user", "agent")
                        .with("dbname", "shop")
                        .with("session_id", "s1")
                        .with("vxid", vxid)
                        .with("error_severity", severity)
                        .with("message", message)
                        .canonicalText())
                .append('\n');
    }

    void ran(int second, String... statements) {
        String vxid = "3/" + transactions++;
        for (String statement : statements) {
            if (statement.equals("ERROR")) {
                line(second, "ERROR", "it failed", vxid);
            } else {
                line(second, "LOG", (statement.startsWith("execute ") ? "" : "statement: ") + statement, vxid);
            }
        }
    }

    Printed reconcile(String provider, String... more) {
        try {
            log.write(directory.resolve("log"), 100);
            Path events = directory.resolve("events.json");
            List<String> all = new ArrayList<>(
                    List.of("reconcile", directory.resolve("log").toString(), "--provider", provider, "--json"));
            if (!lines.isEmpty()) {
                Files.writeString(events, lines);
                all.addAll(List.of("--events", events.toString()));
            }
            all.addAll(List.of(more));
            return Printed.of(reader(), all, log);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns what reads SQL; empty as in the jar alone. */
    Optional<StatementReader> reader() {
        return Optional.empty();
    }
}

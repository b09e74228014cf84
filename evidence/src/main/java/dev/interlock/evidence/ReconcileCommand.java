package dev.interlock.evidence;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Verifies logs, and compares their calls with a provider's own log. */
final class ReconcileCommand {

    static final String NAME = "reconcile";

    static final String USAGE = """
            usage: java -jar interlock-evidence.jar reconcile LEDGER… --provider NAME --events FILE --vkey VKEY [option…]

            Verify logs, and compare their calls with a provider's own log. An event without a receipt is an ALARM, a call
            that is done by its receipt and of which the provider knows nothing a FINDING. Exit codes: 0 if there is neither,
            1 if there is one or a log is not sound, 2 if it could not be compared. Of a fleet give all logs.

              --provider NAME   whose log: github (an organisation's audit log) or postgres (jsonlog or csvlog, log_statement or pgaudit.log = all; the jar alone cannot)
              --events FILE     the provider's log, or https://api.github.com/orgs/ACME/audit-log; may be repeated
              --token-file FILE the token with which to read that address
              --actor NAME      only events by this user, role or digest of a token; may be repeated
              --upstream NAME   only calls to this upstream
              --from TIME       only events from this day or time on (UTC), as 2026-11-20 or 2026-11-20T12:00:00Z
              --to TIME         only events before this day or time
              --tolerance SECS  how far the clocks may be apart; 60 unless given
              --json            one JSON value instead of text
            """ + Arguments.COPY_OPTIONS + """

            example: interlock reconcile --provider postgres --events postgresql.json --vkey log.vkey LEDGER
            """;

    private final PrintStream out;
    private final PrintStream err;
    private final Optional<StatementReader> reader;

    ReconcileCommand(PrintStream out, PrintStream err, Optional<StatementReader> reader) {
        this.out = out;
        this.err = err;
        this.reader = reader;
    }

    int run(List<String> args) throws IOException {
        Arguments request = new Arguments(args, USAGE);
        String tolerance = request.option("--tolerance").orElse("60");
        if (!tolerance.matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("`--tolerance` is a number of seconds");
        }
        Reconciliation.Scope scope = new Reconciliation.Scope(
                request.option("--provider").orElse(""),
                request.filter(),
                Duration.ofSeconds(Long.parseLong(tolerance)),
                request.option("--upstream"),
                Set.copyOf(request.options("--actor")));
        Map<Path, List<Path>> logs = request.logs();
        Reconciliation both = new Reconciliation(provider(request, scope.provider()), scope);
        List<ReceiptReader> readers =
                logs.keySet().stream().map(log -> both.log()).toList();
        OptionalInt unsound = Main.unsound(request.verify(logs, readers), err);
        if (unsound.isPresent()) {
            return unsound.getAsInt();
        }
        both.compare();
        if (request.json()) {
            out.println(both.json().canonicalText());
        } else {
            both.print(out);
        }
        return both.code();
    }

    private ProviderLog provider(Arguments request, String name) throws IOException {
        List<String> events = request.options("--events");
        if (events.isEmpty()) {
            throw new IllegalArgumentException("`--events` is missing: a file with the provider's log");
        }
        Optional<String> file = request.option("--token-file");
        String token = file.isPresent() ? Files.readString(Path.of(file.get())).strip() : "";
        return switch (name) {
            case "github" -> new GithubAuditLog(events, token);
            case "postgres" ->
                new PostgresLog(
                        events,
                        reader.orElseThrow(() -> new IllegalArgumentException(
                                "this jar cannot read SQL: use the gateway's `interlock reconcile`")));
            default -> throw new IllegalArgumentException("`--provider` is github or postgres, not `" + name + "`");
        };
    }
}

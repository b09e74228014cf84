package dev.interlock.cli;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.confine.UnfinishedRun;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

@Command(
        name = "status",
        description = "Show the current protection: the seal in force, separation, the ledger and its replica.",
        footer = "  interlock status --json")
final class StatusCommand extends ConfiguredCommand {

    private static final String WARNINGS = "warnings";
    private static final int INDENT = 17;
    /** In the order of interest. */
    private static final List<String> FIRST = List.of(("enforcing listen fronts probes probed remote separation keys"
                    + " seal_sequence seal seal_expires observing upstreams catalogs credentials_missing"
                    + " credentials_shared leases kills freezes holds receipts published alerts ledger ledger_room"
                    + " publishing replica replica_lag log_key console solo")
            .split(" "));

    /** What people call it, unless that is its name. */
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("listen", "listens on"),
            Map.entry("remote", "remote machines"),
            Map.entry("seal_sequence", "seal"),
            Map.entry("seal", "seal's digest"),
            Map.entry("observing", "observing only"),
            Map.entry("credentials_missing", "missing secrets"),
            Map.entry("credentials_shared", "shared secrets"),
            Map.entry("leases", "leases in force"),
            Map.entry("kills", "standing kills"),
            Map.entry("freezes", "read-only"),
            Map.entry("holds", "open holds"),
            Map.entry("ledger_room", "ledger's disk"),
            Map.entry("solo", "one person only"));

    @Override
    public Integer call() throws Exception {
        StatusQuestion.Status answer = options.daemon().ask(new StatusQuestion.AskStatus());
        Json.Members status = RecordJson.write(answer);
        terminal.answer(options, status, () -> {
            Stream.concat(FIRST.stream(), status.without(Set.of(WARNINGS)).members().keySet().stream())
                    .distinct()
                    .forEach(name -> status.get(name).ifPresent(value -> print(name, value)));
            answer.warnings().forEach(warning -> terminal.problem("warning: " + warning));
        });
        warnOfKilled();
        return answer.enforcing() ? ExitCodes.OK : ExitCodes.NO;
    }

    /** The gateway does not know this: only the user who started a run gets the report of what it left. */
    private void warnOfKilled() throws IOException {
        for (UnfinishedRun run : UnfinishedRun.in(SessionCommand.directory())) {
            if (run.isReportable()) {
                terminal.problem("warning: the run `" + run.lease() + "` was killed, and its leftovers "
                        + "are not reported yet: see `interlock session show " + run.lease() + "`");
            }
        }
    }

    /** A value that equals its label would be printed twice and look like a mistake. */
    private static String words(String name, Json value) {
        return name.equals("catalogs") && value instanceof Json.Members catalogs
                ? catalogs.members().entrySet().stream()
                        .map(each -> each.getKey() + " is read by " + CellFormat.plain(each.getValue()))
                        .collect(Collectors.joining(" · "))
                : CellFormat.plain(value);
    }

    private void print(String name, Json value) {
        String label = WORDS.getOrDefault(name, name.replace('_', ' '));
        String words = words(name, value);
        terminal.row(String.format("%-16s %s", label, words.isEmpty() ? "none" : words), INDENT);
    }
}

package dev.interlock.cli;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.confine.UnfinishedRun;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

@Command(
        name = "status",
        description = "Show the current protection: the seal in force, separation, the ledger and its replica.",
        footer = "  interlock status --json")
final class StatusCommand extends ConfiguredCommand {

    private static final String WARNINGS = "warnings";

    /** The indentation of values. */
    private static final int INDENT = 17;

    /** The labels for people, in the order of interest. */
    private static final Map<String, String> NAMES = names();

    @Override
    public Integer call() throws Exception {
        StatusQuestion.Status answer = options.daemon().ask(new StatusQuestion.AskStatus());
        Json.Members status = RecordJson.write(answer);
        if (options.json()) {
            terminal.json(status);
        } else {
            NAMES.forEach((name, words) -> status.get(name).ifPresent(value -> print(words, value)));
            status.without(Set.of(WARNINGS)).members().forEach((name, value) -> {
                if (!NAMES.containsKey(name)) {
                    print(name.replace('_', ' '), value);
                }
            });
            answer.warnings().forEach(warning -> terminal.problem("warning: " + warning));
        }
        warnOfKilled(SessionFilter.of(answer));
        return answer.enforcing() ? ExitCodes.OK : ExitCodes.NO;
    }

    /** The gateway does not know this: only the user who started a run gets the report of what it left. */
    private void warnOfKilled(SessionFilter log) throws IOException {
        int others = 0;
        for (UnfinishedRun run : UnfinishedRun.in(SessionCommand.directory())) {
            if (run.isAlive() || run.isAway()) {
                continue;
            }
            if (!log.has(run)) {
                others++;
            } else {
                terminal.problem("warning: the run `" + run.lease() + "` was killed, and its leftovers "
                        + "are not reported yet: see `interlock session show " + run.lease() + "`");
            }
        }
        if (others > 0) {
            terminal.problem("warning: at other gateways "
                    + (others == 1 ? "one more run was" : others + " more runs were")
                    + " killed: see `interlock session list --all`");
        }
    }

    private static Map<String, String> names() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("enforcing", "enforcing");
        names.put("listen", "listens on");
        names.put("fronts", "fronts");
        names.put("probes", "probes");
        names.put("probed", "probed");
        names.put("remote", "remote machines");
        names.put("separation", "separation");
        names.put("keys", "keys");
        names.put("seal_sequence", "seal");
        names.put("seal", "seal's digest");
        names.put("seal_expires", "seal expires");
        names.put("observing", "observing only");
        names.put("upstreams", "upstreams");
        names.put("catalogs", "catalogs");
        names.put("credentials_missing", "missing secrets");
        names.put("credentials_shared", "shared secrets");
        names.put("leases", "leases in force");
        names.put("kills", "standing kills");
        names.put("freezes", "read-only");
        names.put("holds", "open holds");
        names.put("receipts", "receipts");
        names.put("published", "published");
        names.put("alerts", "alerts");
        names.put("ledger", "ledger");
        names.put("ledger_room", "ledger's disk");
        names.put("publishing", "publishing");
        names.put("replica", "replica");
        names.put("replica_lag", "replica lag");
        names.put("log_key", "log key");
        names.put("console", "console");
        names.put("solo", "one person only");
        return Collections.unmodifiableMap(names);
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
        String words = words(name, value);
        terminal.row(String.format("%-16s %s", name, words.isEmpty() ? "none" : words), INDENT);
    }
}

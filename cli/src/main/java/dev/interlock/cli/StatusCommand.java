package dev.interlock.cli;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.confine.UnfinishedRun;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        description = "Say in one line whether agents are held, and what a person should look at.",
        footer = {"  interlock status", "  interlock status --all"})
final class StatusCommand extends ConfiguredCommand {

    private static final int INDENT = 17;
    /** In the order of interest. */
    private static final List<String> FIRST = List.of(
            "enforcing listen fronts probes probed remote store separation keys seal_sequence seal seal_expires observing upstreams catalogs bots credentials_missing credentials_shared leases kills freezes holds receipts published alerts ledger ledger_room publishing replica replica_lag witnesses log_key console solo"
                    .split(" "));

    @Option(names = "--all", description = "Show everything: the seal in force, listeners, tests, the ledger.")
    private boolean all;

    /** What people call it, unless that is its name. */
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("listen", "listens on"),
            Map.entry("fronts", "listeners"),
            Map.entry("probes", "test calls"),
            Map.entry("probed", "upstreams tested"),
            Map.entry("keys", "keys process"),
            Map.entry("remote", "remote machines"),
            Map.entry("store", "gateways"),
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
        List<String> leftovers = leftovers();
        terminal.answer(options, status, () -> {
            terminal.line(answer.verdict(leftovers.size()));
            Stream.concat(answer.things().stream(), leftovers.stream())
                    .forEach(thing -> terminal.prose("- " + thing, 2));
            if (!all) {
                nodes(answer).forEach(node -> terminal.row(node, 2));
            }
            if (all) {
                terminal.line("");
                Stream.concat(
                                FIRST.stream(),
                                status.without(Set.of("things", "why", "partly")).members().keySet().stream())
                        .distinct()
                        .forEach(name -> status.get(name).ifPresent(value -> print(name, value, nodes(answer))));
            } else {
                terminal.line("Everything else: interlock status --all" + options.again());
            }
        });
        return answer.enforcing() ? ExitCodes.OK : ExitCodes.NO;
    }

    /** The gateway does not know this: only the user who started a run gets the report of what it left. */
    private static List<String> leftovers() throws IOException {
        List<String> leftovers = new ArrayList<>();
        for (UnfinishedRun run : UnfinishedRun.in(SessionCommand.directory())) {
            if (run.isReportable()) {
                leftovers.add("The run `" + run.lease()
                        + "` was killed, and its leftovers are not reported yet: interlock session show "
                        + run.lease());
            }
        }
        return leftovers;
    }

    /** A value that equals its label would be printed twice and look like a mistake. */
    private static String words(String name, Json value) {
        return name.equals("catalogs") && value instanceof Json.Members catalogs
                ? catalogs.members().entrySet().stream()
                        .map(each -> each.getKey() + " is read by " + CellFormat.plain(each.getValue()))
                        .collect(Collectors.joining(" · "))
                : CellFormat.plain(value);
    }

    private static List<String> nodes(StatusQuestion.Status status) {
        return status.parts().store().stream()
                .flatMap(store -> store.nodes().stream().map(node -> node.words(store.own(), CellFormat::time)))
                .toList();
    }

    private void print(String name, Json value, List<String> nodes) {
        String label = WORDS.getOrDefault(name, name.replace('_', ' '));
        List<String> lines = value instanceof Json.Array list && list.items().size() > 1
                ? list.items().stream().map(CellFormat::plain).toList()
                : name.equals("store") ? nodes : List.of(words(name, value));
        for (String line : lines) {
            terminal.row(String.format("%-16s %s", label, line.isEmpty() ? "none" : line), INDENT);
        }
    }
}

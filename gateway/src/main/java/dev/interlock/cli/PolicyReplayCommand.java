package dev.interlock.cli;

import dev.interlock.Config;
import dev.interlock.PastSeals;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.policy.Replay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Decide about the attempts of the past under a new policy, and list what comes out otherwise.",
            "Exit code 1 if anything is loosened."
        },
        footer = {
            "",
            "Example:",
            "  interlock policy replay interlock/policy",
            "",
            "Without a daemon:",
            "  interlock policy replay interlock/policy --ledger /backup/ledger --vkey ledger.pub"
        })
final class PolicyReplayCommand implements Callable<Integer> {

    @Parameters(paramLabel = "DIRECTORY", arity = "0..1", description = "policy/ beside gateway.yaml unless given.")
    private @Nullable Path directory;

    @Option(
            names = "--ledger",
            paramLabel = "LOG",
            description = "Take the receipts from this directory instead of the daemon; `interlock verify` says whether"
                    + " to believe it.")
    private Optional<Path> ledger = Optional.empty();

    @Option(names = "--vkey", description = "With --ledger: the log's key, as name+id+key, or a file that holds it.")
    private Optional<String> vkey = Optional.empty();

    @Option(
            names = "--limit",
            defaultValue = "10000",
            description =
                    "At most so many of the newest receipts; ${DEFAULT-VALUE} unless given, which is the most that"
                            + " a daemon tells.")
    private long limit;

    @Option(names = "--allow-loosening", description = "Exit code 0 even if something is loosened.")
    private boolean allowed;

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    PolicyReplayCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (limit < 1) {
            throw new UsageException("`--limit` is 1 or more, not " + limit);
        }
        Seal draft = PolicyCommand.sound(terminal, options, directory).draft();
        Replay.Report report = ledger.isPresent() ? offline(draft, ledger.get()) : online(draft);
        if (options.json()) {
            terminal.json(json(report));
        } else {
            print(report);
        }
        return report.loosens() && !allowed ? Exit.NO : Exit.OK;
    }

    private Replay.Report online(Seal draft) throws Exception {
        PastReceipts receipts = new PastReceipts(options);
        PastSeals seals = new PastSeals(options.config());
        return Replay.of(draft, receipts.newest(limit), receipts.acts(), id -> find(seals, id));
    }

    private Replay.Report offline(Seal draft, Path log) throws Exception {
        String key = vkey.orElseThrow(() -> new UsageException("`--ledger` needs `--vkey`, the key of the log"));
        List<Json.Members> all = read(log, key(key));
        List<Json.Members> newest = all.subList((int) Math.max(0, all.size() - limit), all.size());
        Optional<PastSeals> seals = seals();
        return Replay.of(draft, newest.reversed(), all, id -> seals.flatMap(kept -> find(kept, id)));
    }

    private static VerifierKey key(String given) throws IOException {
        Path file = Path.of(given);
        return VerifierKey.parse(
                Files.isRegularFile(file) ? Files.readString(file).strip() : given);
    }

    /** Where no configuration is, no seals are kept either. */
    private Optional<PastSeals> seals() {
        try {
            Config config = options.config();
            return Optional.of(new PastSeals(config));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static List<Json.Members> read(Path directory, VerifierKey key) throws IOException, BadSignatureException {
        StaticLog log = StaticLog.open(directory, List.of(key));
        List<Json.Members> receipts = new ArrayList<>();
        for (long leaf = 0; leaf < log.checkpoint().size(); leaf++) {
            receipts.add(Receipt.read(log.entry(leaf)).json());
        }
        return receipts;
    }

    /** A seal that cannot be read is as good as none: its receipts are counted as unreplayable. */
    private static Optional<Seal> find(PastSeals seals, String id) {
        try {
            return seals.find(id);
        } catch (MalformedException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Json.Members json(Replay.Report report) {
        Json.Members unreplayable = Json.object();
        for (var lost : report.unreplayable().entrySet()) {
            unreplayable = unreplayable.with(lost.getKey(), lost.getValue());
        }
        return Json.object()
                .with("loosens", report.loosens())
                .with("replayed", report.replayed())
                .with("unreplayable", unreplayable)
                .with(
                        "differences",
                        new Json.Array(report.differences().stream()
                                .<Json>map(Replay.Difference::json)
                                .toList()));
    }

    private void print(Replay.Report report) {
        for (Replay.Difference difference : report.differences()) {
            terminal.line((difference.loosened() ? "LOOSENED  " : "tightened ") + difference.before() + " → "
                    + difference.after() + "  " + difference.what() + "  (" + difference.count() + " ×, first "
                    + difference.receipt() + ")");
        }
        long changed = report.differences().stream()
                .mapToLong(Replay.Difference::count)
                .sum();
        long loosened = report.differences().stream()
                .filter(Replay.Difference::loosened)
                .mapToLong(Replay.Difference::count)
                .sum();
        terminal.line(report.replayed() + " attempts replayed: " + (report.replayed() - changed) + " as before, "
                + (changed - loosened) + " tightened, " + loosened + " loosened.");
        report.unreplayable().forEach((why, count) -> terminal.line("unreplayable: " + count + ". " + why));
    }
}

package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.config.Config;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.StaticLog;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.policy.PastSeals;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** Options for the source of past receipts: the daemon, or a copy of its log. */
final class PastOptions {

    /**
     * The data about the past.
     *
     * @param receipts the newest first
     * @param acts the receipts that record how leases were issued
     * @param seals by id, as far as they are stored
     */
    record PastRecords(List<Json.Members> receipts, List<Json.Members> acts, Function<String, Optional<Seal>> seals) {}

    @Option(
            names = "--ledger",
            paramLabel = "LOG",
            description =
                    "Read the receipts from this directory instead of the daemon; `interlock verify` checks it.")
    private Optional<Path> ledger = Optional.empty();

    @Option(
            names = "--vkey",
            description = "With --ledger: the log's public key, as name+id+key, or a file that holds it.")
    private Optional<String> vkey = Optional.empty();

    @Option(
            names = "--limit",
            defaultValue = "10000",
            description = "Maximum number of receipts, newest first; ${DEFAULT-VALUE} unless given, "
                    + "which is the maximum that a daemon returns.")
    private long limit;

    PastRecords read(Options options) throws Exception {
        if (limit < 1) {
            throw new UsageException("`--limit` must be 1 or more, not " + limit);
        }
        if (ledger.isEmpty() && vkey.isPresent()) {
            throw new UsageException("`--vkey` is only for `--ledger`: receipts from the daemon need no key");
        }
        return ledger.isPresent() ? offline(options, ledger.get()) : online(options);
    }

    private PastRecords online(Options options) throws Exception {
        PastReceipts receipts = new PastReceipts(options);
        PastSeals seals = new PastSeals(options.config());
        return new PastRecords(receipts.newest(limit), receipts.acts(), id -> find(seals, id));
    }

    private PastRecords offline(Options options, Path log) throws Exception {
        String key = vkey.orElseThrow(() -> new UsageException("`--ledger` needs `--vkey`, the key of the log"));
        List<Json.Members> all = read(log, key(key));
        List<Json.Members> newest = all.subList((int) Math.max(0, all.size() - limit), all.size());
        Optional<PastSeals> seals = seals(options);
        return new PastRecords(newest.reversed(), all, id -> seals.flatMap(kept -> find(kept, id)));
    }

    private static VerifierKey key(String given) throws IOException {
        Path file = Path.of(given);
        return Files.isRegularFile(file)
                ? VerifierKey.parse(Files.readString(file).strip())
                : UsageException.unless(() -> VerifierKey.parse(given));
    }

    /** Without a configuration there are no stored seals. */
    private static Optional<PastSeals> seals(Options options) {
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

    /** Returns the seal; empty if it cannot be read. Its receipts then count as not replayable. */
    private static Optional<Seal> find(PastSeals seals, String id) {
        try {
            return seals.find(id);
        } catch (MalformedException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

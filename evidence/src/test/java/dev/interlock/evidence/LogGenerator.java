package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes a sound log of any length for {@code bench/evidence}: calls with their outcomes, and every tenth refused. */
final class LogGenerator {

    private static final String ORIGIN = "example.test/log";
    private static final Duration STEP = Duration.ofMillis(2);

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = samples.document(true);
    private final SoftLog log = new SoftLog(ORIGIN);
    private final TileBuilder tiles = new TileBuilder();
    private final CompactRange range = new CompactRange();
    private final List<byte[]> bundle = new ArrayList<>();
    private final Path directory;

    private LogGenerator(Path directory) {
        this.directory = directory;
    }

    /** Takes a directory and the number of receipts. Prints the log's key. */
    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        LogGenerator generator = new LogGenerator(directory);
        generator.write(Integer.parseInt(args[1]));
        Files.writeString(directory.resolve("log.vkey"), generator.log.key().toString());
    }

    private void write(int receipts) throws IOException {
        SealSamples.begin(log, ORIGIN, seal, "staging");
        for (byte[] entry : List.copyOf(log.entries)) {
            append(entry);
        }
        Json.Members call = SealSamples.intent(seal, SealSamples.meaning("staging", "write"));
        for (int i = log.entries.size(); i < receipts; i++) {
            String id = id(i);
            Json.Members members = i % 20 >= 18
                    ? call.with("refusal", "policy").with("reason", "The policy does not allow it.")
                    : i % 2 == 0 ? call : outcome(id(i - 1));
            Receipt.Kind kind =
                    i % 20 >= 18 ? Receipt.Kind.REFUSED : i % 2 == 0 ? Receipt.Kind.INTENT : Receipt.Kind.OUTCOME;
            append(new Receipt(id, kind, SealSamples.NOW.plus(STEP.multipliedBy(i)), ORIGIN, members).canonical());
        }
        tiles.partials((tile, hashes) -> SoftLog.put(directory, tile.path(), hashes));
        flush();
        Checkpoint checkpoint = new Checkpoint(ORIGIN, tiles.size(), range.root());
        SoftLog.put(directory, StaticLog.CHECKPOINT, log.sign(checkpoint).write());
    }

    /** None with which a sample begins: a log with an id twice is not sound, and so is read twice. */
    private static String id(int leaf) {
        return String.format(Locale.ROOT, "R-01JE%022d", leaf);
    }

    private static Json.Members outcome(String intent) {
        return Json.object()
                .with("intent", intent)
                .with("result", "done")
                .with("answer", Json.object().with("status", 200));
    }

    private void append(byte[] entry) throws IOException {
        Hash leaf = Hash.leaf(entry);
        range.append(leaf);
        tiles.append(leaf, (tile, hashes) -> SoftLog.put(directory, tile.path(), hashes));
        bundle.add(entry);
        if (bundle.size() == Tile.WIDTH) {
            flush();
        }
    }

    private void flush() throws IOException {
        if (!bundle.isEmpty()) {
            long index = (tiles.size() - 1) / Tile.WIDTH;
            SoftLog.put(directory, Tile.entries(index, bundle.size()).path(), EntryBundle.write(bundle));
            bundle.clear();
        }
    }
}

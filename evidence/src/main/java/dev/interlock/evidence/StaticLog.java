package dev.interlock.evidence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A published log in a directory, at one checkpoint. It answers from the tiles without verifying them: a caller that
 * does not trust them must verify the answers against the checkpoint. For one thread.
 */
public final class StaticLog implements TreeNodes {

    public static final String CHECKPOINT = "checkpoint";

    /** The newest checkpoint that witnesses had cosigned, as logs kept it that had one file for all. */
    public static final String WITNESSED = "checkpoint.witnessed";

    /** The depth at which logs are looked for, as {@code interlock.example/eu/gateway-1}. */
    private static final int MAX_PARTS = 4;
    /** The directory with the newest checkpoint that each witness has cosigned; it may be older. */
    public static final String WITNESSES = "witnessed";

    private final Path directory;
    private final Note note;
    private final Checkpoint checkpoint;
    private final Map<Tile, byte[]> cache = new HashMap<>();
    /** The bundle that was read last: most callers want several entries of it. */
    private Optional<OpenBundle> bundle = Optional.empty();

    private record OpenBundle(long index, List<byte[]> entries) {}

    StaticLog(Path directory, Note note, Checkpoint checkpoint) {
        this.directory = directory;
        this.note = note;
        this.checkpoint = checkpoint;
    }

    /** Opens the log at its current checkpoint, which one of {@code keys} must have signed. */
    public static StaticLog open(Path directory, Collection<VerifierKey> keys)
            throws IOException, BadSignatureException {
        byte[] bytes = Files.readAllBytes(directory.resolve(CHECKPOINT));
        return new StaticLog(directory, Note.read(bytes), Checkpoint.open(bytes, keys));
    }

    /** Returns what the checkpoint in {@code directory} says, if it can be read; nobody has verified it. */
    static Optional<Checkpoint> unverifiedEnd(Path directory) throws IOException {
        try {
            Optional<byte[]> note = new LogFiles(directory).read(CHECKPOINT);
            return note.map(bytes -> Checkpoint.read(Note.read(bytes).text()));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /** Returns the logs in {@code directory}, which may be one itself: its name can have several parts. */
    public static List<Path> below(Path directory) throws IOException {
        return below(directory, MAX_PARTS);
    }

    private static List<Path> below(Path directory, int parts) throws IOException {
        if (Files.exists(directory.resolve(CHECKPOINT))) {
            return List.of(directory);
        }
        List<Path> logs = new ArrayList<>();
        if (parts > 0 && Files.isDirectory(directory)) {
            List<Path> inside;
            try (Stream<Path> all = Files.list(directory)) {
                inside = all.filter(Files::isDirectory).sorted().toList();
            }
            for (Path each : inside) {
                logs.addAll(below(each, parts - 1));
            }
        }
        return logs;
    }

    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** Returns what asks a witness that knows the first {@code old} leaves to cosign the checkpoint. */
    public WitnessRequest witnessRequest(long old) throws IOException {
        try {
            return new WitnessRequest(old, consistency(old, checkpoint.size()).path(), note);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** The entry at leaf {@code index}. */
    public byte[] entry(long index) throws IOException {
        Tile tile = tile(OptionalInt.empty(), checkpoint.size(), index);
        if (bundle.filter(open -> open.index() == tile.index()).isEmpty()) {
            Tile found = existing(tile);
            byte[] file = GzipFile.read(directory.resolve(found.path()));
            bundle = Optional.of(new OpenBundle(tile.index(), EntryBundle.read(file, found.width())));
        }
        return bundle.get().entries().get((int) (index % Tile.WIDTH));
    }

    /**
     * Returns a self-contained proof of the entry at leaf {@code index}, and of its outcome at another, if any: up to
     * what witnesses saw if they saw it, and with what they saw before it was sent.
     */
    public ProofBundle prove(long index, Optional<Long> outcome) throws IOException {
        Note under = witnessed(Math.max(index, outcome.orElse(index))).orElse(note);
        try {
            long size = Checkpoint.read(under.text()).size();
            ProofBundle proof = new ProofBundle(proven(index, size), under);
            return outcome.isEmpty() ? proof : proof.with(proven(outcome.get(), size), seen(index, outcome.get()));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Returns what witnesses had seen of the intent at leaf {@code index} before its call was sent. */
    private List<SeenIntent.WitnessedTree> seen(long index, long outcome) throws IOException {
        Receipt intent = Receipt.read(entry(index));
        boolean isWatched = intent.members().get(WitnessRules.DEMAND).isPresent()
                && !Receipt.read(entry(outcome)).isUnsent();
        for (long leaf = index + 1; isWatched && leaf < outcome; leaf++) {
            Receipt act = Receipt.read(entry(leaf));
            if (act.isWitnessing(intent.id())) {
                return seen(index, act.seenTrees()).trees();
            }
        }
        return List.of();
    }

    /** Returns the entry at leaf {@code index} with its places in {@code trees}, cosigned checkpoints that cover it. */
    public SeenIntent seen(long index, List<Note> trees) throws IOException {
        List<SeenIntent.WitnessedTree> seen = new ArrayList<>();
        try {
            for (Note tree : trees) {
                long size = Checkpoint.read(tree.text()).size();
                seen.add(new SeenIntent.WitnessedTree(
                        tree, inclusion(index, size).path()));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return new SeenIntent(Receipt.read(entry(index)), index, seen, Optional.empty());
    }

    private ProofBundle.ProvenEntry proven(long index, long size) throws IOException {
        List<Hash> path = inclusion(index, size).path();
        return new ProofBundle.ProvenEntry(Receipt.read(entry(index)), index, path);
    }

    /** Returns the checkpoint that most witnesses have cosigned, among those that cover leaf {@code index}. */
    private Optional<Note> witnessed(long index) throws IOException {
        LogFiles files = new LogFiles(directory);
        Map<String, Note> usable = new TreeMap<>();
        for (String path : files.witnessed()) {
            try {
                Note found = Note.read(files.read(path).orElse(new byte[0]));
                Checkpoint older = Checkpoint.read(found.text());
                if (older.size() > index
                        && older.size() <= checkpoint.size()
                        && older.root().equals(rootAt(older.size()))) {
                    usable.merge(found.text(), found, Note::and);
                }
            } catch (MalformedException e) {
                // A power cut has emptied it.
            }
        }
        return usable.values().stream()
                .max(Comparator.comparingInt(found -> found.lines().size()));
    }

    public Hash rootAt(long size) {
        return CompactRange.at(size, this).root();
    }

    public TileBuilder tiles() {
        return TileBuilder.at(checkpoint.size(), this);
    }

    public CompactRange compactRange() {
        return compactRange(checkpoint.size());
    }

    /**
     * Returns the first {@code size} leaves. They are what the checkpoint commits to if the rest, appended to them,
     * leads to its root.
     */
    public CompactRange compactRange(long size) {
        return CompactRange.at(size, this);
    }

    @Override
    public Hash node(int level, long index) {
        int height = level % Tile.HEIGHT;
        long first = index << height;
        Tile tile = tile(OptionalInt.of(level / Tile.HEIGHT), checkpoint.size() >>> (level - height), first);
        byte[] hashes = cache.computeIfAbsent(tile, this::read);
        int start = (int) (first % Tile.WIDTH);
        CompactRange range = new CompactRange();
        for (int i = start; i < start + (1 << height); i++) {
            range.append(Hash.of(Arrays.copyOfRange(hashes, i * Hash.LENGTH, (i + 1) * Hash.LENGTH)));
        }
        return range.root();
    }

    /** Requires that {@code entries} are all of the bundle that begins with leaf {@code first}. */
    public void requireBundle(long first, List<byte[]> entries) throws IOException, BadSignatureException {
        List<Hash> leaves = entries.stream().map(Hash::leaf).toList();
        TreeNodes nodes = (level, index) -> {
            long start = (index << level) - first;
            if (start < 0 || start + (1L << level) > leaves.size()) {
                return node(level, index);
            }
            CompactRange range = new CompactRange();
            leaves.subList((int) start, (int) (start + (1L << level))).forEach(range::append);
            return range.root();
        };
        try {
            nodes.inclusion(first, checkpoint.size()).verify(leaves.get(0), checkpoint.root());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private byte[] read(Tile tile) {
        try {
            Tile found = existing(tile);
            byte[] hashes = Files.readAllBytes(directory.resolve(found.path()));
            if (hashes.length != found.width() * Hash.LENGTH) {
                throw new MalformedException("`" + found.path() + "` does not have the length in its name");
            }
            return hashes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a wider one if the log has grown and removed {@code tile}: it begins with the same. */
    private Tile existing(Tile tile) {
        for (int width = tile.width(); width <= Tile.WIDTH; width++) {
            Tile wider = new Tile(tile.level(), tile.index(), width);
            Path file = directory.resolve(wider.path());
            if (Files.exists(wider.isCompressible() ? GzipFile.stored(file) : file)) {
                return wider;
            }
        }
        return tile;
    }

    private static Tile tile(OptionalInt level, long count, long index) {
        long start = index - index % Tile.WIDTH;
        return new Tile(level, index / Tile.WIDTH, (int) Math.min(Tile.WIDTH, count - start));
    }
}

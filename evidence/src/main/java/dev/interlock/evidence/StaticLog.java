package dev.interlock.evidence;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A published log in a directory, at one checkpoint. It answers from the tiles without verifying them: a caller that
 * does not trust them must verify the answers against the checkpoint. For one thread.
 */
public final class StaticLog implements TreeNodes {

    public static final String CHECKPOINT = "checkpoint";

    private final Path directory;
    private final Note note;
    private final Checkpoint checkpoint;
    private final Map<Tile, byte[]> cache = new HashMap<>();

    private StaticLog(Path directory, Note note, Checkpoint checkpoint) {
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

    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** The entry at leaf {@code index}. */
    public byte[] entry(long index) throws IOException {
        Tile tile = tile(OptionalInt.empty(), checkpoint.size(), index);
        byte[] file = Files.readAllBytes(directory.resolve(tile.path()));
        return EntryBundle.read(file, tile.width()).get((int) (index % Tile.WIDTH));
    }

    /** Returns a self-contained proof of the entry at leaf {@code index}, and of its outcome at another, if any. */
    public ProofBundle prove(long index, Optional<Long> outcome) throws IOException {
        try {
            ProofBundle proof = new ProofBundle(proven(index), note);
            return outcome.isEmpty() ? proof : proof.with(proven(outcome.get()));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private ProofBundle.ProvenEntry proven(long index) throws IOException {
        List<Hash> path = inclusion(index, checkpoint.size()).path();
        return new ProofBundle.ProvenEntry(Receipt.read(entry(index)), index, path);
    }

    public Hash rootAt(long size) {
        return CompactRange.at(size, this).root();
    }

    public TileBuilder tiles() {
        return TileBuilder.at(checkpoint.size(), this);
    }

    public CompactRange compactRange() {
        return CompactRange.at(checkpoint.size(), this);
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

    private byte[] read(Tile tile) {
        try {
            byte[] hashes = Files.readAllBytes(directory.resolve(tile.path()));
            if (hashes.length != tile.width() * Hash.LENGTH) {
                throw new MalformedException("`" + tile.path() + "` does not have the length in its name");
            }
            return hashes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Tile tile(OptionalInt level, long count, long index) {
        long start = index - index % Tile.WIDTH;
        return new Tile(level, index / Tile.WIDTH, (int) Math.min(Tile.WIDTH, count - start));
    }
}

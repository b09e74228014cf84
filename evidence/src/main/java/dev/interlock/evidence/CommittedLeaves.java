package dev.interlock.evidence;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The leaves that a checkpoint commits to. A log stores everything up to three times: in entry bundles, tiles and
 * segments. The source that leads to the signed root is right, and any other that differs was altered. If no single
 * source leads there, a majority is tried leaf by leaf.
 */
record CommittedLeaves(LogFiles files, Checkpoint checkpoint) {

    private enum Source {
        MAJORITY,
        BUNDLES,
        TILES,
        SEGMENTS
    }

    /** Returns the leaf hashes of each bundle in turn; empty if nothing in the directory leads to the root. */
    Optional<LeafBundles> find() throws IOException {
        Map<Source, CompactRange> ranges = new EnumMap<>(Source.class);
        SegmentChain segments = chain();
        for (long start = 0; start < checkpoint.size(); start += Tile.WIDTH) {
            Map<Source, List<Optional<Hash>>> told = told(start, segments);
            if (told.values().stream().flatMap(List::stream).allMatch(Optional::isEmpty)) {
                break; // Nothing follows, however many leaves the checkpoint claims.
            }
            told.forEach(
                    (source, leaves) -> append(ranges.computeIfAbsent(source, found -> new CompactRange()), leaves));
        }
        for (Source source : Source.values()) {
            CompactRange range = ranges.getOrDefault(source, new CompactRange());
            if (range.size() == checkpoint.size() && range.root().equals(checkpoint.root())) {
                return Optional.of(leavesOf(source));
            }
        }
        return Optional.empty();
    }

    @FunctionalInterface
    interface LeafBundles {
        List<Hash> from(long start) throws IOException;
    }

    private LeafBundles leavesOf(Source source) throws IOException {
        SegmentChain segments = chain();
        return start -> Objects.requireNonNull(told(start, segments).get(source)).stream()
                .map(Optional::orElseThrow)
                .toList();
    }

    private SegmentChain chain() throws IOException {
        return new SegmentChain(files, finding -> {});
    }

    private static void append(CompactRange range, List<Optional<Hash>> leaves) {
        // A source with a hole cannot match: its size is too small.
        leaves.forEach(leaf -> leaf.ifPresent(range::append));
    }

    int width(long start) {
        return (int) Math.min(Tile.WIDTH, checkpoint.size() - start);
    }

    private Map<Source, List<Optional<Hash>>> told(long start, SegmentChain chain) throws IOException {
        int width = width(start);
        List<Optional<Hash>> bundle = padded(bundle(start, width), width);
        List<Optional<Hash>> tile = padded(tile(start, width), width);
        List<Optional<Hash>> segment = new ArrayList<>();
        List<Optional<Hash>> majority = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            segment.add(chain.entry(start + i).map(Hash::leaf));
            majority.add(majority(bundle.get(i), tile.get(i), segment.get(i)));
        }
        return Map.of(Source.MAJORITY, majority, Source.BUNDLES, bundle, Source.TILES, tile, Source.SEGMENTS, segment);
    }

    private static Optional<Hash> majority(Optional<Hash> a, Optional<Hash> b, Optional<Hash> c) {
        if (b.isPresent() && b.equals(c)) {
            return b;
        }
        return a.or(() -> b).or(() -> c);
    }

    private List<Hash> bundle(long start, int width) throws IOException {
        Tile tile = Tile.entries(start / Tile.WIDTH, width);
        try {
            byte[] file = files.contents(tile.path()).orElse(new byte[0]);
            return EntryBundle.readPrefix(file, width).stream().map(Hash::leaf).toList();
        } catch (MalformedException e) {
            return List.of();
        }
    }

    private List<Hash> tile(long start, int width) throws IOException {
        Tile tile = Tile.hashes(0, start / Tile.WIDTH, width);
        byte[] file = files.read(tile.path()).orElse(new byte[0]);
        List<Hash> hashes = new ArrayList<>();
        for (int i = 0; i + Hash.LENGTH <= file.length && hashes.size() < width; i += Hash.LENGTH) {
            hashes.add(Hash.of(Arrays.copyOfRange(file, i, i + Hash.LENGTH)));
        }
        return hashes;
    }

    private static List<Optional<Hash>> padded(List<Hash> hashes, int width) {
        List<Optional<Hash>> padded = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            padded.add(i < hashes.size() ? Optional.of(hashes.get(i)) : Optional.empty());
        }
        return padded;
    }
}

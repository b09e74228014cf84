package dev.interlock.evidence;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The leaves that a checkpoint commits to. A log stores everything up to three times: in entry bundles, tiles and
 * segments. The source that leads to the signed root is right, and any other that differs was altered. If no single
 * source leads there, a majority is tried leaf by leaf.
 */
record CommittedLeaves(LogFiles files, Checkpoint checkpoint) {

    /** All that lead to one root tell the same leaves, so the one that is read fastest comes first. */
    private enum Source {
        TILES,
        BUNDLES,
        SEGMENTS,
        MAJORITY
    }

    /** Returns the leaf hashes of each bundle in turn; empty if nothing in the directory leads to the root. */
    Optional<LeafBundles> find() throws IOException {
        for (Source source : Source.values()) {
            List<Hash> last = new ArrayList<>();
            if (leadsToRoot(told(source), last)) {
                LeafBundles again = told(source);
                long edge = checkpoint.size() - last.size();
                // A log that grows replaces the files of its last bundle meanwhile.
                return Optional.of(start -> start == edge ? last : again.from(start));
            }
        }
        return Optional.empty();
    }

    /** As many leaves of a bundle as a source tells up to its first hole. */
    @FunctionalInterface
    interface LeafBundles {
        List<Hash> from(long start) throws IOException;
    }

    private boolean leadsToRoot(LeafBundles leaves, List<Hash> last) throws IOException {
        CompactRange range = new CompactRange();
        for (long start = 0; start < checkpoint.size(); start += Tile.WIDTH) {
            List<Hash> bundle = leaves.from(start);
            if (bundle.size() < width(start)) {
                return false; // however many leaves the checkpoint claims
            }
            bundle.forEach(range::append);
            last.clear();
            last.addAll(bundle);
        }
        return range.root().equals(checkpoint.root());
    }

    int width(long start) {
        return (int) Math.min(Tile.WIDTH, checkpoint.size() - start);
    }

    private LeafBundles told(Source source) throws IOException {
        SegmentChain chain = new SegmentChain(files, finding -> {});
        return start -> {
            int width = width(start);
            return switch (source) {
                case TILES -> tile(start, width);
                case BUNDLES -> bundle(start, width);
                case SEGMENTS -> prefix(segment(start, width, chain));
                case MAJORITY -> {
                    List<Hash> bundle = bundle(start, width);
                    List<Hash> tile = tile(start, width);
                    List<Optional<Hash>> segment = segment(start, width, chain);
                    List<Optional<Hash>> majority = new ArrayList<>();
                    for (int i = 0; i < width; i++) {
                        majority.add(majority(at(bundle, i), at(tile, i), segment.get(i)));
                    }
                    yield prefix(majority);
                }
            };
        };
    }

    private static List<Hash> prefix(List<Optional<Hash>> leaves) {
        return leaves.stream()
                .takeWhile(Optional::isPresent)
                .map(Optional::orElseThrow)
                .toList();
    }

    private static Optional<Hash> at(List<Hash> hashes, int place) {
        return place < hashes.size() ? Optional.of(hashes.get(place)) : Optional.empty();
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

    private static List<Optional<Hash>> segment(long start, int width, SegmentChain chain) throws IOException {
        List<Optional<Hash>> segment = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            segment.add(chain.entry(start + i).map(Hash::leaf));
        }
        return segment;
    }
}

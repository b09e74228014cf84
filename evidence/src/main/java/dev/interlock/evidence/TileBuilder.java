package dev.interlock.evidence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Cuts a growing tree into tiles, and keeps only those of each level that are not yet full. For one thread. */
public final class TileBuilder {

    @FunctionalInterface
    public interface Sink {

        void accept(Tile tile, byte[] hashes) throws IOException;
    }

    private final List<List<Hash>> edges = new ArrayList<>(); // the hashes of the tile at the right edge, by level
    private long size;

    public TileBuilder() {}

    static TileBuilder at(long size, TreeNodes nodes) {
        TileBuilder builder = new TileBuilder();
        builder.size = size;
        for (int level = 0; size >>> (level * Tile.HEIGHT) > 0; level++) {
            long count = size >>> (level * Tile.HEIGHT);
            List<Hash> edge = new ArrayList<>();
            for (long i = count - count % Tile.WIDTH; i < count; i++) {
                edge.add(nodes.node(level * Tile.HEIGHT, i));
            }
            builder.edges.add(edge);
        }
        return builder;
    }

    public long size() {
        return size;
    }

    /** Appends a leaf by its hash; hands over every tile that it fills. */
    public void append(Hash leaf, Sink sink) throws IOException {
        size++;
        append(0, leaf, sink);
    }

    private void append(int level, Hash hash, Sink sink) throws IOException {
        if (edges.size() == level) {
            edges.add(new ArrayList<>());
        }
        List<Hash> edge = edges.get(level);
        edge.add(hash);
        if (edge.size() == Tile.WIDTH) {
            long index = (size >>> ((level + 1) * Tile.HEIGHT)) - 1;
            sink.accept(Tile.hashes(level, index, Tile.WIDTH), bytes(edge));
            Hash parent = root(edge);
            edge.clear();
            append(level + 1, parent, sink);
        }
    }

    public void partials(Sink sink) throws IOException {
        for (int level = 0; level < edges.size(); level++) {
            List<Hash> edge = edges.get(level);
            if (!edge.isEmpty()) {
                long index = size >>> ((level + 1) * Tile.HEIGHT);
                sink.accept(Tile.hashes(level, index, edge.size()), bytes(edge));
            }
        }
    }

    private static byte[] bytes(List<Hash> hashes) {
        ByteBuffer bytes = ByteBuffer.allocate(hashes.size() * Hash.LENGTH);
        hashes.forEach(hash -> bytes.put(hash.bytes()));
        return bytes.array();
    }

    static Hash root(List<Hash> hashes) {
        CompactRange range = new CompactRange();
        hashes.forEach(range::append);
        return range.root();
    }
}

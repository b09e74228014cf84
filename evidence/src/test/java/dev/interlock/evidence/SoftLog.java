package dev.interlock.evidence;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Writes a whole log directory from a list of entries, all at once. */
final class SoftLog {

    private final String origin;
    private final KeyPair pair;
    private final VerifierKey key;
    final List<byte[]> entries = new ArrayList<>();

    SoftLog(String origin) {
        try {
            this.origin = origin;
            pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            byte[] spki = pair.getPublic().getEncoded();
            key = VerifierKey.of(origin, Arrays.copyOfRange(spki, 12, spki.length));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    VerifierKey key() {
        return key;
    }

    Note sign(Checkpoint checkpoint) {
        try {
            Signature signer = Signature.getInstance("Ed25519");
            signer.initSign(pair.getPrivate());
            signer.update(checkpoint.text().getBytes(StandardCharsets.UTF_8));
            return checkpoint.signedBy(key, signer.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    void add(Receipt receipt) {
        entries.add(receipt.canonical());
    }

    /** Returns the checkpoint of the entries so far. */
    Note checkpoint() {
        CompactRange range = new CompactRange();
        entries.forEach(entry -> range.append(Hash.leaf(entry)));
        return sign(new Checkpoint(origin, entries.size(), range.root()));
    }

    /** Writes the directory, with segments of {@code perSegment} receipts and some zeros behind them. */
    void write(Path directory, int perSegment) throws IOException {
        TileBuilder tiles = new TileBuilder();
        for (byte[] entry : entries) {
            tiles.append(Hash.leaf(entry), (tile, hashes) -> put(directory, tile.path(), hashes));
        }
        tiles.partials((tile, hashes) -> put(directory, tile.path(), hashes));
        for (Tile tile : Tile.layout(entries.size())) {
            if (tile.level().isEmpty()) {
                int start = (int) tile.index() * Tile.WIDTH;
                put(directory, tile.path(), EntryBundle.write(entries.subList(start, start + tile.width())));
            }
        }
        for (int first = 0; first < entries.size(); first += perSegment) {
            put(directory, "segments/" + Segment.fileName(first), segment(first, perSegment));
        }
        put(directory, "checkpoint", checkpoint().write());
    }

    static byte[] gzip(byte[] contents) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        GzipFile.compress(new ByteArrayInputStream(contents), out);
        return out.toByteArray();
    }

    /** Compresses, as a gateway does, the full bundles, and all segments but the last. */
    static void compress(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> all = files.filter(Files::isRegularFile)
                    .filter(file -> !file.getParent().toString().endsWith(".p"))
                    .sorted()
                    .toList();
            List<Path> segments = all.stream()
                    .filter(file -> file.toString().endsWith(".segment"))
                    .toList();
            for (Path file : all) {
                boolean isSegment = segments.indexOf(file) >= 0 && !file.equals(segments.getLast());
                boolean isBundle = directory.relativize(file).toString().matches("tile/entries/[x0-9/]+");
                if (isSegment || isBundle) {
                    Files.write(GzipFile.of(file), SoftLog.gzip(Files.readAllBytes(file)));
                    Files.delete(file);
                }
            }
        }
    }

    private byte[] segment(int first, int count) {
        byte[] bytes = Segment.header(first);
        for (int i = first; i < Math.min(entries.size(), first + count); i++) {
            bytes = SshWire.concat(bytes, Segment.frame(i, (i - first) % 3, entries.get(i)));
        }
        return SshWire.concat(bytes, new byte[64]);
    }

    static void put(Path directory, String path, byte[] bytes) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }
}

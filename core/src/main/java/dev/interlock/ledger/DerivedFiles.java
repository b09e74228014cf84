package dev.interlock.ledger;

import dev.interlock.evidence.GzipFile;
import dev.interlock.evidence.Hash;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Tile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The tiles and entry bundles below a log's directory. They are derived from its segments, so a damaged one can be made
 * again. Only full ones are forced to the disk: a power cut can leave others without their contents.
 */
final class DerivedFiles {

    /** The end of the name of a directory with partial files. */
    private static final String PARTIAL = ".p";

    private static final String BUNDLES = "tile/entries/";

    /** The files before the last one between which a crash can have left partial ones: more than wait at most. */
    private static final int NEAR = 100;

    private final Path root;

    DerivedFiles(Path root) {
        this.root = root;
    }

    Set<String> partials() throws IOException {
        Path tiles = root.resolve("tile");
        if (!Files.isDirectory(tiles)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.walk(tiles)) {
            return partials(files);
        }
    }

    private Set<String> partials(Stream<Path> files) {
        return files.filter(file ->
                        Objects.requireNonNull(file.getParent()).toString().endsWith(PARTIAL))
                .filter(Files::isRegularFile)
                .map(file -> root.relativize(file).toString())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns those that the writer of a log of {@code size} leaves can have left: they are at its end. */
    Set<String> partials(long size) throws IOException {
        Set<String> partials = new TreeSet<>();
        for (Tile last : Tile.edge(size)) {
            for (long index : List.of(last.index(), Math.max(0, last.index() - NEAR))) {
                Path full = root.resolve(new Tile(last.level(), index, Tile.WIDTH).path());
                partials.addAll(partialsIn(Objects.requireNonNull(full.getParent())));
            }
        }
        return partials;
    }

    private Set<String> partialsIn(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.walk(folder, 2)) {
            return partials(files);
        }
    }

    /** Writes full files durably: bundles compressed. */
    void write(Map<String, byte[]> full) throws IOException {
        for (Map.Entry<String, byte[]> file : full.entrySet()) {
            Path path = root.resolve(file.getKey());
            if (isBundle(file.getKey())) {
                DiskFile.replaceCompressed(path, new ByteArrayInputStream(file.getValue()));
            } else {
                DiskFile.replaceForced(path, file.getValue());
            }
        }
        DiskFile.forceNames(root, full.keySet());
    }

    /** Returns whether the full file {@code path} has this content; false also if it is missing or damaged. */
    boolean has(String path, byte[] content) throws IOException {
        try {
            Path file = root.resolve(path);
            return Arrays.equals(isBundle(path) ? GzipFile.read(file) : Files.readAllBytes(file), content);
        } catch (NoSuchFileException | MalformedException e) {
            return false;
        }
    }

    /** Returns whether the full file {@code path} was written by an older version, which compressed none. */
    boolean isUncompressed(String path) {
        return isBundle(path) && Files.exists(root.resolve(path));
    }

    private static boolean isBundle(String path) {
        return path.startsWith(BUNDLES);
    }

    void delete(Collection<String> paths) throws IOException {
        Set<Path> directories = new TreeSet<>();
        for (String path : paths) {
            Files.deleteIfExists(root.resolve(path));
            directories.add(root.resolve(path.substring(0, path.lastIndexOf('/'))));
        }
        for (Path directory : directories) {
            deleteIfEmpty(directory);
        }
    }

    private static void deleteIfEmpty(Path directory) throws IOException {
        try (Stream<Path> files = Files.exists(directory) ? Files.list(directory) : Stream.empty()) {
            if (files.findAny().isPresent()) {
                return; // a wider partial file is in it
            }
        }
        Files.deleteIfExists(directory);
    }

    /**
     * Returns those that a log of {@code size} leaves continues from and that lack contents, by their lengths alone.
     */
    List<String> incomplete(long size) throws IOException {
        List<String> incomplete = new ArrayList<>();
        for (Tile tile : Tile.edge(size)) {
            if (!hasLength(tile)) {
                incomplete.add(tile.path());
            }
        }
        return incomplete;
    }

    private boolean hasLength(Tile tile) throws IOException {
        Path file = root.resolve(tile.path());
        long length =
                tile.isCompressible() ? GzipFile.length(file) : file.toFile().length();
        return tile.level().isPresent() ? length == (long) tile.width() * Hash.LENGTH : length > 0;
    }
}

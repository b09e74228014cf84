package dev.interlock.ledger;

import dev.interlock.evidence.Hash;
import dev.interlock.evidence.Tile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The tiles and entry bundles below a log's directory. They are derived from its segments, so a damaged one can be made
 * again. Only full ones are forced to the disk: a power cut can leave others without their contents.
 */
final class DerivedFiles {

    /** The end of the name of a directory with partial files, and the beginning of theirs. */
    private static final String PARTIAL = ".p/";

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
            return files.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString())
                    .filter(path -> path.contains(PARTIAL))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
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

    /** Judged by their lengths alone. */
    List<String> incomplete(long size) {
        return Tile.layout(size).stream()
                .filter(tile -> !hasLength(tile))
                .map(Tile::path)
                .toList();
    }

    private boolean hasLength(Tile tile) {
        long length = root.resolve(tile.path()).toFile().length();
        return tile.level().isPresent() ? length == (long) tile.width() * Hash.LENGTH : length > 0;
    }
}

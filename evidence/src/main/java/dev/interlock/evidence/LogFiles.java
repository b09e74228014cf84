package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

record LogFiles(Path directory) {

    /** The folder of segments in the log's directory. It is beside the tiles, so that one copy takes both. */
    static final String SEGMENTS = "segments";

    Optional<byte[]> read(String path) throws IOException {
        try {
            return Optional.of(Files.readAllBytes(directory.resolve(path)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads a full bundle or a segment, which may be compressed.
     *
     * @throws MalformedException if the compressed form is damaged
     */
    Optional<byte[]> contents(String path) throws IOException {
        try {
            return Optional.of(GzipFile.read(directory.resolve(path)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Returns the name under which {@code path} is there: its own, or that of its compressed form. */
    String stored(String path) {
        Path file = directory.resolve(path);
        return GzipFile.stored(file).equals(file) ? path : GzipFile.of(path);
    }

    /** Returns the compressed files that are not the same as the file of their name, where both are there. */
    List<String> differing() throws IOException {
        List<String> differing = new ArrayList<>();
        for (String folder : List.of(Tile.ENTRIES, SEGMENTS)) {
            for (String file : below(folder)) {
                String plain = GzipFile.plain(file);
                Optional<byte[]> other = plain.equals(file) ? Optional.empty() : read(plain);
                if (other.isPresent() && !isSame(other.get(), directory.resolve(file))) {
                    differing.add(file);
                }
            }
        }
        return differing;
    }

    private static boolean isSame(byte[] contents, Path compressed) throws IOException {
        try {
            return Arrays.equals(contents, GzipFile.decompress(Files.readAllBytes(compressed)));
        } catch (MalformedException e) {
            return false;
        }
    }

    /** Returns the paths of all files below {@code folder}, sorted, without hidden ones: unfinished copies. */
    List<String> below(String folder) throws IOException {
        Path root = directory.resolve(folder);
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .map(file -> directory.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    /** Returns the paths of all checkpoints that witnesses have cosigned. */
    List<String> witnessed() throws IOException {
        List<String> paths = new ArrayList<>(below(StaticLog.WITNESSES));
        paths.add(StaticLog.WITNESSED);
        return paths;
    }

    /** Returns the widths of the partial files that were left beside the full tile {@code path}. */
    Set<Integer> partials(String path) throws IOException {
        Set<Integer> widths = new TreeSet<>();
        for (String file : below(path + ".p")) {
            String name = file.substring(file.lastIndexOf('/') + 1);
            if (name.matches("[1-9][0-9]{0,2}") && Integer.parseInt(name) < Tile.WIDTH) {
                widths.add(Integer.parseInt(name));
            }
        }
        return widths;
    }

    boolean hasSegments() {
        return Files.isDirectory(directory.resolve(SEGMENTS));
    }
}

package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

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
     * @throws MalformedException if the compressed form is damaged, or not the same as the other that is there too
     */
    Optional<byte[]> contents(String path) throws IOException {
        Optional<byte[]> plain = read(path);
        Optional<byte[]> other = read(GzipFile.of(path)).map(GzipFile::decompress);
        if (plain.isPresent() && other.isPresent() && !Arrays.equals(plain.get(), other.get())) {
            throw new MalformedException("it is not the same as the file without `.gz`");
        }
        return plain.or(() -> other);
    }

    /** Returns the name to report {@code path} by: its own, or that of its compressed form. */
    String stored(String path) {
        return Files.exists(directory.resolve(GzipFile.of(path))) ? GzipFile.of(path) : path;
    }

    /** Returns the paths of all files below {@code folder}, sorted, without hidden ones: unfinished copies. */
    List<String> below(String folder) throws IOException {
        Path root = directory.resolve(folder);
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        List<String> found = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (Files.isRegularFile(file) && !file.getFileName().toString().startsWith(".")) {
                    found.add(directory.relativize(file).toString().replace('\\', '/'));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // the log grows, and a wider file has taken its place
                }
                throw e;
            }
        });
        return found.stream().sorted().toList();
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

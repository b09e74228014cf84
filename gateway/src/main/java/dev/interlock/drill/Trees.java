package dev.interlock.drill;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Directories as values: digested, copied, given away, removed. */
final class Trees {

    /** What {@link #digest} says of a directory that is not there. */
    static final String GONE = "gone";

    /** A writer that outruns so many copies is no drill's. */
    private static final int MAX_COPIES = 20;

    private Trees() {}

    /** The SHA-256 over every file's name and content below {@code directory}, in order of their names. */
    static String digest(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return GONE;
        }
        StringBuilder lines = new StringBuilder();
        for (Path file : files(directory)) {
            lines.append(Bytes.of(Files.readAllBytes(file)).sha256());
            lines.append(' ').append(directory.relativize(file)).append('\n');
        }
        return Bytes.of(lines.toString().getBytes(StandardCharsets.UTF_8)).sha256();
    }

    /** Every regular file below {@code directory}, by name. */
    static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.sorted().toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else if (Files.isRegularFile(path)) {
                    Files.copy(path, target);
                }
            }
        }
    }

    /**
     * As {@link #copy}, of a directory that is written meanwhile: a file that was replaced by another is looked for
     * again.
     */
    static void copyLive(Path from, Path to) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                remove(to);
                copy(from, to);
                return;
            } catch (NoSuchFileException e) {
                if (attempt == MAX_COPIES) {
                    throw e;
                }
            }
        }
    }

    /** Gives everything below {@code directory} to {@code uid}. */
    static void give(Path directory, int uid) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.toList()) {
                Files.setAttribute(path, "unix:uid", uid);
                Files.setAttribute(path, "unix:gid", uid);
            }
        }
    }

    static void remove(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}

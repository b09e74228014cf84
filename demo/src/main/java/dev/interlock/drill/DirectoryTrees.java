package dev.interlock.drill;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Operations on whole directories: digest, copy, change of owner. */
final class DirectoryTrees {

    /** The value of {@link #digest} for a missing directory. */
    static final String GONE = "gone";

    private DirectoryTrees() {}

    /** Returns the SHA-256 over every file's name and content below {@code directory}, in order of their names. */
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

    /**
     * Returns every regular file below {@code directory}, by name. Other processes may create and remove files
     * meanwhile.
     */
    static List<Path> files(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile()) {
                    files.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException && !file.equals(directory)) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        return files.stream().sorted().toList();
    }

    /** Returns the bytes of {@code file} as Latin-1 text; empty if it is gone. */
    static String text(Path file) throws IOException {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    /** Copies every file below {@code from}, except those that vanish meanwhile. */
    static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (Path path : files(from)) {
            Path target = to.resolve(from.relativize(path).toString());
            Files.createDirectories(target.resolveSibling("."));
            try {
                Files.copy(path, target);
            } catch (NoSuchFileException e) {
                // The ledger removes narrow tiles after it has written wider ones.
            }
        }
    }

    /**
     * Gives everything below {@code directory} to {@code uid}. The content is changed before the directory, while the
     * directory still belongs to this user.
     */
    static void give(Path directory, int uid) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.setAttribute(path, "unix:gid", uid, LinkOption.NOFOLLOW_LINKS);
                Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            }
        }
    }
}

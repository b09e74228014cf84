package dev.interlock.home;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/**
 * Copies a person's own files to where only this person can open them. No link is followed: it could lead into a
 * workspace, where an agent could put a link to anything of this person.
 */
record FileCopy(SettingsRedaction redaction, long longest) {

    private static final int DEPTH = 12;
    private static final int MOST = 20_000;

    /**
     * Copies a file or directory, if no link leads to it, to {@code to}, which must not exist.
     *
     * @param below the directory above {@code from} that is trusted
     */
    void copy(Path below, Path from, Path to) throws IOException {
        for (Path part = from; part.startsWith(below) && !part.equals(below); part = part.resolveSibling("")) {
            if (Files.isSymbolicLink(part)) {
                return;
            }
        }
        if (Files.isRegularFile(from, LinkOption.NOFOLLOW_LINKS)) {
            copyFile(from, to);
        } else if (Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) {
            copyDirectory(from, to);
        }
    }

    private void copyFile(Path from, Path to) throws IOException {
        if (Files.size(from) > longest) {
            return;
        }
        PrivateFiles.directories(to.resolveSibling("."));
        PrivateFiles.file(to);
        Files.write(to, redaction.redact(content(from), from));
        Files.setLastModifiedTime(to, Files.getLastModifiedTime(from));
        if (Files.isExecutable(from) && !to.toFile().setExecutable(true)) {
            throw new IOException("`" + to + "` could not be made executable");
        }
    }

    private static byte[] content(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return in.readAllBytes();
        }
    }

    private void copyDirectory(Path from, Path to) throws IOException {
        PrivateFiles.directories(to);
        Files.walkFileTree(from, Set.of(), DEPTH, new SimpleFileVisitor<>() {
            private int files;

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile() && Files.isReadable(file)) {
                    copyFile(file, to.resolve(from.relativize(file)));
                    files++;
                }
                return files < MOST ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE; // a link to nothing, or a directory that is closed
            }
        });
    }
}

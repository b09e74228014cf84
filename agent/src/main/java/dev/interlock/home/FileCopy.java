package dev.interlock.home;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;

/**
 * Copies a person's own files to a new place that only this person can open. Links are followed, because people keep
 * settings in repositories and link them.
 */
final class FileCopy {

    private static final int DEPTH = 12;

    /** The most files of one directory. Nobody writes more settings. */
    private static final int MOST = 20_000;

    private final SettingsRedaction redaction;
    private final long longest;

    /** @param longest of a file, in bytes; longer ones are left out */
    FileCopy(SettingsRedaction redaction, long longest) {
        this.redaction = redaction;
        this.longest = longest;
    }

    /** Copies the file or directory {@code from}, if there is one, to {@code to}, which must not exist. */
    void copy(Path from, Path to) throws IOException {
        if (Files.isRegularFile(from)) {
            copyFile(from, to);
        } else if (Files.isDirectory(from)) {
            copyDirectory(from, to);
        }
    }

    private void copyFile(Path from, Path to) throws IOException {
        if (Files.size(from) > longest) {
            return;
        }
        PrivateFiles.directories(to.resolveSibling("."));
        PrivateFiles.file(to);
        Files.write(to, redaction.redact(Files.readAllBytes(from), from));
        Files.setLastModifiedTime(to, Files.getLastModifiedTime(from));
        if (Files.isExecutable(from) && !to.toFile().setExecutable(true)) {
            throw new IOException("`" + to + "` could not be made executable");
        }
    }

    private void copyDirectory(Path from, Path to) throws IOException {
        PrivateFiles.directories(to);
        Files.walkFileTree(from, EnumSet.of(FileVisitOption.FOLLOW_LINKS), DEPTH, new SimpleFileVisitor<>() {
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

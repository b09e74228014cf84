package dev.interlock.backup.source;

import dev.interlock.action.Bytes;
import dev.interlock.backup.content.Contents;
import dev.interlock.backup.content.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts directories: each file with a digest, and each directory and link. It follows no link and leaves out sockets,
 * pipes and devices. Others may change a directory meanwhile; only digests leave this class.
 */
public record DirectoryReader(BackupSource.Directory source) implements SourceReader {

    @Override
    public String origin() {
        return "directory " + source.path();
    }

    @Override
    public SourceSnapshot open(Path own, Progress progress) throws IOException {
        Path path;
        try {
            path = source.path().toRealPath();
        } catch (NoSuchFileException e) {
            throw new BackupException("there is no directory `" + source.path() + "`", e);
        }
        Contents contents = contents(path, progress);
        return new SourceSnapshot() {
            @Override
            public Contents contents() {
                return contents;
            }

            @Override
            public Material material() {
                return new Material.Tree(path);
            }

            @Override
            public Map<String, String> environment() {
                return Map.of("INTERLOCK_COPY", path.toString());
            }

            @Override
            public void close() {
                // A directory cannot be held.
            }
        };
    }

    @Override
    public Contents restored(Path into, Path own, Progress progress) throws IOException {
        return contents(into, progress);
    }

    @Override
    public Separation separationFrom(Path store, Path own) throws IOException {
        return Separation.between(source.path(), store);
    }

    private static Contents contents(Path root, Progress progress) throws IOException {
        if (!Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
            throw new BackupException("`" + root.getFileName() + "` is not a directory");
        }
        Map<String, Contents.Part> files = new TreeMap<>();
        Map<String, String> shape = new TreeMap<>();
        int above = root.toUri().getRawPath().length();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            private long read;

            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                if (!directory.equals(root)) {
                    shape.put(name(directory), "directory " + permissions(directory));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isSymbolicLink()) {
                    shape.put(name(file), "link to " + Files.readSymbolicLink(file));
                } else if (attributes.isRegularFile()) {
                    Contents.Part part = part(file);
                    files.put(name(file), part);
                    shape.put(name(file), permissions(file));
                    read += part.count();
                    progress.at("counting files", read);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException why) throws IOException {
                if (why instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // it was removed meanwhile
                }
                throw new BackupException("`" + file + "` cannot be read: " + why.getMessage(), why);
            }

            // A URI has the bytes of a name, whatever their encoding.
            private String name(Path path) {
                String raw = path.toUri().getRawPath();
                String below = raw.substring(Math.min(above, raw.length()));
                return below.endsWith("/") ? below.substring(0, below.length() - 1) : below;
            }
        });
        return new Contents(Contents.Kind.FILES, files, shape, Map.of());
    }

    private static String permissions(Path path) throws IOException {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return "gone";
        }
    }

    private static Contents.Part part(Path file) throws IOException {
        MessageDigest digest = Bytes.newSha256();
        long bytes = 0;
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] piece = new byte[1 << 16];
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                digest.update(piece, 0, read);
                bytes += read;
            }
        } catch (NoSuchFileException e) {
            return new Contents.Part(0, "gone");
        }
        return new Contents.Part(bytes, HexFormat.of().formatHex(digest.digest()));
    }
}

package dev.interlock.connect;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Optional;

/** A settings file of the current user, replaced atomically. */
record SettingsFile(Path path) {

    private static final long MAX_BYTES = 1 << 20;

    /** @throws UnsupportedSettingsException if it is a link, somebody else's, or no text */
    Optional<String> text() throws IOException, UnsupportedSettingsException {
        requireOwnDirectory();
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        PosixFileAttributes attributes = attributes();
        if (!attributes.isRegularFile()) {
            throw new UnsupportedSettingsException("It is a link or not a file: change its target yourself.");
        }
        if (!attributes.owner().equals(me())) {
            throw new UnsupportedSettingsException(
                    "It belongs to `" + attributes.owner().getName() + "`: run this command as that user.");
        }
        if (attributes.size() > MAX_BYTES) {
            throw new UnsupportedSettingsException("It is too long for a settings file.");
        }
        byte[] bytes = Files.readAllBytes(path);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (text.startsWith("\uFEFF")) {
                throw new UnsupportedSettingsException("It begins with a byte order mark.");
            }
            return Optional.of(text);
        } catch (CharacterCodingException e) {
            throw new UnsupportedSettingsException("It is not UTF-8.");
        }
    }

    /** Anybody who can write in the directory could lead root, or another user, to another file. */
    private void requireOwnDirectory() throws IOException, UnsupportedSettingsException {
        Path directory = directory();
        while (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS) && directory.getParent() != null) {
            directory = directory.getParent();
        }
        Path real = directory.toRealPath();
        if (!Files.isDirectory(real) || !Files.getOwner(real).equals(me())) {
            throw new UnsupportedSettingsException(
                    "`" + directory + "` is not a directory of the user who runs this: run it as that user.");
        }
    }

    Path directory() {
        return path.toAbsolutePath().resolveSibling("").normalize();
    }

    private PosixFileAttributes attributes() throws IOException {
        return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    private static Object me() throws IOException {
        return Files.getOwner(Path.of("/proc/self"));
    }

    /** Replaces its content. Group and mode stay; a new file or directory is accessible to its owner only. */
    void write(String text) throws IOException {
        PrivateFiles.directories(directory());
        Path draft = Files.createTempFile(directory(), ".interlock-", ".new");
        try {
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                    PosixFileAttributes attributes = attributes();
                    PosixFileAttributeView view = Files.getFileAttributeView(draft, PosixFileAttributeView.class);
                    view.setGroup(attributes.group());
                    view.setPermissions(attributes.permissions());
                }
                channel.force(true);
            }
            Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    void delete() throws IOException {
        Files.delete(path);
    }
}

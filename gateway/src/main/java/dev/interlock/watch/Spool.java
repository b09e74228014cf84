package dev.interlock.watch;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;

/**
 * Messages that one receiver has not taken yet, one file each, in the order of their names. A message is there whole or
 * not at all.
 *
 * <p>Each kind of message has room of its own, so that no flood of one keeps out another. Where there is no more, new
 * ones are turned away: what was said first is what began the trouble.
 *
 * <p>Threading: one thread keeps, one other reads and forgets; any may ask how many there are.
 */
final class Spool {

    /** Of one kind. An hour of one every 30 seconds; all kinds together are some megabytes at most. */
    static final int DEFAULT_MAX_OF_A_KIND = 128;

    private static final String WHOLE = ".json";
    private static final char KIND = '.';

    private final Path directory;
    private final int most;

    /** What lies in the directory: {@code ID.KIND}. */
    private final ConcurrentSkipListSet<String> names = new ConcurrentSkipListSet<>();

    Spool(Path directory, int mostOfAKind) throws IOException {
        Files.createDirectories(directory);
        this.directory = directory;
        this.most = mostOfAKind;
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(WHOLE))
                    .forEach(name -> names.add(name.substring(0, name.length() - WHOLE.length())));
        }
    }

    /** Where its messages lie. */
    Path directory() {
        return directory;
    }

    int size() {
        return names.size();
    }

    /**
     * Keeps {@code message} under {@code id}, whose order of names is the order of delivery. False if there are too
     * many of its {@code kind}.
     */
    boolean keep(String id, String kind, byte[] message) throws IOException {
        if (names.stream().filter(name -> kindOf(name).equals(kind)).count() >= most) {
            return false;
        }
        String name = id + KIND + kind;
        Path part = directory.resolve(name + ".part");
        try (FileChannel file = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(message);
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        move(part, file(name));
        names.add(name);
        return true;
    }

    /** The name of the oldest message. */
    Optional<String> oldest() {
        try {
            return Optional.of(names.first());
        } catch (NoSuchElementException _) {
            return Optional.empty();
        }
    }

    /** What lies there under {@code name}. */
    Carrier.Message read(String name) throws IOException {
        Path file = file(name);
        return new Carrier.Message(
                name.substring(0, name.length() - kindOf(name).length() - 1), file, Bytes.of(Files.readAllBytes(file)));
    }

    /** Forgets a message that was delivered. */
    void forget(String name) throws IOException {
        Files.deleteIfExists(file(name));
        names.remove(name);
    }

    private Path file(String name) {
        return directory.resolve(name + WHOLE);
    }

    private static String kindOf(String name) {
        return name.substring(name.indexOf(KIND) + 1);
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the spool's file system cannot rename atomically", e);
        }
    }
}

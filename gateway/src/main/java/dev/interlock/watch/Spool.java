package dev.interlock.watch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Messages that were not delivered yet, one file each, in the order of their names. A message is there whole or not at
 * all. When there are too many, new ones are turned away: what was said first is what began the trouble.
 *
 * <p>Threading: one thread keeps, one other reads and forgets.
 */
final class Spool {

    /** A day of one alert every 20 seconds; about 10 MB of disk at most. */
    static final int DEFAULT_MAX_MESSAGES = 4096;

    private static final String WHOLE = ".json";

    /** What a directory holds. A disk that fails midway throws from the stream, unchecked. */
    @FunctionalInterface
    interface Listing {
        Stream<Path> of(Path directory) throws IOException;
    }

    private final Path directory;
    private final int most;
    private final Listing listing;

    Spool(Path directory, int most) throws IOException {
        this(directory, most, Files::list);
    }

    Spool(Path directory, int most, Listing listing) throws IOException {
        Files.createDirectories(directory);
        this.directory = directory;
        this.most = most;
        this.listing = listing;
    }

    /** How many it takes. */
    int most() {
        return most;
    }

    /**
     * Keeps {@code message} under {@code id}, whose order of names is the order of delivery. False if no more than
     * {@code reserved} places are free.
     */
    boolean keep(String id, byte[] message, int reserved) throws IOException {
        if (names().size() >= most - reserved) {
            return false;
        }
        Path part = directory.resolve(id + ".part");
        try (FileChannel file = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(message);
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        move(part, directory.resolve(id + WHOLE));
        return true;
    }

    /** The identifier of the oldest message. */
    Optional<String> oldest() throws IOException {
        return names().stream().findFirst();
    }

    byte[] read(String id) throws IOException {
        return Files.readAllBytes(directory.resolve(id + WHOLE));
    }

    /** Forgets a message that was delivered. */
    void forget(String id) throws IOException {
        Files.deleteIfExists(directory.resolve(id + WHOLE));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = listing.of(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(WHOLE))
                    .map(name -> name.substring(0, name.length() - WHOLE.length()))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the spool's file system cannot rename atomically", e);
        }
    }
}

package dev.interlock.watch;

import dev.interlock.action.Bytes;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;

/**
 * The messages that one receiver has not accepted yet, one file each, in the order of their names. A message is stored
 * completely or not at all. If the disk is full or gone, new messages stay in memory, in their order, until they can be
 * written. A message that cannot be read waits behind the others until it can. A delivered message that cannot be
 * deleted is not delivered again.
 *
 * <p>Each kind of message has its own limit, so that many of one kind do not displace another. Beyond it, new messages
 * are rejected: the oldest ones show what began the trouble.
 *
 * <p>Threading: one thread stores, another reads and deletes, a third checks from time to time whether there is space
 * again. Any thread may read the count.
 */
final class AlertSpool {

    /**
     * The maximum number of messages of one kind: an hour of one every 30 seconds. All kinds together are a few
     * megabytes at most.
     */
    static final int DEFAULT_MAX_OF_A_KIND = 128;

    private static final String WHOLE = ".json";
    private static final char KIND = '.';

    /** A test block that needs disk space, as a message does: an empty file would succeed on a full disk. */
    private static final byte[] BLOCK = new byte[4096];

    private final Path directory;
    private final int most;

    /** The names in the directory: {@code ID.KIND}. */
    private final ConcurrentSkipListSet<String> names = new ConcurrentSkipListSet<>();

    /** The messages that could not be written. */
    private final Map<String, Bytes> held = new ConcurrentHashMap<>();

    /** The stored messages that cannot be read; a subset of {@link #names}. */
    private final Set<String> unread = ConcurrentHashMap.newKeySet();

    /**
     * The stored messages that were delivered and could not be deleted. They are not in {@link #names} until the next
     * process finds them.
     */
    private final Set<String> done = ConcurrentHashMap.newKeySet();

    private volatile Optional<String> unwritten = Optional.empty();

    AlertSpool(Path directory, int mostOfAKind) throws IOException {
        Files.createDirectories(directory);
        this.directory = directory;
        this.most = mostOfAKind;
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(WHOLE))
                    .forEach(name -> names.add(name.substring(0, name.length() - WHOLE.length())));
        }
    }

    /** Returns the directory of its messages. */
    Path directory() {
        return directory;
    }

    int size() {
        return names.size();
    }

    /** Returns why a message could not be written, read or deleted, until {@link #settle} succeeds. */
    Optional<String> unwritten() {
        return unwritten;
    }

    /**
     * Stores {@code message} under {@code id}; messages are delivered in the order of their ids. False if there are too
     * many of its {@code kind}.
     */
    synchronized boolean keep(String id, String kind, byte[] message) {
        long waiting = count(names, kind);
        if (waiting >= most) {
            return false;
        }
        String name = id + KIND + kind;
        // A message that cannot be deleted counts against the limit on disk, but not in memory.
        if (waiting + count(done, kind) >= most) {
            held.put(name, Bytes.of(message));
        } else {
            try {
                put(name, message);
            } catch (IOException e) {
                held.put(name, Bytes.of(message));
                fails("written", e);
            }
        }
        names.add(name);
        return true;
    }

    private static long count(Set<String> names, String kind) {
        return names.stream().filter(name -> kindOf(name).equals(kind)).count();
    }

    private void fails(String how, IOException e) {
        unwritten =
                Optional.of("its spool cannot be " + how + ": " + e.getClass().getSimpleName());
    }

    /** Retries the deletions, reads and writes that failed; false if one of them still fails. */
    synchronized boolean settle() {
        done.removeIf(name -> succeeds(() -> Files.deleteIfExists(file(name))));
        unread.removeIf(name -> succeeds(() -> tryReading(file(name))));
        boolean settled = succeeds(this::writeHeld) && done.isEmpty() && unread.isEmpty();
        if (settled) {
            unwritten = Optional.empty();
        }
        return settled;
    }

    /** A disk operation. */
    @FunctionalInterface
    private interface DiskOperation {
        void run() throws IOException;
    }

    private static boolean succeeds(DiskOperation tried) {
        try {
            tried.run();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void tryReading(Path file) throws IOException {
        if (Files.exists(file)) {
            Files.readAllBytes(file);
        }
    }

    private void writeHeld() throws IOException {
        Path part = directory.resolve("room.part");
        write(part, BLOCK);
        Files.delete(part);
        for (Map.Entry<String, Bytes> one : List.copyOf(held.entrySet())) {
            put(one.getKey(), one.getValue().toArray());
            held.remove(one.getKey());
        }
    }

    private void put(String name, byte[] message) throws IOException {
        Path part = directory.resolve(name + ".part");
        write(part, message);
        move(part, file(name));
    }

    private static void write(Path part, byte[] content) throws IOException {
        try (FileChannel file = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        } catch (IOException e) {
            deleteAfter(e, part);
            throw e;
        }
    }

    /** Deletes a partial file after a failure, so that it takes no space. */
    private static void deleteAfter(IOException failure, Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Returns the name of the oldest message that can be read. */
    Optional<String> oldest() {
        return names.stream().filter(name -> !unread.contains(name)).findFirst();
    }

    /**
     * Returns the message {@code name}. Empty if it was deleted by somebody, or cannot be read: then it is not the
     * {@link #oldest} any more.
     */
    Optional<AlertChannel.AlertMessage> read(String name) {
        String id = name.substring(0, name.length() - kindOf(name).length() - 1);
        Bytes json = held.get(name);
        if (json != null) {
            return Optional.of(new AlertChannel.AlertMessage(id, Optional.empty(), json));
        }
        Path file = file(name);
        try {
            return Optional.of(
                    new AlertChannel.AlertMessage(id, Optional.of(file), Bytes.of(Files.readAllBytes(file))));
        } catch (NoSuchFileException _) {
            names.remove(name);
        } catch (IOException e) {
            cannotRead(name, e);
        }
        return Optional.empty();
    }

    private synchronized void cannotRead(String name, IOException e) {
        unread.add(name);
        fails("read", e);
    }

    /** Deletes a message that was delivered. */
    synchronized void removeDelivered(String name) {
        names.remove(name);
        if (held.remove(name) == null) {
            try {
                Files.deleteIfExists(file(name));
            } catch (IOException e) {
                done.add(name);
                fails("written", e);
            }
        }
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

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
 * Messages that one receiver has not taken yet, one file each, in the order of their names. A message is there whole or
 * not at all. What cannot be written, because the disk is full or gone, is held in memory among the others until it
 * can; what cannot be read waits until it can, behind the others; and what was delivered and cannot be deleted is
 * delivered no more.
 *
 * <p>Each kind of message has room of its own, so that no flood of one keeps out another. Where there is no more, new
 * ones are turned away: what was said first is what began the trouble.
 *
 * <p>Threading: one thread keeps, one other reads and forgets, a third looks from time to time whether there is room
 * again; any may ask how many there are.
 */
final class Spool {

    /** Of one kind. An hour of one every 30 seconds; all kinds together are some megabytes at most. */
    static final int DEFAULT_MAX_OF_A_KIND = 128;

    private static final String WHOLE = ".json";
    private static final char KIND = '.';

    /** Needs room of its own, as a message does: an empty file finds a place on a disk that is full. */
    private static final byte[] BLOCK = new byte[4096];

    private final Path directory;
    private final int most;

    /** What lies in the directory: {@code ID.KIND}. */
    private final ConcurrentSkipListSet<String> names = new ConcurrentSkipListSet<>();

    /** Those of them that could not be written. */
    private final Map<String, Bytes> held = new ConcurrentHashMap<>();

    /** What lies there and cannot be read; among {@link #names}. */
    private final Set<String> unread = ConcurrentHashMap.newKeySet();

    /** What lies there although it was delivered. No more among {@link #names}, until the next process finds it. */
    private final Set<String> done = ConcurrentHashMap.newKeySet();

    private volatile Optional<String> unwritten = Optional.empty();

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

    /** Why a message could not be written to disk, read or deleted, from then on until {@link #settle} can. */
    Optional<String> unwritten() {
        return unwritten;
    }

    /**
     * Keeps {@code message} under {@code id}, whose order of names is the order of delivery. False if there are too
     * many of its {@code kind}.
     */
    synchronized boolean keep(String id, String kind, byte[] message) {
        long waiting = count(names, kind);
        if (waiting >= most) {
            return false;
        }
        String name = id + KIND + kind;
        // What cannot be deleted takes up its place on disk, and none of what is held in memory.
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

    /** Deletes, reads and writes what could not be before; false if something of it still cannot. */
    synchronized boolean settle() {
        done.removeIf(name -> succeeds(() -> Files.deleteIfExists(file(name))));
        unread.removeIf(name -> succeeds(() -> tryReading(file(name))));
        boolean settled = succeeds(this::writeHeld) && done.isEmpty() && unread.isEmpty();
        if (settled) {
            unwritten = Optional.empty();
        }
        return settled;
    }

    /** What the disk is asked to do. */
    @FunctionalInterface
    private interface Try {
        void run() throws IOException;
    }

    private static boolean succeeds(Try tried) {
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

    /** What found no room takes up none. */
    private static void deleteAfter(IOException failure, Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** The name of the oldest message that can be read. */
    Optional<String> oldest() {
        return names.stream().filter(name -> !unread.contains(name)).findFirst();
    }

    /**
     * What lies there under {@code name}. Empty if somebody has taken it away, or if it cannot be read: then it is not
     * the {@link #oldest} any more.
     */
    Optional<Carrier.Message> read(String name) {
        String id = name.substring(0, name.length() - kindOf(name).length() - 1);
        Bytes json = held.get(name);
        if (json != null) {
            return Optional.of(new Carrier.Message(id, Optional.empty(), json));
        }
        Path file = file(name);
        try {
            return Optional.of(new Carrier.Message(id, Optional.of(file), Bytes.of(Files.readAllBytes(file))));
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

    /** Forgets a message that was delivered. */
    synchronized void forget(String name) {
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

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
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;

/**
 * Messages that one receiver has not taken yet, one file each, in the order of their names. A message is there whole or
 * not at all. What cannot be written, because the disk is full or gone, is held in memory among the others until it
 * can.
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

    /** Why a message could not be written to disk, from then on until {@link #settle} finds room. */
    Optional<String> unwritten() {
        return unwritten;
    }

    /**
     * Keeps {@code message} under {@code id}, whose order of names is the order of delivery. False if there are too
     * many of its {@code kind}.
     */
    synchronized boolean keep(String id, String kind, byte[] message) {
        if (names.stream().filter(name -> kindOf(name).equals(kind)).count() >= most) {
            return false;
        }
        String name = id + KIND + kind;
        try {
            put(name, message);
        } catch (IOException e) {
            held.put(name, Bytes.of(message));
            unwritten =
                    Optional.of("its spool cannot be written: " + e.getClass().getSimpleName());
        }
        names.add(name);
        return true;
    }

    /** Writes what could not be written before; false if it still cannot. */
    synchronized boolean settle() {
        try {
            Path part = directory.resolve("room.part");
            write(part, BLOCK);
            Files.delete(part);
            for (Map.Entry<String, Bytes> one : List.copyOf(held.entrySet())) {
                put(one.getKey(), one.getValue().toArray());
                held.remove(one.getKey());
            }
            unwritten = Optional.empty();
            return true;
        } catch (IOException e) {
            return false;
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
        String id = name.substring(0, name.length() - kindOf(name).length() - 1);
        Bytes json = held.get(name);
        if (json != null) {
            return new Carrier.Message(id, Optional.empty(), json);
        }
        Path file = file(name);
        return new Carrier.Message(id, Optional.of(file), Bytes.of(Files.readAllBytes(file)));
    }

    /** Forgets a message that was delivered. */
    synchronized void forget(String name) throws IOException {
        if (held.remove(name) == null) {
            Files.deleteIfExists(file(name));
        }
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

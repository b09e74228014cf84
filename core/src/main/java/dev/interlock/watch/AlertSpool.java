package dev.interlock.watch;

import dev.interlock.action.Bytes;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

/**
 * The messages that one receiver has not accepted yet. They are delivered from memory; a file each keeps them for the
 * next process, as soon as the disk works. Each kind has its own limit, beyond which new ones are rejected: the oldest
 * show what began the trouble. Threading: any.
 */
final class AlertSpool {

    /** The maximum number of messages of one kind: an hour of one every 30 seconds. All kinds are a few megabytes. */
    static final int DEFAULT_MAX_OF_A_KIND = 128;

    private static final String WHOLE = ".json";

    /** A test block that needs disk space, as a message does: an empty file would succeed on a full disk. */
    private static final byte[] BLOCK = new byte[4096];

    private final Path directory;
    private final int most;

    private final ConcurrentSkipListMap<String, Bytes> messages = new ConcurrentSkipListMap<>();

    /** The names whose file must still be written, or deleted if there is no such message any more. */
    private final Set<String> unsettled = new TreeSet<>();

    private volatile Optional<String> trouble = Optional.empty();
    private boolean failed;

    AlertSpool(Path directory, int mostOfAKind) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.most = mostOfAKind;
        load();
    }

    Path directory() {
        return directory;
    }

    int size() {
        return messages.size();
    }

    /** Returns why a message could not be written, read or deleted, until {@link #settle} succeeds. */
    Optional<String> trouble() {
        return trouble;
    }

    /** Messages are delivered in the order of their ids. False if too many of this {@code kind} wait. */
    synchronized boolean keep(String id, String kind, byte[] message) {
        String name = id + "." + kind;
        if (count(messages.keySet().stream(), name) >= most) {
            return false;
        }
        messages.put(name, Bytes.of(message));
        update(name);
        return true;
    }

    private static long count(Stream<String> names, String name) {
        String kind = name.substring(name.indexOf('.'));
        return names.filter(each -> each.endsWith(kind)).distinct().count();
    }

    /** Returns the oldest message and its name. */
    Optional<Map.Entry<String, Bytes>> oldest() {
        return Optional.ofNullable(messages.firstEntry());
    }

    synchronized void removeDelivered(String name) {
        messages.remove(name);
        update(name);
    }

    /** Retries what failed on disk; false if something still fails. */
    synchronized boolean settle() {
        failed = false;
        try {
            PrivateFiles.replace(directory.resolve("room.part"), BLOCK);
            Files.delete(directory.resolve("room.part"));
            load();
        } catch (IOException e) {
            fails("written", e);
        }
        List.copyOf(unsettled).forEach(this::update);
        boolean settled = !failed && unsettled.isEmpty();
        if (settled) {
            trouble = Optional.empty();
        }
        return settled;
    }

    /** Makes the file {@code name} what the message is, unless too many of its kind cannot be deleted. */
    private void update(String name) {
        Path file = directory.resolve(name + WHOLE);
        Bytes message = messages.get(name);
        unsettled.add(name);
        try {
            if (message == null) {
                Files.deleteIfExists(file);
            } else if (count(Stream.concat(messages.keySet().stream(), unsettled.stream()), name) > most) {
                return;
            } else {
                PrivateFiles.replace(file, message.toArray());
            }
            unsettled.remove(name);
        } catch (IOException e) {
            fails("written", e);
        }
    }

    /** Reads the files that are not known yet: those of the last process, and those that could not be read before. */
    private void load() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(file -> file.toString().endsWith(WHOLE)).toList();
        }
        for (Path file : files) {
            String whole = file.getFileName().toString();
            String name = whole.substring(0, whole.length() - WHOLE.length());
            if (name.indexOf('.') > 0 && !messages.containsKey(name) && !unsettled.contains(name)) {
                try {
                    messages.put(name, Bytes.of(Files.readAllBytes(file)));
                } catch (IOException e) {
                    fails("read", e);
                }
            }
        }
    }

    private void fails(String how, IOException e) {
        failed = true;
        trouble = Optional.of("its spool cannot be " + how + ": " + e.getClass().getSimpleName());
    }
}

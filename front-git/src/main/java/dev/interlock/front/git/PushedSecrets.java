package dev.interlock.front.git;

import dev.interlock.action.VisibleText;
import dev.interlock.gate.PushReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;

/** Searches all that a push brings for secrets: files, also packed ones, their names, and messages. */
record PushedSecrets(
        Quarantine quarantine, PushHistory.PushContent content, PushReader.SecretSearch search, ReadingTime time) {

    private static final int AT_ONCE = 256 * 1024;
    /** A secret is shorter, so that one at the edge of a piece is found in the next. */
    private static final int OVERLAP = 8 * 1024;

    private static final int MAX_PLACES = 5;
    private static final int GZIP = 0x1f8b;

    Optional<PushReader.PushReading.SecretPush> find() throws IOException {
        List<String> places = new ArrayList<>();
        List<ObjectId> batch = new ArrayList<>();
        ByteArrayOutputStream together = new ByteArrayOutputStream();
        try (ObjectReader reader = quarantine.repository().newObjectReader()) {
            Iterator<ObjectId> ids = quarantine.brought();
            while (ids.hasNext() && places.size() < MAX_PLACES) {
                time.requireLeft();
                ObjectId id = ids.next();
                byte[] bytes = bytes(reader, id);
                if (bytes.length > AT_ONCE || isPacked(bytes)) { // not copied: it may be long
                    place(id, bytes, places);
                } else {
                    batch.add(id);
                    together.writeBytes(bytes);
                    together.write('\n'); // a match must not run on into the next object
                }
                if (together.size() >= AT_ONCE || !ids.hasNext()) {
                    search(reader, batch, together.toByteArray(), places);
                    batch.clear();
                    together.reset();
                }
            }
        }
        return places.isEmpty() ? Optional.empty() : Optional.of(new PushReader.PushReading.SecretPush(places));
    }

    private static byte[] bytes(ObjectReader reader, ObjectId id) throws IOException {
        return reader.open(id).getCachedBytes(PackScanner.MAX_OBJECT);
    }

    /** Searches several objects at once, and each by itself only if something was found. */
    private void search(ObjectReader reader, List<ObjectId> batch, byte[] together, List<String> places)
            throws IOException {
        if (!isInAny(together)) {
            return;
        }
        for (ObjectId id : batch) {
            place(id, bytes(reader, id), places);
        }
        if (places.isEmpty()) {
            places.add("somewhere in the push");
        }
    }

    private void place(ObjectId id, byte[] bytes, List<String> places) throws IOException {
        if (places.size() < MAX_PLACES && (isInAny(bytes) || (isPacked(bytes) && isInUnpacked(bytes)))) {
            places.add(place(id, bytes));
        }
    }

    private static boolean isPacked(byte[] bytes) {
        return bytes.length > 2 && (((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff)) == GZIP;
    }

    /** Searches all of it, however long it is: the time for reading a push ends that. */
    private boolean isInUnpacked(byte[] packed) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            byte[] text = in.readNBytes(AT_ONCE);
            while (text.length > 0) {
                time.requireLeft();
                if (search.isIn(text)) {
                    return true;
                }
                byte[] more = in.readNBytes(AT_ONCE - OVERLAP);
                byte[] end = Arrays.copyOfRange(text, Math.max(0, text.length - OVERLAP), text.length);
                text = more.length == 0 ? more : joined(end, more);
            }
            return false;
        } catch (ZipException | EOFException _) {
            return false; // it only begins like one
        }
    }

    private static byte[] joined(byte[] some, byte[] more) {
        byte[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    private boolean isInAny(byte[] text) throws IOException {
        for (int at = 0; at == 0 || at + OVERLAP < text.length; at += AT_ONCE - OVERLAP) {
            if (search.isIn(Arrays.copyOfRange(text, at, Math.min(text.length, at + AT_ONCE)))) {
                return true;
            }
        }
        return false;
    }

    private String place(ObjectId id, byte[] bytes) throws IOException {
        String path = content.paths().get(id);
        if (path == null) {
            return "the message of " + id.abbreviate(10).name();
        }
        int line = line(bytes);
        return "`" + VisibleText.line(path) + "`" + (line > 0 ? " line " + line : "");
    }

    /** Returns the number of the line in which the first secret begins, or 0 if the file is long or packed. */
    private int line(byte[] bytes) throws IOException {
        if (bytes.length > AT_ONCE || isPacked(bytes)) { // it may have as many lines as bytes
            return 0;
        }
        String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\n", -1);
        int end = first(1, lines.length, to -> holds(lines, 0, to));
        return first(1, end, from -> !holds(lines, from, end));
    }

    private interface LineCheck {
        boolean test(int line) throws IOException;
    }

    /** Returns the least number for which {@code check} holds, in few tries; {@code to} if for none before it. */
    private static int first(int least, int to, LineCheck check) throws IOException {
        int from = least;
        int until = to;
        while (from < until) {
            int middle = (from + until) / 2;
            if (check.test(middle)) {
                until = middle;
            } else {
                from = middle + 1;
            }
        }
        return from;
    }

    private boolean holds(String[] lines, int from, int to) throws IOException {
        String text = String.join("\n", Arrays.asList(lines).subList(from, to));
        return search.isIn(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}

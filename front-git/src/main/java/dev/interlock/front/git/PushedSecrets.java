package dev.interlock.front.git;

import dev.interlock.action.VisibleText;
import dev.interlock.gate.PushReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;

/** Searches all objects of a push for stored credentials and decoys: files, their names, and messages. */
record PushedSecrets(
        Quarantine quarantine, PushHistory.PushContent content, PushReader.SecretSearch search, ReadingTime time) {

    private static final int AT_ONCE = 256 * 1024;
    /** A secret is shorter, so that one at the edge of a piece is found in the next. */
    private static final int OVERLAP = 8 * 1024;

    private static final int MAX_PLACES = 5;

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
                if (bytes.length > AT_ONCE) { // not copied: it may be long
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
        if (places.size() < MAX_PLACES && isInAny(bytes)) {
            places.add(place(id, bytes));
        }
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

    /** Returns the number of the line with the secret, or 0 if it runs over several, or the file is long. */
    private int line(byte[] bytes) throws IOException {
        if (bytes.length > AT_ONCE) { // it may have as many lines as bytes
            return 0;
        }
        String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\n", -1);
        int from = 0;
        int to = lines.length;
        while (to - from > 1) { // halves, so that a long file takes few searches
            int middle = (from + to) / 2;
            if (holds(lines, from, middle)) {
                to = middle;
            } else if (holds(lines, middle, to)) {
                from = middle;
            } else {
                return 0;
            }
        }
        return from + 1;
    }

    private boolean holds(String[] lines, int from, int to) throws IOException {
        String text = String.join("\n", Arrays.asList(lines).subList(from, to));
        return search.isIn(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}

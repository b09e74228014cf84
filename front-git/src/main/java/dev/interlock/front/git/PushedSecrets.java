package dev.interlock.front.git;

import dev.interlock.action.VisibleText;
import dev.interlock.gate.PushReader;
import java.io.ByteArrayInputStream;
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
import org.eclipse.jgit.lib.ObjectLoader;
import org.eclipse.jgit.lib.ObjectReader;

/** Searches all that a push brings for secrets: files, also packed ones, their names, and messages. */
record PushedSecrets(Quarantine quarantine, PushHistory.PushContent content, ReadingTime time) {

    private static final int MAX_PLACES = 5;
    private static final int MAX_PATH = 500;
    private static final int GZIP = 0x1f8b;

    /** @param begun the search that has taken some of the objects while they arrived */
    Optional<PushReader.PushReading.SecretPush> find(Optional<ObjectSearch> begun, PushReader.SecretSearch secrets)
            throws IOException {
        ObjectSearch search = begun.orElseGet(() -> new ObjectSearch(secrets));
        boolean isFound = false;
        try (ObjectReader reader = quarantine.repository().newObjectReader()) {
            Iterator<ObjectId> ids = begun.isPresent() ? quarantine.unsearched() : quarantine.brought();
            while (ids.hasNext() && !isFound) {
                time.requireLeft();
                ObjectLoader object = reader.open(ids.next());
                if (isLong(object)) {
                    isFound = isHeldIn(object, search);
                } else {
                    byte[] bytes = object.getCachedBytes(PackScanner.MAX_OBJECT);
                    isFound = !search.take(bytes) && isHeldIn(bytes, search);
                }
            }
            boolean isAnyFound = search.isAnyFound(); // and ends what still searches
            return isFound || isAnyFound
                    ? Optional.of(new PushReader.PushReading.SecretPush(places(reader, search)))
                    : Optional.empty();
        }
    }

    /** Searches each object by itself, because something was found. */
    private List<String> places(ObjectReader reader, ObjectSearch search) throws IOException {
        List<String> places = new ArrayList<>();
        for (Iterator<ObjectId> ids = quarantine.brought(); ids.hasNext() && places.size() < MAX_PLACES; ) {
            time.requireLeft();
            ObjectId id = ids.next();
            ObjectLoader object = reader.open(id);
            byte[] bytes = isLong(object) ? new byte[0] : object.getCachedBytes(PackScanner.MAX_OBJECT);
            if (isLong(object) ? isHeldIn(object, search) : isHeldIn(bytes, search)) {
                places.add(place(id, bytes, search));
            }
        }
        return places.isEmpty() ? List.of("somewhere in the push") : places;
    }

    private static boolean isLong(ObjectLoader object) {
        return object.getSize() > PackScanner.MAX_OBJECT;
    }

    /** Searches a file that is too long for memory. */
    private boolean isHeldIn(ObjectLoader file, ObjectSearch search) throws IOException {
        boolean isPacked;
        try (InputStream in = file.openStream()) {
            isPacked = isPacked(in.readNBytes(3));
        }
        try (InputStream in = file.openStream()) {
            if (isIn(in, search)) {
                return true;
            }
        }
        try (InputStream in = file.openStream()) {
            return isPacked && isInUnpacked(in, search);
        }
    }

    private boolean isHeldIn(byte[] bytes, ObjectSearch search) throws IOException {
        return search.isIn(bytes) || (isPacked(bytes) && isInUnpacked(new ByteArrayInputStream(bytes), search));
    }

    static boolean isPacked(byte[] bytes) {
        return bytes.length > 2 && (((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff)) == GZIP;
    }

    /** Searches all of it, however long it is: the time for reading a push ends that. */
    private boolean isInUnpacked(InputStream packed, ObjectSearch search) throws IOException {
        try (InputStream in = new GZIPInputStream(packed)) {
            return isIn(in, search);
        } catch (ZipException | EOFException _) {
            return false; // it only begins like one
        }
    }

    private boolean isIn(InputStream in, ObjectSearch search) throws IOException {
        byte[] text = unpacked(in, ObjectSearch.AT_ONCE);
        while (text.length > 0) {
            time.requireLeft();
            if (search.isIn(text)) {
                return true;
            }
            byte[] more = unpacked(in, ObjectSearch.AT_ONCE - ObjectSearch.OVERLAP);
            byte[] end = Arrays.copyOfRange(text, Math.max(0, text.length - ObjectSearch.OVERLAP), text.length);
            text = more.length == 0 ? more : joined(end, more);
        }
        return false;
    }

    /** Returns the next bytes of {@code in}: fewer where it ends, or is damaged. */
    private static byte[] unpacked(InputStream in, int most) throws IOException {
        byte[] text = new byte[most];
        int length = 0;
        try {
            for (int read = 0; read >= 0 && length < most; length += Math.max(0, read)) {
                read = in.read(text, length, most - length);
            }
        } catch (ZipException | EOFException _) {
            // programs print what comes before
        }
        return Arrays.copyOf(text, length);
    }

    private static byte[] joined(byte[] some, byte[] more) {
        byte[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    private String place(ObjectId id, byte[] bytes, ObjectSearch search) throws IOException {
        Optional<String> path = content.path(id);
        if (path.isEmpty()) {
            return "the message of " + id.abbreviate(10).name();
        }
        int line = line(bytes, search);
        return "`" + VisibleText.shortened(VisibleText.line(path.get()), MAX_PATH) + "`"
                + (line > 0 ? " line " + line : "");
    }

    /** Returns the number of the line in which the first secret begins, or 0 if the file is long or packed. */
    private static int line(byte[] bytes, ObjectSearch search) throws IOException {
        if (bytes.length == 0 || bytes.length > ObjectSearch.AT_ONCE || isPacked(bytes)) {
            return 0;
        }
        String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\n", -1);
        int end = first(1, lines.length, to -> holds(search, lines, 0, to));
        return first(1, end, from -> !holds(search, lines, from, end));
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

    private static boolean holds(ObjectSearch search, String[] lines, int from, int to) throws IOException {
        String text = String.join("\n", Arrays.asList(lines).subList(from, to));
        return search.isIn(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}

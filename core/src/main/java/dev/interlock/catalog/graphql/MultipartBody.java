package dev.interlock.catalog.graphql;

import dev.interlock.action.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code multipart/form-data} body (RFC 7578) in the form that every reader reads alike. There is nothing before,
 * between or after its parts. A part has at most the two header fields that describe it, and no name needs escaping.
 *
 * @param parts in order; no two have one name
 */
record MultipartBody(List<BodyPart> parts) {

    /** Maximum parts: two of the specification's own, and more files than a person attaches. */
    static final int MAX_PARTS = 22;

    /** Maximum bytes of a part's head, which is two short lines. */
    private static final int MAX_HEAD = 1_000;

    private static final Pattern BOUNDARY =
            Pattern.compile("multipart/form-data\\s*;\\s*boundary=(?:\"([^\"\\\\]*)\"|([^\"\\s;,]*))");

    // RFC 2046 §5.1.1, without the blank
    private static final Pattern BOUNDARY_TEXT = Pattern.compile("[0-9A-Za-z'()+_,./:=?-]{1,70}");

    private static final Pattern DISPOSITION = Pattern.compile(
            "form-data; name=\"([A-Za-z0-9_.-]{1,60})\"(?:; filename=\"([A-Za-z0-9_][A-Za-z0-9._ ()-]{0,199})\")?");

    private static final Pattern TYPE = Pattern.compile("[A-Za-z0-9+.-]{1,60}/[A-Za-z0-9+.-]{1,90}");
    private static final byte[] LINE_END = bytes("\r\n");
    private static final byte[] HEAD_END = bytes("\r\n\r\n");

    /**
     * A part of the body.
     *
     * @param filename if it is a file
     * @param type its media type, lower case, if it has one
     */
    record BodyPart(String name, Optional<String> filename, Optional<String> type, Bytes content) {}

    MultipartBody {
        parts = List.copyOf(parts);
    }

    /** Reads a body. */
    static MultipartBody read(String contentType, byte[] body) {
        return new MultipartBody(new Reader(boundary(contentType), body).parts());
    }

    private static byte[] boundary(String contentType) {
        Matcher matcher = BOUNDARY.matcher(contentType);
        if (matcher.matches()) {
            String text = Optional.ofNullable(matcher.group(1)).orElseGet(() -> matcher.group(2));
            if (BOUNDARY_TEXT.matcher(text).matches()) {
                return bytes("--" + text);
            }
        }
        throw wrong("The content type of the multipart body has no plain boundary, or has other parameters.");
    }

    private static UnreadableException wrong(String reason) {
        return new UnreadableException(
                reason,
                "Send `operations`, `map` and the files as the GraphQL multipart request specification defines.");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static final class Reader {
        private final byte[] boundary;
        private final byte[] body;
        private int at;

        Reader(byte[] boundary, byte[] body) {
            this.boundary = boundary;
            this.body = body;
        }

        List<BodyPart> parts() {
            List<BodyPart> parts = new ArrayList<>();
            Set<String> names = new HashSet<>();
            take(boundary, "The multipart body does not begin with its boundary.");
            while (!takes(bytes("--"))) {
                take(LINE_END, "A boundary of the multipart body does not end its line.");
                BodyPart part = part();
                if (!names.add(part.name())) {
                    throw wrong("Two parts of the multipart body have the same name.");
                }
                parts.add(part);
                if (parts.size() > MAX_PARTS) {
                    throw wrong("The multipart body has more than " + MAX_PARTS + " parts.");
                }
            }
            takes(LINE_END); // some clients write a line end here, and some do not
            if (at != body.length) {
                throw wrong("The multipart body has data after its last boundary.");
            }
            return parts;
        }

        private BodyPart part() {
            int end = find(HEAD_END);
            if (end < 0 || end - at > MAX_HEAD) {
                throw wrong("A part of the multipart body has no header, or one that is too long.");
            }
            String head = new String(body, at, end - at, StandardCharsets.ISO_8859_1);
            at = end + HEAD_END.length;
            Bytes content = content();
            return described(fields(head), content);
        }

        private Bytes content() {
            int end = find(concatenated(LINE_END, boundary));
            if (end < 0) {
                throw wrong("The multipart body ends inside a part.");
            }
            byte[] content = new byte[end - at];
            System.arraycopy(body, at, content, 0, content.length);
            at = end + LINE_END.length + boundary.length;
            return Bytes.of(content);
        }

        private int find(byte[] what) {
            for (int i = at; i + what.length <= body.length; i++) {
                if (is(what, i)) {
                    return i;
                }
            }
            return -1;
        }

        private boolean is(byte[] what, int where) {
            if (where + what.length > body.length) {
                return false;
            }
            for (int i = 0; i < what.length; i++) {
                if (body[where + i] != what[i]) {
                    return false;
                }
            }
            return true;
        }

        private boolean takes(byte[] what) {
            boolean there = is(what, at);
            at += there ? what.length : 0;
            return there;
        }

        private void take(byte[] what, String otherwise) {
            if (!takes(what)) {
                throw wrong(otherwise);
            }
        }
    }

    private static Map<String, String> fields(String head) {
        Map<String, String> fields = new TreeMap<>();
        for (String line : head.split("\r\n", -1)) {
            String[] field = line.split(": ", 2);
            if (field.length < 2 || fields.put(field[0].toLowerCase(Locale.ROOT), field[1]) != null) {
                throw wrong("A part of the multipart body has a duplicate or an empty header field.");
            }
        }
        return fields;
    }

    private static BodyPart described(Map<String, String> fields, Bytes content) {
        Matcher disposition = DISPOSITION.matcher(fields.getOrDefault("content-disposition", ""));
        if (!disposition.matches()) {
            throw wrong(
                    "A part of the multipart body has no plain name, or a file name with other characters than letters, digits, blanks and `._()-`.");
        }
        Optional<String> type = Optional.ofNullable(fields.get("content-type")).map(MultipartBody::type);
        String length = fields.getOrDefault("content-length", Integer.toString(content.length()));
        if (!length.equals(Integer.toString(content.length()))) {
            throw wrong("A part of the multipart body does not have the length that it declares.");
        }
        if (!Set.of("content-disposition", "content-type", "content-length").containsAll(fields.keySet())) {
            throw wrong("A part of the multipart body has a header field other than its disposition and its type.");
        }
        return new BodyPart(disposition.group(1), Optional.ofNullable(disposition.group(2)), type, content);
    }

    private static String type(String text) {
        String plain = text.replaceFirst(";\\s*charset=(?i:utf-8)$", "");
        if (!TYPE.matcher(plain).matches()) {
            throw wrong("The type of a part of the multipart body is not a plain media type.");
        }
        return plain.toLowerCase(Locale.ROOT);
    }

    /** Returns a boundary that depends on the parts alone. A repeated request must have the same bytes. */
    String boundary() {
        String digest = Bytes.of(written("")).sha256();
        String boundary;
        do {
            boundary = "interlock-" + digest.substring(0, 40);
            digest = Bytes.utf8(digest).sha256();
        } while (occurs(boundary));
        return boundary;
    }

    private boolean occurs(String boundary) {
        return parts.stream()
                .anyMatch(part -> new String(part.content().toArray(), StandardCharsets.ISO_8859_1).contains(boundary));
    }

    /** Returns the bytes to send, framed by {@code boundary}. */
    byte[] written(String boundary) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (BodyPart part : parts) {
            out.writeBytes(bytes("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part.name() + "\""));
            part.filename().ifPresent(name -> out.writeBytes(bytes("; filename=\"" + name + "\"")));
            part.type().ifPresent(type -> out.writeBytes(bytes("\r\nContent-Type: " + type)));
            out.writeBytes(HEAD_END);
            out.writeBytes(part.content().toArray());
            out.writeBytes(LINE_END);
        }
        out.writeBytes(bytes("--" + boundary + "--\r\n"));
        return out.toByteArray();
    }

    private static byte[] concatenated(byte[] one, byte[] other) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(one);
        both.writeBytes(other);
        return both.toByteArray();
    }
}

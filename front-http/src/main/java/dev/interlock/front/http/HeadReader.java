package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;

import dev.interlock.action.Header;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads the bytes before a body, by RFC 9112 without any of the leniency that it allows. */
final class HeadReader {

    /** Maximum bytes of a request line. curl, SDKs and browsers stay below; longer targets only hide things. */
    static final int MAX_REQUEST_LINE = 8 * 1024;
    /** Maximum header fields. Real requests have fewer than 40. */
    static final int MAX_HEADERS = 100;
    /** Maximum bytes of the whole head: a bound on the memory that an unknown peer can take. */
    static final int MAX_HEAD = 32 * 1024;

    private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

    private HeadReader() {}

    /** Reads a head, its final empty line included. Throws if it could be read in two ways, or not at all. */
    static RequestHead read(byte[] bytes) throws UnreadableRequestException {
        List<String> lines = lines(new String(bytes, StandardCharsets.ISO_8859_1));
        if (lines.size() - 1 > MAX_HEADERS) {
            throw broken(FrontRefusals.TOO_MANY_HEADERS, MAX_HEADERS);
        }
        String[] words = requestLine(lines.getFirst());
        List<Header> headers = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            headers.add(header(line));
        }
        return new RequestHead(words[0], words[1], headers);
    }

    /**
     * Reads as much as possible of a malformed head, to find the credentials in it. Nothing is decided by the result.
     */
    static RequestHead readMalformed(byte[] bytes) {
        List<String> lines = List.of(new String(bytes, StandardCharsets.ISO_8859_1).split("[\\r\\n]+", -1));
        String[] words = lines.getFirst().split(" ", -1);
        List<Header> headers = new ArrayList<>();
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.add(new Header(
                        line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip()));
            }
        }
        return new RequestHead(words[0], words.length > 1 ? words[1] : "", headers);
    }

    private static List<String> lines(String head) throws UnreadableRequestException {
        if (!head.endsWith("\r\n\r\n")) {
            throw broken(FrontRefusals.HEAD_END);
        }
        List<String> lines = List.of(head.substring(0, head.length() - 4).split("\r\n", -1));
        for (String line : lines) {
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                if (c != '\t' && (c < ' ' || c > '~')) {
                    throw broken(FrontRefusals.HEAD_CHARACTERS);
                }
            }
        }
        return lines;
    }

    private static String[] requestLine(String line) throws UnreadableRequestException {
        if (line.length() > MAX_REQUEST_LINE) {
            throw broken(FrontRefusals.LINE_TOO_LONG, MAX_REQUEST_LINE);
        }
        String[] words = line.split(" ", -1);
        if (words.length != 3 || !isToken(words[0]) || words[1].isEmpty() || line.indexOf('\t') >= 0) {
            throw broken(FrontRefusals.REQUEST_LINE);
        }
        if (words[2].startsWith("HTTP/2")) {
            throw broken(FrontRefusals.HTTP2_PREFACE);
        }
        // Python's http.client up to 3.11 asks for tunnels like this, without a body or anything with a second reading.
        boolean older = words[0].equals("CONNECT") && words[2].equals("HTTP/1.0");
        if (!words[2].equals("HTTP/1.1") && !older) {
            throw broken(FrontRefusals.HTTP_VERSION);
        }
        return words;
    }

    private static Header header(String line) throws UnreadableRequestException {
        if (line.startsWith(" ") || line.startsWith("\t")) {
            throw broken(FrontRefusals.FOLDED);
        }
        int colon = line.indexOf(':');
        if (colon < 0 || !isToken(line.substring(0, colon))) {
            throw broken(FrontRefusals.HEADER_NAME);
        }
        // Of white space, only SP and HTAB are left here: the optional one (RFC 9110 §5.6.3).
        return new Header(
                line.substring(0, colon).toLowerCase(Locale.ROOT),
                line.substring(colon + 1).strip());
    }

    static boolean isToken(String word) {
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (!PercentEncoding.isAlphanumeric(c) && TOKEN_MARKS.indexOf(c) < 0) {
                return false;
            }
        }
        return !word.isEmpty();
    }
}

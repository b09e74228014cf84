package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;

import dev.interlock.action.Header;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** A stream's head as one of HTTP/1.1, by RFC 9113 §8.3 without leniency. Nothing passes that is refused there. */
final class StreamHead {

    private static final Set<String> PSEUDO = Set.of(":method", ":scheme", ":authority", ":path");

    // RFC 9113 §8.2.2
    private static final Set<String> OF_A_CONNECTION =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings");

    static final RequestHead NOTHING = new RequestHead("", "", List.of());

    private StreamHead() {}

    /** Returns whether the field {@code name} (lower case) is not allowed in HTTP/2. */
    static boolean isOfAConnection(String name) {
        return OF_A_CONNECTION.contains(name);
    }

    static RequestHead read(Http2Headers fields) throws UnreadableRequestException {
        List<Header> headers = new ArrayList<>();
        List<String> cookies = new ArrayList<>();
        for (Map.Entry<CharSequence, CharSequence> field : fields) {
            String name = field.getKey().toString();
            String value = field.getValue().toString();
            requireText(value);
            if (name.startsWith(":")) {
                requirePseudo(fields, name);
            } else if (name.equals("cookie")) {
                cookies.add(value); // RFC 9113 §8.2.3: may come in several fields
            } else {
                headers.add(header(name, value));
            }
        }
        if (!cookies.isEmpty()) {
            headers.add(new Header("cookie", String.join("; ", cookies)));
        }
        requireScheme(fields);
        return new RequestHead(one(fields, ":method"), path(fields), withHost(fields, headers));
    }

    /** Reads as much as possible of a malformed section, to find the credentials in it. Nothing is decided by it. */
    static RequestHead readMalformed(Http2Headers fields) {
        List<Header> headers = new ArrayList<>();
        for (Map.Entry<CharSequence, CharSequence> field : fields) {
            String name = field.getKey().toString().toLowerCase(Locale.ROOT);
            headers.add(new Header(
                    name.equals(":authority") ? "host" : name, field.getValue().toString()));
        }
        return new RequestHead(
                Objects.toString(fields.get(":method"), ""), Objects.toString(fields.get(":path"), ""), headers);
    }

    private static void requirePseudo(Http2Headers fields, String name) throws UnreadableRequestException {
        if (name.equals(":protocol")) {
            throw broken(FrontRefusals.WEBSOCKET);
        }
        if (!PSEUDO.contains(name) || fields.getAll(name).size() != 1) {
            throw broken(FrontRefusals.PSEUDO_HEADER);
        }
    }

    private static Header header(String name, String value) throws UnreadableRequestException {
        if (!HeadReader.isToken(name) || name.chars().anyMatch(c -> c >= 'A' && c <= 'Z')) {
            throw broken(FrontRefusals.STREAM_HEADER_NAME);
        }
        if (isOfAConnection(name) || (name.equals("te") && !value.equals("trailers"))) {
            throw broken(FrontRefusals.STREAM_HEADER, name);
        }
        return new Header(name, value);
    }

    private static void requireText(String value) throws UnreadableRequestException {
        boolean text = value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c <= '~'));
        if (!text || !value.strip().equals(value)) {
            throw broken(FrontRefusals.HEADER_VALUE);
        }
    }

    private static void requireScheme(Http2Headers fields) throws UnreadableRequestException {
        if (!Set.of("http", "https").contains(one(fields, ":scheme"))) {
            throw broken(FrontRefusals.SCHEME);
        }
    }

    private static String path(Http2Headers fields) throws UnreadableRequestException {
        String path = one(fields, ":path");
        if (path.isEmpty() || path.indexOf(' ') >= 0 || path.length() > HeadReader.MAX_REQUEST_LINE) {
            throw broken(FrontRefusals.STREAM_PATH);
        }
        return path;
    }

    /** Takes the authority as the host. A Host beside it must be equal. */
    private static List<Header> withHost(Http2Headers fields, List<Header> headers) throws UnreadableRequestException {
        Optional<String> authority =
                Optional.ofNullable(fields.get(":authority")).map(CharSequence::toString);
        List<Header> all = new ArrayList<>(headers);
        for (Header header : headers) {
            if (header.name().equals("host") && authority.isPresent()) {
                if (!header.value().equals(authority.get())) {
                    throw broken(FrontRefusals.AUTHORITY);
                }
                all.remove(header);
            }
        }
        authority.ifPresent(host -> all.addFirst(new Header("host", host)));
        if (all.size() > HeadReader.MAX_HEADERS) {
            throw broken(FrontRefusals.TOO_MANY_HEADERS, HeadReader.MAX_HEADERS);
        }
        return all;
    }

    private static String one(Http2Headers fields, String name) throws UnreadableRequestException {
        List<CharSequence> values = fields.getAll(name);
        if (values.size() != 1) {
            throw broken(FrontRefusals.PSEUDO_HEADER_MISSING, name);
        }
        return values.getFirst().toString();
    }
}

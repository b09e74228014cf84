package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.refused;

import dev.interlock.action.HttpCall.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The target of a request line, decoded once: {@code /railway/graphql/v2?x=1}. The upstream is its first path segment.
 */
record RequestTarget(String upstream, String path, List<Parameter> query) {

    private static final Pattern UPSTREAM = Pattern.compile("[a-z][a-z0-9-]*");

    private static final Pattern SCOPED = Pattern.compile("((?:@|%40)[A-Za-z0-9._~-]+)%2[fF]([A-Za-z0-9._~-]+)");

    RequestTarget {
        query = List.copyOf(query);
    }

    /** Reads a target in origin form. Throws if an upstream could read another path or parameter out of it. */
    static RequestTarget read(String target) throws UnreadableRequestException {
        if (!target.startsWith("/")) {
            throw refused(FrontRefusals.TARGET_FORM);
        }
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        String query = question < 0 ? "" : target.substring(question + 1);
        int second = path.indexOf('/', 1);
        String upstream = path.substring(1, second < 0 ? path.length() : second);
        if (!UPSTREAM.matcher(upstream).matches()) {
            throw refused(FrontRefusals.NO_UPSTREAM_NAMED);
        }
        return new RequestTarget(upstream, path(second < 0 ? "/" : path.substring(second)), query(query));
    }

    /** Reads a target in origin form that is addressed to an upstream's own host, which is not known yet. */
    static RequestTarget readUnaimed(String target) throws UnreadableRequestException {
        if (!target.startsWith("/")) {
            throw refused(FrontRefusals.TARGET_IN_TUNNEL);
        }
        return read("/unaimed" + target);
    }

    RequestTarget at(String name, String below) {
        return new RequestTarget(name, below, query);
    }

    static String write(String path, List<Parameter> query) {
        String written = PercentEncoding.encode(path, RequestTarget::isWrittenInPath);
        return query.isEmpty() ? written : written + "?" + writeQuery(query);
    }

    private static String writeQuery(List<Parameter> query) {
        return query.stream()
                .map(p -> PercentEncoding.encode(p.name(), PercentEncoding::isUnreserved) + "="
                        + PercentEncoding.encode(p.value(), PercentEncoding::isUnreserved))
                .collect(Collectors.joining("&"));
    }

    private static String path(String raw) throws UnreadableRequestException {
        List<String> segments = new ArrayList<>();
        String[] parts = raw.substring(1).split("/", -1);
        for (int i = 0; i < parts.length; i++) {
            // One empty segment may end a path (`/a/`). Elsewhere some servers drop it and some do not.
            if (parts[i].isEmpty() && i < parts.length - 1) {
                throw refused(FrontRefusals.EMPTY_SEGMENT);
            }
            // npm encodes the slash of `@scope/name`. Its registry takes both spellings; the gateway sends one.
            Matcher scoped = SCOPED.matcher(parts[i]);
            if (scoped.matches()) {
                segments.add(segment(scoped.group(1)));
                segments.add(segment(scoped.group(2)));
            } else {
                segments.add(segment(parts[i]));
            }
        }
        return "/" + String.join("/", segments);
    }

    private static String segment(String raw) throws UnreadableRequestException {
        String segment = PercentEncoding.decode(raw, RequestTarget::isReadInPath)
                .orElseThrow(() -> refused(FrontRefusals.PATH_CHARACTERS));
        if (segment.chars().anyMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c))) {
            throw refused(FrontRefusals.ENCODED_SLASH);
        }
        if (isDots(segment)) {
            throw refused(FrontRefusals.DOT_SEGMENT);
        }
        if (IntStream.range(0, segment.length()).anyMatch(i -> PercentEncoding.isEscape(segment, i))) {
            throw refused(FrontRefusals.ENCODED_TWICE);
        }
        return segment;
    }

    // Some servers remove a segment's parameters before they resolve dots: to them `..;x` is `..`.
    private static boolean isDots(String segment) {
        String name = segment.split(";", 2)[0];
        return name.equals(".") || name.equals("..");
    }

    private static List<Parameter> query(String raw) throws UnreadableRequestException {
        List<Parameter> parameters = new ArrayList<>();
        if (raw.isEmpty()) {
            return parameters;
        }
        for (String piece : raw.split("&", -1)) {
            int equals = piece.indexOf('=');
            String name = decoded(equals < 0 ? piece : piece.substring(0, equals));
            if (name.isEmpty()) {
                throw refused(FrontRefusals.UNNAMED_PARAMETER);
            }
            parameters.add(new Parameter(name, equals < 0 ? "" : decoded(piece.substring(equals + 1))));
        }
        return parameters;
    }

    // A plus is a space in every form decoder of upstreams. The gateway sends `%20` and `%2B`, with one reading.
    private static String decoded(String raw) throws UnreadableRequestException {
        Optional<String> text = PercentEncoding.decode(raw.replace("+", "%20"), RequestTarget::isReadInQuery);
        return text.filter(t -> t.indexOf('\0') < 0).orElseThrow(() -> refused(FrontRefusals.QUERY_CHARACTERS));
    }

    // RFC 3986 §3.3, pchar.
    private static boolean isReadInPath(int c) {
        return PercentEncoding.isUnreserved(c) || "!$&'()*+,;=:@".indexOf(c) >= 0;
    }

    // Characters that URL parsers of real clients do not encode; none has a second meaning within a query piece.
    private static boolean isReadInQuery(int c) {
        return isReadInPath(c) || "/?[]{}|^`".indexOf(c) >= 0;
    }

    // Encoded, `;` is text to every server, and no parameter separator; `+` is a plus.
    private static boolean isWrittenInPath(int c) {
        return c == '/' || PercentEncoding.isUnreserved(c) || "!$&'()*,=:@".indexOf(c) >= 0;
    }
}

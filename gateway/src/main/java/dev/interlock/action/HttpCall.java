package dev.interlock.action;

import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * An HTTP request, without the upstream's prefix and without any credential.
 *
 * @param method upper case
 * @param authority the upstream's host and port as it will be sent in {@code Host}
 * @param path absolute and normalised: no dot segments, no encoded slash, no empty segment
 * @param query decoded parameters in order; names may repeat
 * @param headers in order, names in lower case; framing and per-try headers are not among them
 * @param body the whole body
 */
public record HttpCall(
        String method, String authority, String path, List<Parameter> query, List<Header> headers, Bytes body)
        implements Call {

    /**
     * One query parameter, decoded.
     *
     * @param name before the {@code =}
     * @param value after it; empty if there was none
     */
    public record Parameter(String name, String value) {}

    public HttpCall {
        query = List.copyOf(query);
        headers = List.copyOf(headers);
    }

    @Override
    public String protocol() {
        return "http";
    }

    /** The only value of header {@code name} (lower case), if it occurs exactly once. */
    public Optional<String> header(String name) {
        List<String> values = headers.stream()
                .filter(h -> h.name().equals(name))
                .map(Header::value)
                .toList();
        return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
    }

    /** This call with another body, and the headers that the catalog lets through. */
    public HttpCall rewritten(List<Parameter> newQuery, List<Header> newHeaders, Bytes newBody) {
        return new HttpCall(method, authority, path, newQuery, newHeaders, newBody);
    }

    @Override
    public Json.Members canonical() {
        List<Header> sorted = new ArrayList<>(headers);
        sorted.sort(Comparator.comparing(Header::name)); // stable: repeated names keep their order
        return Json.object()
                .with("method", method)
                .with("authority", authority)
                .with("path", path)
                .with(
                        "query",
                        new Json.Array(query.stream()
                                .<Json>map(p -> pair(p.name(), p.value()))
                                .toList()))
                .with(
                        "headers",
                        new Json.Array(sorted.stream()
                                .<Json>map(h -> pair(h.name(), h.value()))
                                .toList()))
                .with("body_sha256", body.sha256())
                .with("body_length", body.length());
    }

    private static Json.Array pair(String name, String value) {
        return new Json.Array(List.of(new Json.Text(name), new Json.Text(value)));
    }
}

package dev.interlock.action;

import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.FreeTexts;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An HTTP request, without the upstream's prefix and without any credential.
 *
 * @param method upper case
 * @param authority the upstream's host and port as it will be sent in {@code Host}
 * @param path absolute and normalised: no dot segments, no encoded slash, no empty segment
 * @param query decoded parameters in order; names may repeat
 * @param headers in order, names in lower case; framing and per-try headers are not among them. An {@code accept} that
 *     only shapes the answer, and MCP's version, are sent and not signed for
 * @param stream replaces a body that is too long for memory
 * @param withheld headers that the agent sent and that are not forwarded, so that nobody signs for them
 */
public record HttpCall(
        String method,
        String authority,
        String path,
        List<Parameter> query,
        List<Header> headers,
        Bytes body,
        Optional<BodyStream> stream,
        List<Header> withheld)
        implements Call {

    private static final Set<String> OF_A_PART = Set.of("range", "if-range");

    /**
     * The values of {@code accept} that only shape the answer: clients differ in them. One that names a version or a
     * preview of an API may change what a call does.
     */
    private static final Pattern ACCEPTS_A_FORM = Pattern.compile(
            "(%1$s)(\\s*,\\s*(%1$s)){0,20}"
                    .formatted(
                            "(\\*/\\*|(application|text)/(\\*|json|xml|html|plain|event-stream|vnd\\.[a-z]+\\+json))(;\\s*q=[01](\\.[0-9]+)?)?"));

    /** It says how messages are written, and the catalog reads each version. */
    private static final String MCP_VERSION = "mcp-protocol-version";

    private static final int PIECE = 64 * 1024;

    /** The gateway replaces this header by its own. The original value is reflected in how the body was read. */
    private static final String REWRITTEN = "content-type";

    /**
     * One query parameter, decoded.
     *
     * @param value after it; empty if there was none
     * @param isSalted whether receipts and statements hold only a salted digest of the value
     */
    public record Parameter(String name, String value, boolean isSalted) {

        /** Creates a parameter whose value may be a secret, as every agent's is until its catalog was asked. */
        public Parameter(String name, String value) {
            this(name, value, true);
        }

        /** Returns what is sent of it, whatever is recorded. */
        public Parameter sent() {
            return new Parameter(name, value);
        }
    }

    public HttpCall {
        query = List.copyOf(query);
        headers = List.copyOf(headers);
        withheld = List.copyOf(withheld);
    }

    /** Creates a call without withheld headers. */
    public HttpCall(
            String method, String authority, String path, List<Parameter> query, List<Header> headers, Bytes body) {
        this(method, authority, path, query, headers, body, Optional.empty(), List.of());
    }

    /** Returns this call with a body that is still to come. */
    public HttpCall with(BodyStream streamed) {
        return new HttpCall(method, authority, path, query, headers, Bytes.empty(), Optional.of(streamed), withheld);
    }

    @Override
    public boolean isWhole() {
        return stream.isEmpty() || stream.get().isKnown();
    }

    @Override
    public Optional<BodyStream> longBody() {
        return stream.filter(BodyStream::isKnown);
    }

    @Override
    public Optional<Refusal> receive() throws IOException {
        return isWhole() ? Optional.empty() : stream.orElseThrow().receive();
    }

    @Override
    public String protocol() {
        return "http";
    }

    /** {@inheritDoc} A parameter as it is sent: a secret with a {@code =} in it stands partly in the name. */
    @Override
    public Stream<String> texts() {
        return Stream.of(
                        Stream.of(authority, path),
                        query.stream().map(parameter -> parameter.name() + "=" + parameter.value()),
                        Stream.concat(headers.stream(), withheld.stream())
                                .map(header -> header.name() + ": " + header.value()))
                .flatMap(Function.identity());
    }

    @Override
    public boolean holds(String text) {
        return path.contains(text)
                || query.stream().anyMatch(each -> each.value().contains(text))
                || body.holds(text)
                || longBody().filter(known -> holds(known, text)).isPresent();
    }

    private static boolean holds(BodyStream body, String text) {
        try (InputStream in = body.open()) {
            String end = "";
            for (byte[] piece = in.readNBytes(PIECE); piece.length > 0; piece = in.readNBytes(PIECE)) {
                String searched = end + new String(piece, StandardCharsets.ISO_8859_1);
                if (searched.contains(text)) {
                    return true;
                }
                end = searched.substring(Math.max(0, searched.length() - text.length()));
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@inheritDoc} The gateway writes the documents of GraphQL endpoints; elsewhere a text need not be one. */
    @Override
    public boolean holdsQuery() {
        return List.of(path.split("/")).contains("graphql");
    }

    /** {@inheritDoc} A client that asks for a part takes the whole as well (RFC 9110 §14.2). */
    @Override
    public HttpCall forWholeAnswer() {
        return without(OF_A_PART);
    }

    /** Returns the size of its texts and body, including withheld fields: they are searched for secrets. */
    @Override
    public long weight() {
        long weight = Call.super.weight() + MemoryEstimate.of(path);
        for (Parameter parameter : query) {
            weight += MemoryEstimate.of(parameter.name(), parameter.value());
        }
        for (List<Header> each : List.of(headers, withheld)) {
            for (Header header : each) {
                weight += MemoryEstimate.of(header.name(), header.value());
            }
        }
        return weight;
    }

    @Override
    public void discard() {
        stream.ifPresent(BodyStream::close);
    }

    @Override
    public Json.Members kept() {
        return Json.object()
                .with("method", method)
                .with("authority", authority)
                .with("path", path)
                .withItems("query", query.stream().map(each -> named(each.name(), each.value())))
                .withItems("headers", headers.stream().map(each -> named(each.name(), each.value())))
                .with("body", Base64.getEncoder().encodeToString(body.toArray()));
    }

    private static Json.Members named(String name, String value) {
        return Json.object().with("name", name).with("value", value);
    }

    /**
     * Returns {@code call} for code that speaks HTTP alone; throws {@link IllegalArgumentException} if it is of another
     * protocol.
     */
    public static HttpCall of(Call call) {
        if (call instanceof HttpCall http) {
            return http;
        }
        throw new IllegalArgumentException("not a call of HTTP: " + call.protocol());
    }

    public static HttpCall read(Json.Members fields) {
        return new HttpCall(
                fields.text("method"),
                fields.text("authority"),
                fields.text("path"),
                fields.objects("query").stream()
                        .map(each -> new Parameter(each.text("name"), each.text("value")))
                        .toList(),
                fields.objects("headers").stream()
                        .map(each -> new Header(each.text("name"), each.text("value")))
                        .toList(),
                Bytes.of(Base64.getDecoder().decode(fields.text("body"))));
    }

    /** The only value of header {@code name} (lower case), if it occurs exactly once. */
    public Optional<String> header(String name) {
        List<String> values = headers.stream()
                .filter(h -> h.name().equals(name))
                .map(Header::value)
                .toList();
        return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
    }

    /** Returns this call as it is sent: with another body, and with only those headers that the catalog allows. */
    public HttpCall rewritten(List<Parameter> newQuery, List<Header> newHeaders, Bytes newBody) {
        List<Header> left = headers.stream()
                .filter(header -> !newHeaders.contains(header) && !header.name().equals(REWRITTEN))
                .toList();
        return new HttpCall(method, authority, path, newQuery, newHeaders, newBody, stream, left);
    }

    /** Returns this call with the headers {@code names} (lower case) withheld. */
    public HttpCall without(Set<String> names) {
        List<Header> left = headers.stream()
                .filter(header -> !names.contains(header.name()))
                .toList();
        if (left.size() == headers.size()) {
            return this;
        }
        List<Header> all = new ArrayList<>(withheld);
        headers.stream().filter(header -> !left.contains(header)).forEach(all::add);
        return new HttpCall(method, authority, path, query, left, body, stream, all);
    }

    @Override
    public Json.Members canonical(SaltedDigests digests) {
        Json.Members sent = Json.object()
                .with("method", method)
                .with("authority", authority)
                .with("path", path)
                .withItems(
                        "query",
                        query.stream()
                                .map(each -> pair(
                                        each.name(),
                                        each.isSalted()
                                                ? digests.salted(each.value()).digest()
                                                : each.value())))
                .with("headers", pairs(headers));
        return stream.isPresent() ? stream.get().canonical(sent, digests) : withBody(sent, digests);
    }

    /** Returns whether {@code header} may do something: clients add others by themselves, and each adds its own. */
    private static boolean isSigned(Header header) {
        return !header.name().equals(MCP_VERSION)
                && !(header.name().equals("accept")
                        && ACCEPTS_A_FORM.matcher(header.value()).matches());
    }

    private Json.Members withBody(Json.Members sent, SaltedDigests digests) {
        Json.Members whole = sent.with("body_digest", digests.of(body)).with("body_length", body.length());
        Optional<FreeTexts> texts =
                body.length() > FreeTexts.MAX_BODY ? Optional.empty() : FreeTexts.of(body.toArray());
        return texts.map(free -> CallGrant.withFreeTexts(
                        whole, free, digests.of(Bytes.of(free.frame().canonical()))))
                .orElse(whole);
    }

    @Override
    public List<String> saltedTexts() {
        return query.stream().filter(Parameter::isSalted).map(Parameter::value).toList();
    }

    private static Json.Array pairs(List<Header> headers) {
        return new Json.Array(headers.stream()
                .filter(HttpCall::isSigned)
                .sorted(Comparator.comparing(Header::name)) // stable: repeated names keep their order
                .<Json>map(header -> pair(header.name(), header.value()))
                .toList());
    }

    private static Json.Array pair(String name, String value) {
        return new Json.Array(List.of(new Json.Text(name), new Json.Text(value)));
    }
}

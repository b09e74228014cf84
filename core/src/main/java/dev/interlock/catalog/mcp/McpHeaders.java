package dev.interlock.catalog.mcp;

import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the header fields of MCP over Streamable HTTP. No other reader may find another meaning in them. */
public final class McpHeaders {

    static final String SESSION = "mcp-session-id";
    public static final String LAST_EVENT = "last-event-id";
    static final String VERSION = "mcp-protocol-version";
    private static final String METHOD = "mcp-method";
    private static final String NAME = "mcp-name";
    private static final String OWN = "mcp-";
    private static final String PARAMETER = "mcp-param-";
    private static final Set<String> KNOWN = Set.of(SESSION, VERSION, METHOD, NAME);

    /** The first version without sessions. From it on, each message repeats its method and name in the head. */
    static final String STATELESS = "2026-07-28";

    private static final Set<String> VERSIONS =
            Set.of("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", STATELESS);

    /** What differs from one session to the next: visible ASCII, and no longer than a signed token. */
    private static final Pattern OPAQUE = Pattern.compile("[\\x21-\\x7e]{1,1024}");

    private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,20}");
    private static final String ENCODED = "=?base64?";
    private static final String ENCODED_END = "?=";
    private static final Pattern PLAIN = Pattern.compile("[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?");

    private McpHeaders() {}

    /** Returns the fields of {@code call} that belong to a session, if each is as the protocol says. */
    static List<Header> ofSession(HttpCall call) {
        List<Header> fields = new ArrayList<>();
        for (String name : call.method().equals("GET") ? List.of(SESSION, LAST_EVENT) : List.of(SESSION)) {
            call.header(name)
                    .filter(value -> OPAQUE.matcher(value).matches())
                    .ifPresent(value -> fields.add(new Header(name, value)));
        }
        return fields;
    }

    /** Refuses a call with fields that are not as the protocol says. */
    public static void require(HttpCall call) {
        for (Header header : call.headers()) {
            if (header.name().startsWith(OWN)
                    && !KNOWN.contains(header.name())
                    && !(header.name().startsWith(PARAMETER) && call.method().equals("POST"))) {
                throw new UnreadableException(
                        "The header " + VisibleText.shown(header.name())
                                + " says something that Interlock does not read.",
                        "Leave it out.");
            }
        }
        requireOpaque(call, SESSION);
        requireOpaque(call, LAST_EVENT);
        if (call.headers().stream().anyMatch(header -> header.name().equals(LAST_EVENT))
                && !call.method().equals("GET")) {
            throw new UnreadableException(
                    "The request has a `Last-Event-ID`, and is no GET.", "Send it with the GET of a stream.");
        }
    }

    private static void requireOpaque(HttpCall call, String name) {
        Optional<String> value = one(call, name);
        if (value.isPresent() && !OPAQUE.matcher(value.get()).matches()) {
            throw new UnreadableException(
                    "The header `" + name + "` is not visible ASCII of at most 1024 characters.",
                    "Send what the server gave.");
        }
    }

    private static Optional<String> version(HttpCall call) {
        Optional<String> version = one(call, VERSION);
        if (version.isPresent() && !VERSIONS.contains(version.get())) {
            throw new McpException(
                    McpException.Fault.UNSUPPORTED_VERSION,
                    "The request is of a version of MCP that Interlock does not know.",
                    "Send one of "
                            + String.join(", ", VERSIONS.stream().sorted().toList()) + ".");
        }
        return version;
    }

    private static Optional<String> one(HttpCall call, String name) {
        List<String> values = call.headers().stream()
                .filter(header -> header.name().equals(name))
                .map(Header::value)
                .toList();
        if (values.size() > 1) {
            throw mismatch("The header `" + name + "` is given twice.", "Send it once.");
        }
        return values.stream().findFirst();
    }

    /** Returns whether {@code message}, which {@code call} carries, says that it is of 2026-07-28 or later. */
    static boolean isStateless(HttpCall call, McpMessage message) {
        return message.version().isPresent()
                || call.header(VERSION).filter(STATELESS::equals).isPresent();
    }

    /** Refuses a call whose head and whose {@code message} do not agree on a version that messages have here. */
    public static void requireVersion(HttpCall call, McpMessage message) {
        Optional<String> within = message.version().map(McpHeaders::text);
        if (within.isPresent() && !within.equals(one(call, VERSION))) {
            throw mismatch(
                    "The version of the protocol in the head is not the one in the message.",
                    "Send the same in `MCP-Protocol-Version` and in `_meta`.");
        }
        boolean isStateless = version(call).filter(STATELESS::equals).isPresent();
        if (isStateless && within.isEmpty()) {
            throw new McpException(
                    McpException.Fault.INVALID_PARAMS,
                    "The head says " + STATELESS + ", and the message has no version in `_meta`.",
                    "Send the version as `" + McpMessage.VERSION + "` of `_meta`.");
        }
        if (!isStateless && within.isPresent()) {
            throw new McpException(
                    McpException.Fault.UNSUPPORTED_VERSION,
                    "Before " + STATELESS + " no message says its version in `_meta`.",
                    "Send " + STATELESS + ", or begin a session with `initialize`.");
        }
    }

    private static McpException mismatch(String reason, String next) {
        return new McpException(McpException.Fault.HEADER_MISMATCH, reason, next);
    }

    /**
     * Returns the fields that go upstream with {@code message}, whose version is known to be the head's.
     *
     * @param pin what a person has sealed of the tool that it calls
     * @throws McpException if the head of {@code call} says anything else than {@code message}
     */
    public static List<Header> ofMessage(HttpCall call, McpMessage message, Optional<ToolPin> pin) {
        Optional<String> version = version(call);
        boolean isStateless = version.filter(STATELESS::equals).isPresent();
        Optional<String> name = McpMethod.mirrored(message.method()).map(message::text);
        requireMirrored(call, METHOD, Optional.of(message.method()), isStateless);
        requireMirrored(call, NAME, name, isStateless);
        List<Header> sent = new ArrayList<>();
        version.ifPresent(value -> sent.add(new Header(VERSION, value)));
        if (isStateless) {
            sent.add(new Header(METHOD, encoded(message.method())));
            name.ifPresent(value -> sent.add(new Header(NAME, encoded(value))));
        }
        List<Header> parameters = parameters(call, message, pin);
        if (isStateless) {
            sent.addAll(parameters);
        }
        return sent;
    }

    private static List<Header> parameters(HttpCall call, McpMessage message, Optional<ToolPin> pin) {
        List<Header> parameters = new ArrayList<>();
        Map<String, Value> arguments = message.isToolCall()
                        && message.params().get("arguments") instanceof Value.Members(Map<String, Value> given)
                ? given
                : Map.of();
        for (Header header : call.headers()) {
            if (header.name().startsWith(PARAMETER)) {
                String said = one(call, header.name()).map(McpHeaders::decoded).orElseThrow();
                Value value = mirrored(header.name().substring(PARAMETER.length()), arguments, pin)
                        .filter(argument -> isSame(said, argument))
                        .orElseThrow(() -> mismatch(
                                "The header " + VisibleText.shown(header.name())
                                        + " repeats no argument of the message.",
                                "Send in it what the argument says, or leave it out."));
                parameters.add(new Header(header.name(), encoded(value.scalar().orElseThrow())));
            }
        }
        return parameters;
    }

    private static boolean isSame(String said, Value argument) {
        return switch (argument) {
            case Value.Text(String text) -> said.equals(text);
            case Value.Flag(boolean flag) -> said.equals(Boolean.toString(flag));
            case Value.Numeric(BigDecimal number) ->
                NUMBER.matcher(said).matches() && new BigDecimal(said).compareTo(number) == 0;
            default -> false;
        };
    }

    /**
     * Returns the fields of {@code sent}, a call of a tool, for a request of {@code method} in the same session.
     *
     * @param name what that calls or asks for
     */
    static List<Header> ofQuestion(HttpCall sent, String method, Optional<String> name) {
        return sent.headers().stream()
                .filter(header -> !header.name().startsWith(PARAMETER))
                .flatMap(header -> switch (header.name()) {
                    case METHOD -> Stream.of(new Header(METHOD, encoded(method)));
                    case NAME -> name.map(text -> new Header(NAME, encoded(text))).stream();
                    default -> Stream.of(header);
                })
                .toList();
    }

    /** Returns the fields that go upstream with a request that has no message. */
    public static List<Header> ofNoMessage(HttpCall call) {
        requireMirrored(call, METHOD, Optional.empty(), false);
        requireMirrored(call, NAME, Optional.empty(), false);
        return version(call).map(value -> List.of(new Header(VERSION, value))).orElse(List.of());
    }

    private static String text(Value value) {
        return value instanceof Value.Text(String text) ? text : "";
    }

    private static void requireMirrored(HttpCall call, String field, Optional<String> said, boolean isNeeded) {
        Optional<String> mirrored = one(call, field).map(McpHeaders::decoded);
        if (isNeeded ? !mirrored.equals(said) : mirrored.isPresent() && !mirrored.equals(said)) {
            throw mismatch(
                    "The header `" + field + "` does not say what the message says.",
                    "Send what the message says, or no such header before " + STATELESS + ".");
        }
    }

    private static String decoded(String value) {
        if (!value.startsWith(ENCODED) || !value.endsWith(ENCODED_END)) {
            return value;
        }
        try {
            String within = value.substring(
                    ENCODED.length(), Math.max(ENCODED.length(), value.length() - ENCODED_END.length()));
            byte[] bytes = Base64.getDecoder().decode(within);
            if (!Base64.getEncoder().encodeToString(bytes).equals(within)) {
                throw new IllegalArgumentException("it is not the one form of these bytes");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw mismatch("A header is not encoded as MCP does.", "Encode it as `=?base64?…?=`.");
        }
    }

    private static String encoded(String value) {
        return PLAIN.matcher(value).matches() && !value.startsWith(ENCODED)
                ? value
                : ENCODED + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8)) + ENCODED_END;
    }

    /**
     * Returns the value among {@code arguments} that the header with this name, in lower case, repeats, as of
     * 2026-07-28: what {@code pin} declares, or without a pin the argument with its name.
     */
    public static Optional<Value> mirrored(String header, Map<String, Value> arguments, Optional<ToolPin> pin) {
        if (pin.isEmpty()) {
            List<Value> found = arguments.entrySet().stream()
                    .filter(argument ->
                            argument.getKey().toLowerCase(Locale.ROOT).equals(header))
                    .map(Map.Entry::getValue)
                    .toList();
            return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
        }
        Map<String, List<String>> paths = new LinkedHashMap<>();
        collect(pin.get().members().get("inputSchema"), List.of(), paths);
        return Optional.ofNullable(paths.get(header))
                .flatMap(path -> new Value.Members(arguments).at(path.toArray(String[]::new)));
    }

    private static void collect(@Nullable Value schema, List<String> path, Map<String, List<String>> paths) {
        if (!(schema instanceof Value.Members(var keywords))
                || !(keywords.get("properties") instanceof Value.Members(var properties))) {
            return;
        }
        properties.forEach((name, property) -> {
            List<String> longer = new ArrayList<>(path);
            longer.add(name);
            if (property instanceof Value.Members(var own)
                    && own.get("x-mcp-header") instanceof Value.Text(String header)) {
                paths.put(header.toLowerCase(Locale.ROOT), List.copyOf(longer));
            }
            collect(property, longer, paths);
        });
    }
}

package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.PlainText;
import dev.interlock.action.RefusalText;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a REST call strictly. It must be exactly one operation, with nothing that the operation's line does not list.
 */
final class RestReader {

    /** Header fields that frameworks honour in place of the method or the path; no outsider sees which. */
    private static final Set<String> OVERRIDES = Set.of(
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
            "x-original-method",
            "x-original-url",
            "x-rewrite-url");
    /** Maximum segments of a path. Files lie less deep. */
    private static final int MAX_SEGMENTS = 100;
    /** Maximum bytes that a request tells a host of which nothing is known: addresses are shorter. */
    private static final int MAX_ADDRESS = 2048;
    /** A dot segment. Some servers cut off a segment's parameters before they resolve dots. */
    private static final Pattern DOTS = Pattern.compile("\\.\\.?(;.*)?");

    private static final Pattern TYPE = Pattern.compile("([^;\\s]+)(?:\\s*;\\s*charset=(?:utf-8|\"utf-8\"))?");
    private static final Pattern MEDIA_TYPE = Pattern.compile("[a-z]+/[a-z0-9][a-z0-9.+-]*");
    private static final Pattern WHOLE = Pattern.compile("0|[1-9][0-9]{0,18}");

    /** Longer bodies are not looked at for being an empty object. */
    private static final int MAX_EMPTY_OBJECT = 64;

    private static final Pattern EMPTY_OBJECT = Pattern.compile("\\s*\\{\\s*}\\s*");
    private static final Header JSON = new Header("content-type", "application/json");
    private final RestCatalog knowledge;
    private final RestRoutes routes;

    RestReader(RestCatalog knowledge) {
        this.knowledge = knowledge;
        this.routes = new RestRoutes(knowledge.operations().values().stream()
                .flatMap(operation -> operation.atEachPath().stream())
                .toList());
    }

    RestRequest read(HttpCall received) {
        refuseTricks(received);
        List<String> path = path(received);
        RestOperation entry = entry(received, path);
        HttpCall call = withoutEmptyObject(received, entry);
        Map<String, String> parameters =
                new LinkedHashMap<>(entry.line().template().values(path));
        parameters.forEach(this::requireParameter);
        Map<String, Value> arguments = new LinkedHashMap<>();
        parameters.forEach((name, value) -> arguments.put(name, new Value.Text(value)));
        arguments.put(
                "query",
                knowledge.anyHost()
                        ? new Value.Members(Map.of())
                        : query(call, entry.line().lists()));
        List<Header> headers = headers(call);
        arguments.put("header", members(headers));
        Optional<Value> body = body(call, entry);
        body.ifPresent(value -> arguments.put("body", value));
        new ArgumentCheck(entry.shapes())
                .requireKnown(arguments, entry.entry().shape().arguments(), "`" + entry.name() + "`");
        MemberSpelling.requireExact(entry.readPaths(), arguments);
        if (knowledge.anyHost()) {
            requireShort(call);
            parameters.put(RestCatalog.HOST, call.authority());
            arguments.put(RestCatalog.HOST, new Value.Text(call.authority()));
        }
        return new RestRequest(entry, parameters, arguments, sent(call, entry, headers), bytes(call, body));
    }

    boolean isAsked(RestOperation operation, String method, String path) {
        return find(method, path)
                .filter(entry -> entry.name().equals(operation.name()))
                .isPresent();
    }

    boolean takesLongBody(String method, String path) {
        return find(method, path)
                .filter(entry -> !(entry.line().body() instanceof RequestLine.None))
                .isPresent();
    }

    /** Returns whether a body that is too long for memory is read, or the length of one that is passed on is needed. */
    boolean isReceived(HttpCall call) {
        return find(call.method(), call.path())
                .filter(entry -> switch (entry.line().body()) {
                    case RequestLine.Members _, RequestLine.Anything _ -> true;
                    case RequestLine.Opaque _ ->
                        call.stream()
                                .filter(body -> body.length() == Long.MAX_VALUE)
                                .isPresent();
                    case RequestLine.None _ -> false;
                })
                .isPresent();
    }

    private Optional<RestOperation> find(String method, String path) {
        try {
            return path.startsWith("/") ? routes.find(method, PathTemplate.segments(path)) : Optional.empty();
        } catch (UnreadableException _) {
            return Optional.empty();
        }
    }

    private static void refuseTricks(HttpCall call) {
        for (Header header : call.headers()) {
            if (OVERRIDES.contains(header.name())) {
                throw new UnreadableException(CatalogRefusals.OVERRIDE, header.name());
            }
            if (header.name().equals("content-encoding")) {
                throw new UnreadableException(CatalogRefusals.ENCODED);
            }
            if (header.name().equals("upgrade")) {
                throw new UnreadableException(CatalogRefusals.UPGRADE);
            }
        }
    }

    private static List<String> path(HttpCall call) {
        List<String> path = call.path().startsWith("/") ? PathTemplate.segments(call.path()) : List.of("");
        // A slash at the end counts: it reaches only operations that the catalog lists with one.
        boolean ended = path.size() > 1 && path.getLast().isEmpty();
        List<String> named = ended ? path.subList(0, path.size() - 1) : path;
        if (path.size() > MAX_SEGMENTS || named.stream().anyMatch(RestReader::isOdd)) {
            throw new UnreadableException(CatalogRefusals.PATH_FORM);
        }
        return path;
    }

    private static boolean isOdd(String segment) {
        return segment.isEmpty()
                || DOTS.matcher(segment).matches()
                || segment.chars().anyMatch(c -> c == '\\' || Character.isISOControl(c));
    }

    private RestOperation entry(HttpCall call, List<String> path) {
        String elsewhere = knowledge.elsewhere().get(call.path());
        if (elsewhere != null) {
            throw UnreadableException.unlisted(elsewhere, "Use the REST operation with the same effect.");
        }
        // A HEAD is a GET of which only the head is sent back.
        String method = call.method().equals("HEAD") ? "GET" : call.method();
        return routes.find(method, path).orElseThrow(() -> unknown(call, routes.methods(path)));
    }

    /** Returns whether {@code path} is one that requests are read at, or that is refused for a stated reason. */
    boolean knows(String path) {
        return knowledge.elsewhere().containsKey(path)
                || !routes.methods(PathTemplate.segments(path)).isEmpty();
    }

    private UnreadableException unknown(HttpCall call, Set<String> methods) {
        if (methods.isEmpty()) {
            RefusalText text = CatalogRefusals.NO_OPERATION.with(knowledge.name(), VisibleText.shown(call.path()));
            return UnreadableException.unlisted(text.reason(), text.next());
        }
        if (knowledge.anyHost()) {
            return new UnreadableException(CatalogRefusals.ONLY_READ, VisibleText.shown(call.method()));
        }
        return new UnreadableException(
                CatalogRefusals.NO_METHOD,
                knowledge.name(),
                VisibleText.shown(call.method()),
                VisibleText.shown(call.path()),
                String.join(", ", methods));
    }

    private void requireParameter(String name, String value) {
        if (knowledge.wholeNumbers().contains(name) && !WHOLE.matcher(value).matches()) {
            throw new UnreadableException(CatalogRefusals.WHOLE_NUMBER, name);
        }
    }

    /**
     * What an agent says to a host that nobody named goes there by the address, its host included, and these headers.
     */
    private void requireShort(HttpCall call) {
        int length = countBytes(call.authority()) + countBytes(call.path());
        for (Parameter parameter : call.query()) {
            length += countBytes(parameter.name()) + countBytes(parameter.value()) + 2;
        }
        for (Header header : headers(call)) {
            length += countBytes(header.value());
        }
        if (length > MAX_ADDRESS) {
            throw new UnreadableException(CatalogRefusals.LONG_ADDRESS, length, MAX_ADDRESS);
        }
    }

    private static int countBytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static Value query(HttpCall call, Set<String> lists) {
        Map<String, List<Value>> given = new LinkedHashMap<>();
        for (Parameter parameter : call.query()) {
            List<Value> values = given.computeIfAbsent(parameter.name(), _ -> new ArrayList<>());
            if (!values.isEmpty() && !lists.contains(parameter.name())) {
                throw new UnreadableException(CatalogRefusals.PARAMETER_TWICE, VisibleText.shown(parameter.name()));
            }
            values.add(new Value.Text(parameter.value()));
        }
        Map<String, Value> query = new LinkedHashMap<>();
        given.forEach(
                (name, values) -> query.put(name, values.size() == 1 ? values.getFirst() : new Value.Items(values)));
        return new Value.Members(query);
    }

    private List<Header> headers(HttpCall call) {
        // The file describes the provider under these values.
        for (Header header : call.headers()) {
            String fixed = knowledge.fixed().get(header.name());
            if (fixed != null && !fixed.equals(header.value())) {
                throw new UnreadableException(CatalogRefusals.API_VERSION, header.name(), fixed);
            }
        }
        return Catalog.headers(call, knowledge.head().forwarded());
    }

    private static Value members(List<Header> headers) {
        Map<String, Value> members = new LinkedHashMap<>();
        headers.forEach(header -> members.put(header.name(), new Value.Text(header.value())));
        return new Value.Members(members);
    }

    private static HttpCall withoutEmptyObject(HttpCall call, RestOperation entry) {
        boolean empty = entry.line().body() instanceof RequestLine.None
                && call.isWhole()
                && call.body().length() <= MAX_EMPTY_OBJECT
                && EMPTY_OBJECT
                        .matcher(new String(call.body().toArray(), StandardCharsets.UTF_8))
                        .matches();
        return empty ? call.rewritten(call.query(), call.headers(), Bytes.empty()) : call;
    }

    private static Optional<Value> body(HttpCall call, RestOperation entry) {
        if (call.body().length() == 0 && call.stream().isEmpty()) {
            return Optional.empty();
        }
        if (!call.isWhole() && !(entry.line().body() instanceof RequestLine.Opaque)) {
            throw new UnreadableException(CatalogRefusals.BODY_TOO_LONG);
        }
        return switch (entry.line().body()) {
            case RequestLine.None _ -> throw new UnreadableException(CatalogRefusals.NO_BODY, entry.name());
            case RequestLine.Members _ -> {
                Value body = json(call);
                if (body instanceof Value.Items) {
                    throw new UnreadableException(CatalogRefusals.LIST_BODY);
                }
                yield Optional.of(body);
            }
            case RequestLine.Anything _ -> Optional.of(json(call));
            case RequestLine.Opaque opaque -> {
                requireType(call, opaque.types());
                yield Optional.empty();
            }
        };
    }

    private static Value json(HttpCall call) {
        requireType(call, Set.of("application/json"));
        return call.longBody().map(Value::read).orElseGet(() -> Value.read(call.body()));
    }

    private static String requireType(HttpCall call, Set<String> known) {
        String type = Catalog.contentType(call).toLowerCase(Locale.ROOT);
        Matcher typed = TYPE.matcher(type);
        String bare = typed.matches() ? typed.group(1) : type;
        boolean isKnown =
                known.contains(RequestLine.ANY_TYPE) ? MEDIA_TYPE.matcher(bare).matches() : known.contains(bare);
        if (!isKnown) {
            throw new UnreadableException(
                    CatalogRefusals.CONTENT_TYPE,
                    String.join(" or ", known.stream().sorted().toList()));
        }
        return bare;
    }

    private List<Header> sent(HttpCall call, RestOperation entry, List<Header> headers) {
        List<Header> sent = new ArrayList<>(headers);
        knowledge.fixed().forEach((name, value) -> sent.add(new Header(name, value)));
        if (call.body().length() > 0 || call.stream().isPresent()) {
            sent.add(
                    entry.line().body() instanceof RequestLine.Opaque opaque
                            ? new Header("content-type", requireType(call, opaque.types()))
                            : JSON);
        }
        return sent;
    }

    private static Bytes bytes(HttpCall call, Optional<Value> body) {
        // A long body goes on as it was read: it is one JSON value, in a form that no two readers take differently.
        return body.filter(_ -> call.longBody().isEmpty())
                .map(value -> Bytes.utf8(value.json()))
                .orElse(call.body());
    }

    private static final class RestRoutes {

        private static final PathTemplate.Step ONE = new PathTemplate.Step(PathTemplate.StepKind.ONE, "", "");

        private static final class Node {
            private final Map<PathTemplate.Step, Node> next = new HashMap<>();
            private final List<RestOperation> here = new ArrayList<>();
        }

        private final Node root = new Node();

        RestRoutes(Collection<RestOperation> entries) {
            for (RestOperation entry : entries) {
                Node node = root;
                for (PathTemplate.Step step : entry.line().template().steps()) {
                    node = node.next.computeIfAbsent(step.nameless(), _ -> new Node());
                }
                node.here.stream()
                        .filter(other ->
                                other.line().method().equals(entry.line().method()))
                        .forEach(other -> {
                            throw new IllegalArgumentException(
                                    "`" + other.name() + "` and `" + entry.name() + "` match the same requests");
                        });
                node.here.add(entry);
            }
        }

        /** Returns the entry that fits. */
        Optional<RestOperation> find(String method, List<String> path) {
            List<RestOperation> found = fitting(path).stream()
                    .filter(entry -> entry.line().method().equals(method))
                    .toList();
            if (found.size() <= 1) {
                return found.stream().findFirst();
            }
            return Optional.of(found.stream()
                    .filter(entry -> found.stream().allMatch(other -> isExact(entry, other, path)))
                    .findFirst()
                    .orElseThrow(() -> new UnreadableException(
                            CatalogRefusals.TWO_OPERATIONS,
                            found.get(0).name(),
                            found.get(1).name())));
        }

        private static boolean isExact(RestOperation entry, RestOperation other, List<String> path) {
            return entry.line().template().asExactAs(other.line().template(), path);
        }

        Set<String> methods(List<String> path) {
            Set<String> methods = new TreeSet<>();
            fitting(path).forEach(entry -> methods.add(entry.line().method()));
            return methods;
        }

        private List<RestOperation> fitting(List<String> path) {
            List<RestOperation> fitting = new ArrayList<>();
            collect(root, path, fitting);
            return fitting;
        }

        private static void collect(Node node, List<String> left, List<RestOperation> into) {
            if (left.isEmpty()) {
                into.addAll(node.here);
            } else {
                follow(node, PathTemplate.Step.literal(left.getFirst()), left, 1, into);
                PathTemplate.method(left.getFirst()).ifPresent(step -> follow(node, step, left, 1, into));
                if (!left.getFirst().isEmpty()) {
                    follow(node, ONE, left, 1, into);
                }
            }
            for (PathTemplate.StepKind kind : List.of(PathTemplate.StepKind.ANY, PathTemplate.StepKind.SOME)) {
                PathTemplate.Step several = new PathTemplate.Step(kind, "", "");
                if (node.next.containsKey(several)) {
                    int most = !left.isEmpty() && left.getLast().isEmpty() ? left.size() - 1 : left.size();
                    for (int taken = kind == PathTemplate.StepKind.SOME ? 1 : 0; taken <= most; taken++) {
                        follow(node, several, left, taken, into);
                    }
                }
            }
        }

        private static void follow(
                Node node, PathTemplate.Step step, List<String> left, int taken, List<RestOperation> into) {
            Node next = node.next.get(step);
            if (next != null) {
                collect(next, left.subList(taken, left.size()), into);
            }
        }
    }

    record RestRequest(
            RestOperation entry,
            Map<String, String> parameters,
            Map<String, Value> arguments,
            List<Header> headers,
            Bytes body) {

        /** Returns {@code call}, which this was read from, written anew. */
        HttpCall outgoing(HttpCall call) {
            return call.rewritten(call.query().stream().map(this::recorded).toList(), headers, body);
        }

        private HttpCall.Parameter recorded(HttpCall.Parameter sent) {
            ArgumentPath path = new ArgumentPath(List.of("query", sent.name()));
            boolean isListed = entry.entry().facts().plain().contains(path);
            boolean isPlain = PlainText.isLiteral(sent.value()) || (isListed && PlainText.isWord(sent.value()));
            return new HttpCall.Parameter(sent.name(), sent.value(), !isPlain);
        }
    }
}

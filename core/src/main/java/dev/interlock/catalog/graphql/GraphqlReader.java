package dev.interlock.catalog.graphql;

import dev.interlock.action.FairSemaphore;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.RefusalText;
import dev.interlock.action.SampledCache;
import dev.interlock.catalog.graphql.GraphqlRequest.OperationKind;
import dev.interlock.catalog.graphql.GraphqlRequest.SelectedField;
import graphql.GraphQLException;
import graphql.language.ArrayValue;
import graphql.language.AstPrinter;
import graphql.language.Document;
import graphql.language.FragmentDefinition;
import graphql.language.FragmentSpread;
import graphql.language.InlineFragment;
import graphql.language.Node;
import graphql.language.ObjectValue;
import graphql.language.OperationDefinition;
import graphql.language.Selection;
import graphql.language.SelectionSet;
import graphql.language.TypeName;
import graphql.language.VariableReference;
import graphql.parser.Parser;
import graphql.parser.ParserEnvironment;
import graphql.parser.ParserOptions;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a GraphQL request over HTTP strictly. A request with more than one reading is refused. A request with one is
 * printed anew, and its meaning is taken from the printed text.
 *
 * <p>No limit or refusal here is about policy: a reading says what a request asks for, not whether it may.
 */
public final class GraphqlReader {

    /**
     * Maximum requests in a batch. Clients batch a page's queries. Each counts by itself, so a larger batch gains an
     * agent nothing.
     */
    static final int MAX_BATCH = 10;

    private static final Set<String> MEMBERS = Set.of("query", "operationName", "variables", "extensions");

    /** Maximum documents that are kept: more than the tools of some agents have, each of some ten kilobytes. */
    private static final int MAX_DOCUMENTS = 128;

    /** Maximum characters of a document that is kept. */
    private static final int MAX_KEPT = 4_096;

    /** Maximum nodes in the tree of a document that is kept, each of some hundred bytes. Tools write some hundred. */
    private static final int MAX_NODES = 512;

    /** Maximum fields and values of a call that is judged on an event loop. A short body may stand for millions. */
    private static final int MAX_QUICK = 1_000;

    /** The documents that came before. What a text says does not depend on when, or with which variables, it comes. */
    private final SampledCache<String, Definitions> documents = new SampledCache<>(MAX_DOCUMENTS);

    /** A document of some kilobytes takes many megabytes while it is parsed, on however many processors. */
    private final Semaphore parsing = new Semaphore(FairSemaphore.MOST_READING, true);

    private final SampledCache<Choice, Simplified> simplified = new SampledCache<>(MAX_DOCUMENTS);

    /** Of the variables, {@link Simplifier} asks which are absent, and for the values of conditions. */
    private record Choice(
            String document, Optional<String> operation, Set<String> absent, Map<String, Value> conditions) {}

    private record Simplified(String printed, Definitions definitions) {}

    public GraphqlReading post(byte[] body) {
        return reading(() -> requests(JsonReader.read(TextDecoding.utf8(body))));
    }

    /**
     * Reads a POST of {@code application/graphql}: the body is the document, and the rest of the request is in
     * parameters.
     */
    public GraphqlReading document(byte[] body, List<Map.Entry<String, String>> parameters) {
        return reading(() -> {
            Map<String, Value> members = new LinkedHashMap<>(members(parameters).members());
            if (members.put("query", new Value.Text(TextDecoding.utf8(body))) != null) {
                throw new UnreadableException(GraphqlRefusals.TWO_DOCUMENTS);
            }
            return new GraphqlReading.GraphqlRequests(List.of(request(new Value.Members(members))), false);
        });
    }

    private GraphqlReading.GraphqlRequests requests(Value body) {
        return switch (body) {
            case Value.Members one -> new GraphqlReading.GraphqlRequests(List.of(request(one)), false);
            case Value.Items many -> batch(many.items());
            default -> throw noObject();
        };
    }

    /** Reads the decoded parameters of a GET, in order. Mutations by GET are refused. */
    public GraphqlReading get(List<Map.Entry<String, String>> parameters) {
        return reading(() -> {
            GraphqlRequest request = request(members(parameters));
            if (request.kind() != OperationKind.QUERY) {
                throw new UnreadableException(GraphqlRefusals.MUTATION_BY_GET);
            }
            return new GraphqlReading.GraphqlRequests(List.of(request), false);
        });
    }

    private static GraphqlReading reading(Supplier<GraphqlReading> reader) {
        try {
            return reader.get();
        } catch (UnreadableException e) {
            return new GraphqlReading.GraphqlRejection(e.reason(), e.next());
        } catch (StackOverflowError _) {
            // The depth limits should apply first. If one is missing, deep nesting is still refused and does not fail
            // the gateway.
            RefusalText text = GraphqlRefusals.REQUEST_TOO_DEEP;
            return new GraphqlReading.GraphqlRejection(text.reason(), text.next());
        }
    }

    private static Value.Members members(List<Map.Entry<String, String>> parameters) {
        Map<String, Value> members = new LinkedHashMap<>();
        for (Map.Entry<String, String> parameter : parameters) {
            String name = parameter.getKey();
            Value value = name.equals("variables") || name.equals("extensions")
                    ? JsonReader.read(TextDecoding.withoutMark(parameter.getValue()))
                    : new Value.Text(parameter.getValue());
            if (members.put(name, value) != null) {
                throw LiteralReader.twice("parameter", name);
            }
        }
        return new Value.Members(members);
    }

    private static UnreadableException noObject() {
        return new UnreadableException(GraphqlRefusals.NO_OBJECT);
    }

    private GraphqlReading.GraphqlRequests batch(List<Value> items) {
        if (items.isEmpty() || items.size() > MAX_BATCH) {
            throw new UnreadableException(GraphqlRefusals.BATCH, MAX_BATCH);
        }
        List<GraphqlRequest> requests = new ArrayList<>();
        for (Value item : items) {
            if (!(item instanceof Value.Members members)) {
                throw noObject();
            }
            requests.add(request(members));
        }
        return new GraphqlReading.GraphqlRequests(requests, true);
    }

    private GraphqlRequest request(Value.Members request) {
        requireKnown(request.members());
        String query = TextDecoding.withoutMark(text(request, "query").orElseThrow(GraphqlReader::noQuery));
        Definitions definitions = definitions(query);
        Optional<String> name = text(request, "operationName");
        OperationDefinition chosen = definitions.chosen(name);
        VariableValues variables = VariableValues.of(chosen, variables(request));
        return understood(simplified(query, name, definitions, chosen, variables), variables);
    }

    private Simplified simplified(
            String query,
            Optional<String> name,
            Definitions definitions,
            OperationDefinition chosen,
            VariableValues variables) {
        Map<String, Value> conditions = new HashMap<>(variables.values());
        conditions.values().removeIf(value -> !(value instanceof Value.Flag));
        Choice choice = new Choice(query, name, variables.absent(), conditions);
        return simplified.get(choice).orElseGet(() -> {
            Simplified made = parsing(() -> {
                String printed = Documents.print(new Simplifier(definitions, variables).simplify(chosen));
                TextDecoding.requireScalars(printed);
                return new Simplified(printed, Definitions.of(Documents.parse(printed)));
            });
            if (mayStay(query, definitions)) {
                simplified.offer(choice, () -> made);
            }
            return made;
        });
    }

    private static GraphqlRequest understood(Simplified simplified, VariableValues variables) {
        Definitions definitions = simplified.definitions();
        OperationDefinition operation = definitions.chosen(Optional.empty());
        Map<String, Value> used = new LinkedHashMap<>();
        operation.getVariableDefinitions().forEach(definition -> {
            Value value = variables.values().get(definition.getName());
            if (value != null) {
                used.put(definition.getName(), value);
            }
        });
        FieldCollector collector = new FieldCollector(definitions, used);
        List<SelectedField> fields = collector.root(operation.getSelectionSet());
        if (collector.size() > MAX_QUICK) {
            LoopThreads.leave();
        }
        return new GraphqlRequest(
                kind(operation),
                fields,
                simplified.printed(),
                Optional.ofNullable(operation.getName()),
                new Value.Members(used));
    }

    private Definitions definitions(String text) {
        return documents.get(text).orElseGet(() -> {
            Definitions read = parsing(() -> Definitions.of(Documents.parse(text)));
            if (mayStay(text, read)) {
                documents.offer(text, () -> read);
            }
            return read;
        });
    }

    private <R> R parsing(Supplier<R> parser) {
        LoopThreads.leave(); // to parse some kilobytes may take a hundred milliseconds
        parsing.acquireUninterruptibly();
        try {
            return parser.get();
        } finally {
            parsing.release();
        }
    }

    /** Returns whether it is small, and holds nothing that a mutation writes, which stays nowhere: it has variables. */
    private static boolean mayStay(String text, Definitions read) {
        return text.length() <= MAX_KEPT
                && Stream.concat(read.operations().stream(), read.fragments().values().stream())
                                .mapToInt(GraphqlReader::nodes)
                                .sum()
                        <= MAX_NODES
                && (read.operations().stream()
                                .allMatch(one -> one.getOperation() == OperationDefinition.Operation.QUERY)
                        || (text.indexOf('#') < 0
                                && read.operations().stream().noneMatch(GraphqlReader::holdsValue)
                                && read.fragments().values().stream().noneMatch(GraphqlReader::holdsValue)));
    }

    private static int nodes(Node<?> node) {
        return 1 + node.getChildren().stream().mapToInt(GraphqlReader::nodes).sum();
    }

    private static boolean holdsValue(Node<?> node) {
        return switch (node) {
            case VariableReference _ -> false;
            case ObjectValue _, ArrayValue _ -> node.getChildren().stream().anyMatch(GraphqlReader::holdsValue);
            case graphql.language.Value<?> _ -> true;
            default -> node.getChildren().stream().anyMatch(GraphqlReader::holdsValue);
        };
    }

    private static OperationKind kind(OperationDefinition operation) {
        return switch (operation.getOperation()) {
            case QUERY -> OperationKind.QUERY;
            case MUTATION -> OperationKind.MUTATION;
            case SUBSCRIPTION -> throw new UnreadableException(GraphqlRefusals.SUBSCRIPTION);
        };
    }

    private static void requireKnown(Map<String, Value> members) {
        for (String name : members.keySet()) {
            if (!MEMBERS.contains(name)) {
                throw new UnreadableException(GraphqlRefusals.MEMBER, TextDecoding.shown(name));
            }
        }
        Value extensions = members.get("extensions");
        if (isPersisted(extensions)) {
            throw new UnreadableException(GraphqlRefusals.PERSISTED);
        }
        if (extensions != null && !(extensions instanceof Value.NullLiteral) && !isAboutClient(extensions)) {
            throw new UnreadableException(GraphqlRefusals.EXTENSIONS);
        }
    }

    /** What a client says of itself changes nothing, and is not sent on. Some say nothing, in an empty object. */
    private static boolean isAboutClient(Value extensions) {
        return extensions instanceof Value.Members members
                && Set.of("clientLibrary").containsAll(members.members().keySet());
    }

    private static boolean isPersisted(@Nullable Value extensions) {
        return extensions instanceof Value.Members members && members.members().containsKey("persistedQuery");
    }

    private static UnreadableException noQuery() {
        return new UnreadableException(GraphqlRefusals.NO_QUERY);
    }

    private static Optional<String> text(Value.Members request, String name) {
        return switch (request.members().get(name)) {
            case null -> Optional.empty();
            case Value.NullLiteral _ -> Optional.empty();
            case Value.Text text -> Optional.of(text.value());
            default -> throw new UnreadableException(GraphqlRefusals.NO_STRING, name);
        };
    }

    private static Map<String, Value> variables(Value.Members request) {
        return switch (request.members().get("variables")) {
            case null -> Map.of();
            case Value.NullLiteral _ -> Map.of();
            case Value.Members members -> members.members();
            default -> throw new UnreadableException(GraphqlRefusals.VARIABLES);
        };
    }

    private static final class Documents {

        /** Maximum tokens. The introspection queries of common clients have about 700. */
        static final int MAX_TOKENS = 10_000;

        /** Maximum depth of grammar rules, graphql-java's own default. One level of selection takes about four. */
        static final int MAX_RULE_DEPTH = 500;

        /** Maximum white space. People indent by hand; more only makes the gateway work. */
        static final int MAX_BLANKS = 100_000;

        static final int MAX_CHARACTERS = 500_000;

        private static final ParserOptions OPTIONS = ParserOptions.newParserOptions()
                .maxCharacters(MAX_CHARACTERS)
                .maxTokens(MAX_TOKENS)
                .maxWhitespaceTokens(MAX_BLANKS)
                .maxRuleDepth(MAX_RULE_DEPTH)
                .captureIgnoredChars(false)
                .captureLineComments(false)
                .captureSourceLocation(false)
                .readerTrackData(false)
                .redactTokenParserErrorMessages(true)
                .parsingListener(token -> requireShortNumber(token.getText()))
                .build();

        private Documents() {}

        static Document parse(String text) {
            ParserEnvironment environment = ParserEnvironment.newParserEnvironment()
                    .document(new StringReader(text))
                    .parserOptions(OPTIONS)
                    .locale(Locale.ROOT)
                    .build();
            try {
                return Parser.parse(environment);
            } catch (GraphQLException | IllegalArgumentException | IndexOutOfBoundsException _) {
                // The latter two: the JDK's number or character class refuses a literal while the tree is built.
                throw new UnreadableException(GraphqlRefusals.NO_GRAPHQL);
            }
        }

        private static void requireShortNumber(String token) {
            if (token.length() > JsonReader.MAX_NUMBER && isNumber(token.charAt(0))) {
                throw new UnreadableException(GraphqlRefusals.NUMBER_TOO_LONG, JsonReader.MAX_NUMBER);
            }
        }

        private static boolean isNumber(char c) {
            return c == '-' || (c >= '0' && c <= '9');
        }

        static String print(Document document) {
            return AstPrinter.printAstCompact(document);
        }
    }

    private static final class FieldCollector {

        /** Maximum fields. Fragments that contain each other multiply; no honest query comes near this. */
        static final int MAX_FIELDS = 5_000;

        /** It is no name of a type. */
        private static final String UNCONDITIONED = "";

        private final Definitions definitions;
        private final LiteralReader literals;
        private int left = MAX_FIELDS;

        FieldCollector(Definitions definitions, Map<String, Value> variables) {
            this.definitions = definitions;
            this.literals = new LiteralReader(variables);
        }

        List<SelectedField> root(SelectionSet set) {
            List<SelectedField> fields = new ArrayList<>();
            collect(set, List.of(), fields, new HashMap<>());
            return fields;
        }

        /** Returns how many fields and values were collected. */
        long size() {
            return MAX_FIELDS - left + literals.size();
        }

        private List<SelectedField> below(graphql.language.Field field) {
            List<SelectedField> fields = new ArrayList<>();
            if (field.getSelectionSet() != null) {
                collect(field.getSelectionSet(), List.of(), fields, new HashMap<>());
            }
            return fields;
        }

        private void collect(
                SelectionSet set,
                List<String> within,
                List<SelectedField> into,
                Map<String, Map<String, SelectedField>> byKey) {
            for (Selection<?> selection : set.getSelections()) {
                switch (selection) {
                    case graphql.language.Field field -> {
                        SelectedField meant = field(field, within);
                        requireMergeable(byKey.computeIfAbsent(field.getResultKey(), _ -> new HashMap<>()), meant);
                        into.add(meant);
                    }
                    case InlineFragment inline ->
                        collect(inline.getSelectionSet(), conditions(within, inline.getTypeCondition()), into, byKey);
                    case FragmentSpread spread -> {
                        count();
                        FragmentDefinition fragment = definitions.fragment(spread.getName());
                        collect(
                                fragment.getSelectionSet(),
                                conditions(within, fragment.getTypeCondition()),
                                into,
                                byKey);
                    }
                    default -> throw new UnreadableException(GraphqlRefusals.SELECTION_KIND);
                }
            }
        }

        // A condition applies within those around it, and never in their place.
        private static List<String> conditions(List<String> within, @Nullable TypeName type) {
            return type == null
                    ? within
                    : Stream.concat(within.stream(), Stream.of(type.getName())).toList();
        }

        private SelectedField field(graphql.language.Field field, List<String> within) {
            count();
            return new SelectedField(
                    field.getName(),
                    within,
                    literals.arguments(field.getArguments()),
                    below(field),
                    field.getResultKey());
        }

        private void count() {
            if (--left < 0) {
                throw new UnreadableException(GraphqlRefusals.TOO_MANY_FIELDS);
            }
        }

        // §5.3.2: one response key means one field. Servers that do not check this pick one of the two.
        // Only fragments for different types may differ. Which of them exclude each other, the catalog knows.
        private static void requireMergeable(Map<String, SelectedField> byType, SelectedField field) {
            String type = field.conditions().isEmpty()
                    ? UNCONDITIONED
                    : field.conditions().getLast();
            boolean isNew = byType.putIfAbsent(type, field) == null;
            Stream<SelectedField> others = isNew && type.equals(UNCONDITIONED)
                    ? byType.values().stream()
                    : Stream.of(type, UNCONDITIONED).flatMap(key -> Stream.ofNullable(byType.get(key)));
            if (others.anyMatch(other -> !other.isSame(field))) {
                throw new UnreadableException(GraphqlRefusals.SAME_NAME);
            }
        }
    }
}

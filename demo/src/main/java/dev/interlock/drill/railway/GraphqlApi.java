package dev.interlock.drill.railway;

import static graphql.schema.DataFetcherFactories.useDataFetcher;

import graphql.ExecutionInput;
import graphql.GraphQL;
import graphql.GraphQLContext;
import graphql.GraphqlErrorBuilder;
import graphql.execution.AsyncExecutionStrategy;
import graphql.execution.AsyncSerialExecutionStrategy;
import graphql.execution.CoercedVariables;
import graphql.execution.DataFetcherExceptionHandler;
import graphql.execution.DataFetcherExceptionHandlerResult;
import graphql.language.ArrayValue;
import graphql.language.BooleanValue;
import graphql.language.EnumValue;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.ObjectValue;
import graphql.language.StringValue;
import graphql.language.Value;
import graphql.language.VariableReference;
import graphql.schema.Coercing;
import graphql.schema.DataFetcher;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLScalarType;
import graphql.schema.GraphQLSchema;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.SchemaGenerator;
import graphql.schema.idl.SchemaParser;
import graphql.schema.idl.TypeRuntimeWiring;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The GraphQL side: our schema, executed over the world. Threading: one document at a time, under the world's lock. */
final class GraphqlApi {

    private static final String CALLER = "caller";

    private final World world;
    private final ProviderCounters counters;
    private final GraphQL graphql;

    GraphqlApi(World world, AcceptedTokens tokens, ProviderCounters counters, ConnectionPage page) throws IOException {
        this.world = world;
        this.counters = counters;
        Map<String, RootResolver> mutations = new LinkedHashMap<>(new VolumeMutations(world).roots());
        mutations.putAll(new ServiceMutations(world).roots());
        mutations.putAll(new ProjectMutations(world, tokens).roots());
        RuntimeWiring.Builder wiring = RuntimeWiring.newRuntimeWiring();
        for (String scalar : new String[] {"DateTime", "JSON", "EnvironmentConfig", "EnvironmentVariables"}) {
            wiring.scalar(GraphQLScalarType.newScalar()
                    .name(scalar)
                    .coercing(new AnyJsonScalar())
                    .build());
        }
        wiring.type(roots("Query", new QueryRoots(world, tokens, page).roots()));
        wiring.type(roots("Mutation", mutations));
        new RelationResolvers(world, page).wire(wiring);
        DataFetcher<@Nullable Object> plain =
                in -> RelationResolvers.field(in.getSource(), in.getField().getName());
        wiring.codeRegistry(GraphQLCodeRegistry.newCodeRegistry().defaultDataFetcher(useDataFetcher(plain)));
        this.graphql = build(wiring.build());
    }

    private static GraphQL build(RuntimeWiring wiring) throws IOException {
        GraphQLSchema schema = new SchemaGenerator().makeExecutableSchema(new SchemaParser().parse(text()), wiring);
        DataFetcherExceptionHandler plain = failure -> CompletableFuture.completedFuture(
                DataFetcherExceptionHandlerResult.newResult(GraphqlErrorBuilder.newError()
                                .message("%s", message(failure.getException()))
                                .path(failure.getPath())
                                .location(failure.getSourceLocation())
                                .extensions(Map.of("code", "INTERNAL_SERVER_ERROR"))
                                .build())
                        .build());
        return GraphQL.newGraphQL(schema)
                .queryExecutionStrategy(new AsyncExecutionStrategy(plain))
                .mutationExecutionStrategy(new AsyncSerialExecutionStrategy(plain))
                .build();
    }

    private static String message(Throwable failure) {
        return failure instanceof ApiException expected
                ? Objects.requireNonNullElse(expected.getMessage(), "error")
                : "Problem processing request";
    }

    private static String text() throws IOException {
        try (InputStream in = GraphqlApi.class.getResourceAsStream("schema.graphqls")) {
            return new String(Objects.requireNonNull(in, "schema.graphqls").readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private TypeRuntimeWiring.Builder roots(String type, Map<String, RootResolver> roots) {
        TypeRuntimeWiring.Builder wiring = TypeRuntimeWiring.newTypeWiring(type);
        roots.forEach((name, root) -> wiring.dataFetcher(name, in -> {
            counters.attempted(name);
            Object result = root.run(
                    Objects.requireNonNull(in.getGraphQlContext().get(CALLER)), new FieldArguments(in.getArguments()));
            counters.executed(name);
            return result;
        }));
        return wiring;
    }

    /** Executes one document and returns the answer in its wire form. */
    Map<String, Object> execute(TokenOwner caller, GraphqlDocument document) {
        ExecutionInput.Builder input = ExecutionInput.newExecutionInput(document.query())
                .variables(document.variables())
                .graphQLContext(Map.of(CALLER, caller));
        document.operationName().ifPresent(input::operationName);
        world.lock.lock();
        try {
            return graphql.execute(input).toSpecification();
        } finally {
            world.lock.unlock();
        }
    }

    /** A scalar that accepts any JSON value, as the original's opaque ones do. */
    private static final class AnyJsonScalar implements Coercing<Object, Object> {

        @Override
        public Object serialize(Object value, GraphQLContext context, Locale locale) {
            return value;
        }

        @Override
        public Object parseValue(Object value, GraphQLContext context, Locale locale) {
            return value;
        }

        @Override
        public @Nullable Object parseLiteral(
                Value<?> literal, CoercedVariables variables, GraphQLContext context, Locale locale) {
            return plain(literal, variables);
        }
    }

    /** Returns a GraphQL literal of an opaque scalar as a plain value. */
    private static @Nullable Object plain(Value<?> literal, CoercedVariables variables) {
        return switch (literal) {
            case StringValue text -> text.getValue();
            case IntValue whole -> whole.getValue();
            case FloatValue fraction -> fraction.getValue();
            case BooleanValue flag -> flag.isValue();
            case EnumValue word -> word.getName();
            case VariableReference variable -> variables.get(variable.getName());
            case ArrayValue array -> items(array, variables);
            case ObjectValue object -> members(object, variables);
            default -> null; // NullValue; the type is graphql-java's and not sealed
        };
    }

    private static List<@Nullable Object> items(ArrayValue array, CoercedVariables variables) {
        List<@Nullable Object> items = new ArrayList<>();
        array.getValues().forEach(item -> items.add(plain(item, variables)));
        return items;
    }

    private static Map<String, @Nullable Object> members(ObjectValue object, CoercedVariables variables) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        object.getObjectFields().forEach(field -> members.put(field.getName(), plain(field.getValue(), variables)));
        return members;
    }
}

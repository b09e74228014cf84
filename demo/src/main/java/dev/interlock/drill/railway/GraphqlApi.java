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
import graphql.schema.DataFetchingEnvironment;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLNamedType;
import graphql.schema.GraphQLScalarType;
import graphql.schema.GraphQLTypeUtil;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.SchemaGenerator;
import graphql.schema.idl.SchemaParser;
import graphql.schema.idl.TypeRuntimeWiring;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The GraphQL side: our schema, executed over the world. Threading: one document at a time, under the world's lock. */
final class GraphqlApi {

    private static final String OWNER = "owner";

    private static final String CONNECTION = "Connection";

    private final World world;
    private final ProviderCounters counters;
    private final GraphQL graphql;

    GraphqlApi(World world, ProviderCounters counters) {
        this.world = world;
        this.counters = counters;
        RuntimeWiring.Builder wiring = RuntimeWiring.newRuntimeWiring();
        for (String scalar : List.of("DateTime", "JSON", "EnvironmentConfig", "EnvironmentVariables")) {
            wiring.scalar(GraphQLScalarType.newScalar()
                    .name(scalar)
                    .coercing(new AnyJsonScalar())
                    .build());
        }
        wiring.type(roots("Query", new Queries(world).all()));
        wiring.type(roots("Mutation", new Mutations(world).all()));
        DataFetcher<@Nullable Object> fields = this::field;
        wiring.codeRegistry(GraphQLCodeRegistry.newCodeRegistry().defaultDataFetcher(useDataFetcher(fields)));
        DataFetcherExceptionHandler plain = failure -> CompletableFuture.completedFuture(
                DataFetcherExceptionHandlerResult.newResult(GraphqlErrorBuilder.newError()
                                .message("%s", message(failure.getException()))
                                .path(failure.getPath())
                                .location(failure.getSourceLocation())
                                .extensions(Map.of("code", "INTERNAL_SERVER_ERROR"))
                                .build())
                        .build());
        try (InputStream in = GraphqlApi.class.getResourceAsStream("schema.graphqls")) {
            String schema = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            this.graphql = GraphQL.newGraphQL(new SchemaGenerator()
                            .makeExecutableSchema(new SchemaParser().parse(schema), wiring.build()))
                    .queryExecutionStrategy(new AsyncExecutionStrategy(plain))
                    .mutationExecutionStrategy(new AsyncSerialExecutionStrategy(plain))
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String message(Throwable failure) {
        return failure instanceof ApiException ? String.valueOf(failure.getMessage()) : "Problem processing request";
    }

    private TypeRuntimeWiring.Builder roots(String type, Map<String, RootField> roots) {
        TypeRuntimeWiring.Builder wiring = TypeRuntimeWiring.newTypeWiring(type);
        roots.forEach((name, root) -> wiring.dataFetcher(name, in -> {
            counters.attempted(name);
            Object result = root.run(
                    Objects.requireNonNull(in.getGraphQlContext().get(OWNER)), ObjectFields.of(in.getArguments()));
            counters.executed(name);
            return result;
        }));
        return wiring;
    }

    /**
     * Reads a field of a row: its own value, or the row that {@code NAMEId} names, or the connection of the rows of the
     * type {@code NAME} (in the singular) whose field {@code PARENTId} names this one.
     */
    private @Nullable Object field(DataFetchingEnvironment in) {
        ObjectFields row = Objects.requireNonNull(in.getSource());
        String name = in.getField().getName();
        String parent = ((GraphQLNamedType) in.getParentType()).getName();
        String type = ((GraphQLNamedType) GraphQLTypeUtil.unwrapAll(in.getFieldType())).getName();
        if (parent.equals("Environment") && name.equals("config")) {
            return config(row.id());
        }
        if (row.value(name) == null && row.value(name + "Id") != null) {
            return world.find(type, row.text(name + "Id"));
        }
        if (row.value(name) == null && type.endsWith(CONNECTION)) {
            String of = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1, name.length() - 1);
            String key = parent.substring(0, 1).toLowerCase(Locale.ROOT) + parent.substring(1) + "Id";
            List<ObjectFields> rows = parent.equals("User") ? world.all(of) : world.where(of, key, row.id());
            return world.page(rows, ObjectFields.of(in.getArguments()));
        }
        return row.value(name);
    }

    private Map<String, Object> config(String environment) {
        Map<String, Object> volumes = new LinkedHashMap<>();
        world.where("VolumeInstance", "environmentId", environment)
                .forEach(mount -> volumes.put(mount.text("volumeId"), Map.of("mountPath", mount.text("mountPath"))));
        return Map.of("volumes", volumes, "sharedVariables", world.variables(environment, null));
    }

    record GraphqlDocument(String query, Map<String, Object> variables, Optional<String> operationName) {}

    Map<String, Object> execute(TokenOwner owner, GraphqlDocument document) {
        ExecutionInput.Builder input = ExecutionInput.newExecutionInput(document.query())
                .variables(document.variables())
                .graphQLContext(Map.of(OWNER, owner));
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

        private static @Nullable Object plain(Value<?> literal, CoercedVariables variables) {
            return switch (literal) {
                case StringValue text -> text.getValue();
                case IntValue whole -> whole.getValue();
                case FloatValue fraction -> fraction.getValue();
                case BooleanValue flag -> flag.isValue();
                case EnumValue word -> word.getName();
                case VariableReference variable -> variables.get(variable.getName());
                case ArrayValue array -> {
                    List<@Nullable Object> items = new ArrayList<>();
                    array.getValues().forEach(item -> items.add(plain(item, variables)));
                    yield items;
                }
                case ObjectValue object -> {
                    Map<String, @Nullable Object> members = new LinkedHashMap<>();
                    object.getObjectFields()
                            .forEach(field -> members.put(field.getName(), plain(field.getValue(), variables)));
                    yield members;
                }
                default -> null; // NullValue; the type is graphql-java's and not sealed
            };
        }
    }
}

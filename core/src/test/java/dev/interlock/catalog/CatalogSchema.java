package dev.interlock.catalog;

import static graphql.schema.GraphQLTypeUtil.unwrapAll;

import graphql.GraphQLContext;
import graphql.execution.CoercedVariables;
import graphql.language.Document;
import graphql.language.Value;
import graphql.schema.Coercing;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLFieldsContainer;
import graphql.schema.GraphQLInterfaceType;
import graphql.schema.GraphQLNamedType;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLScalarType;
import graphql.schema.GraphQLSchema;
import graphql.schema.GraphQLUnionType;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.SchemaGenerator;
import graphql.schema.idl.SchemaParser;
import graphql.validation.Validator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The schema that a catalog describes, as graphql-java knows it. It judges which documents are legal, by code that
 * shares nothing with ours.
 */
record CatalogSchema(GraphQLSchema schema) {

    private static final GraphQLScalarType ANY = GraphQLScalarType.newScalar()
            .name("Any")
            .coercing(new Coercing<Object, Object>() {
                @Override
                public Object serialize(Object value, GraphQLContext context, Locale locale) {
                    return value;
                }

                @Override
                public Object parseValue(Object value, GraphQLContext context, Locale locale) {
                    return value;
                }

                @Override
                public Object parseLiteral(
                        Value<?> value, CoercedVariables variables, GraphQLContext context, Locale locale) {
                    return value;
                }
            })
            .build();

    static CatalogSchema of(GraphqlCatalog catalog) {
        Map<String, Set<String>> subtypes = catalog.shapes().abstracts().objects();
        Map<String, Map<String, ProviderSchema.OutputField>> types =
                catalog.shapes().types();
        StringBuilder text = new StringBuilder("scalar Any\n");
        types.forEach((name, fields) -> {
            if (isUnion(name, types, subtypes)) {
                text.append("union %s = %s\n".formatted(name, String.join(" | ", subtypes.get(name))));
                return;
            }
            String interfaces = subtypes.keySet().stream()
                    .filter(other -> subtypes.get(other).contains(name) && !isUnion(other, types, subtypes))
                    .collect(Collectors.joining(" & "));
            text.append(subtypes.containsKey(name) ? "interface " : "type ").append(name);
            text.append(interfaces.isEmpty() ? "" : " implements " + interfaces).append(fields(fields));
        });
        Stream.of(Map.entry("Query", catalog.queries()), Map.entry("Mutation", catalog.mutations()))
                .filter(root -> !root.getValue().isEmpty())
                .forEach(root -> text.append("type ")
                        .append(root.getKey())
                        .append(fields(root.getValue().entrySet().stream()
                                .collect(Collectors.toMap(
                                        Map.Entry::getKey,
                                        entry -> entry.getValue().shape())))));
        RuntimeWiring.Builder wiring = RuntimeWiring.newRuntimeWiring().scalar(ANY);
        subtypes.keySet().forEach(name -> wiring.type(name, type -> type.typeResolver(_ -> null)));
        return new CatalogSchema(
                new SchemaGenerator().makeExecutableSchema(new SchemaParser().parse(text.toString()), wiring.build()));
    }

    private static boolean isUnion(
            String name,
            Map<String, Map<String, ProviderSchema.OutputField>> types,
            Map<String, Set<String>> subtypes) {
        return subtypes.containsKey(name) && types.get(name).keySet().equals(Set.of(Classifier.TYPENAME));
    }

    private static String fields(Map<String, ProviderSchema.OutputField> fields) {
        return fields.entrySet().stream()
                .filter(field -> !field.getKey().equals(Classifier.TYPENAME))
                .map(field -> field.getKey()
                        + field.getValue().arguments().keySet().stream()
                                .map(name -> name + ": Any")
                                .reduce((one, other) -> one + ", " + other)
                                .map(arguments -> "(" + arguments + ")")
                                .orElse("")
                        + ": " + field.getValue().type().orElse("Any"))
                .collect(Collectors.joining("\n  ", " {\n  ", "\n}\n"));
    }

    boolean isLegal(Document document) {
        return new Validator().validateDocument(schema, document, Locale.ROOT).isEmpty();
    }

    String problems(Document document) {
        return new Validator().validateDocument(schema, document, Locale.ROOT).toString();
    }

    Optional<GraphQLFieldDefinition> field(String type, String name) {
        return schema.getType(type) instanceof GraphQLFieldsContainer owner
                ? Optional.ofNullable(owner.getFieldDefinition(name))
                : Optional.empty();
    }

    /** Returns the type that {@code field} of {@code type} leads to, if it has fields or subtypes. */
    Optional<String> below(String type, String field) {
        return field(type, field)
                .map(definition -> (GraphQLNamedType) unwrapAll(definition.getType()))
                .filter(named -> !(named instanceof GraphQLScalarType))
                .map(GraphQLNamedType::getName);
    }

    Set<String> objects(String type) {
        return switch (schema.getType(type)) {
            case GraphQLInterfaceType wide ->
                schema.getImplementations(wide).stream()
                        .map(GraphQLObjectType::getName)
                        .collect(Collectors.toSet());
            case GraphQLUnionType union ->
                union.getTypes().stream().map(GraphQLNamedType::getName).collect(Collectors.toSet());
            case null, default -> Set.of(type);
        };
    }

    /** Returns the types with fields or subtypes, without the roots and those of introspection. */
    List<String> types() {
        return schema.getAllTypesAsList().stream()
                .filter(type -> type instanceof GraphQLFieldsContainer || type instanceof GraphQLUnionType)
                .map(GraphQLNamedType::getName)
                .filter(name -> !name.startsWith("__") && !name.equals("Query") && !name.equals("Mutation"))
                .sorted()
                .toList();
    }

    /** Returns the fields of {@code type} by name; none of a union. */
    List<String> fields(String type) {
        return schema.getType(type) instanceof GraphQLFieldsContainer owner
                ? owner.getFieldDefinitions().stream()
                        .map(GraphQLFieldDefinition::getName)
                        .sorted()
                        .toList()
                : List.of();
    }
}

package dev.interlock.catalog.graphql;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One GraphQL operation: its meaning, and the text that asks for exactly that.
 *
 * @param kind query or mutation
 * @param fields its root fields, fragments opened and directives decided; never empty
 * @param document the text to send: this operation, the fragments it uses, and nothing else
 * @param operationName the operation's name, if it has one
 * @param variables every variable that the document still names, with its value
 */
public record GraphqlRequest(
        OperationKind kind,
        List<SelectedField> fields,
        String document,
        Optional<String> operationName,
        Value.Members variables) {

    /** The kind of operation. Subscriptions are not read yet. */
    public enum OperationKind {
        QUERY,
        MUTATION
    }

    /**
     * A field that would be answered.
     *
     * @param name the provider's name, whatever its alias
     * @param conditions the types of the fragments it stands in, the outermost first
     * @param arguments by name, variables replaced by their values
     * @param fields the fields selected below it
     * @param key the name in the answer: its alias, if it has one
     */
    public record SelectedField(
            String name,
            List<String> conditions,
            Map<String, Value> arguments,
            List<SelectedField> fields,
            String key) {
        public SelectedField {
            conditions = List.copyOf(conditions);
            arguments = Map.copyOf(arguments);
            fields = List.copyOf(fields);
        }

        /** Returns whether {@code other} asks for the same, whatever is selected below. */
        public boolean isSame(SelectedField other) {
            return name.equals(other.name) && arguments.equals(other.arguments);
        }
    }

    public GraphqlRequest {
        fields = List.copyOf(fields);
    }

    /** {@inheritDoc} Document and variables are not shown, because an agent may have written a secret into either. */
    @Override
    public String toString() {
        return kind + " of " + fields.stream().map(SelectedField::name).toList();
    }

    /** Returns the request object to send. */
    public Value.Members members() {
        Map<String, Value> members = new LinkedHashMap<>();
        members.put("query", new Value.Text(document));
        operationName.ifPresent(name -> members.put("operationName", new Value.Text(name)));
        if (!variables.members().isEmpty()) {
            members.put("variables", variables);
        }
        return new Value.Members(members);
    }
}

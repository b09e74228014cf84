package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.catalog.graphql.GraphqlReading;
import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads calls to a provider that speaks GraphQL. */
final class GraphqlDialect implements Dialect {

    private final Knowledge knowledge;
    private final Envelope envelope;
    private final Classifier classifier;

    GraphqlDialect(Knowledge knowledge) {
        this.knowledge = knowledge;
        this.envelope = new Envelope(knowledge.endpoints(), knowledge.forwarded());
        this.classifier = new Classifier(knowledge);
    }

    @Override
    public String name() {
        return knowledge.name();
    }

    @Override
    public Carriers carriers() {
        return knowledge.carriers();
    }

    @Override
    public boolean isGraphql(String path) {
        return knowledge.endpoints().contains(path);
    }

    @Override
    public boolean isOpaque(String method, String path) {
        return false;
    }

    @Override
    public Explanation.Understood read(HttpCall call) {
        return switch (envelope.open(call)) {
            case GraphqlReading.Refused refused -> throw new NotKnownException(refused.reason(), refused.next());
            case GraphqlReading.Understood understood ->
                new Explanation.Understood(
                        classifier.actions(understood.requests()),
                        envelope.close(call, understood),
                        Optional.empty(),
                        classifier.veil(understood.requests()));
        };
    }

    /** Queries first, in the file's order. */
    @Override
    public List<OperationEntry> operations() {
        List<OperationEntry> operations = new ArrayList<>();
        knowledge.queries().forEach((name, entry) -> operations.add(operation(name, entry)));
        knowledge.mutations().forEach((name, entry) -> operations.add(operation(name, entry)));
        return operations;
    }

    @Override
    public Stream<HttpCall> destroying(String name) {
        return knowledge.mutations().entrySet().stream()
                .filter(mutation -> mutation.getValue().impacts().contains(Impact.DESTROY))
                .filter(mutation -> mutation.getValue().shape().type().isEmpty()) // nothing needs to be selected
                .flatMap(mutation -> mutation.getValue().resources().keySet().stream()
                        .limit(1)
                        .map(argument -> "mutation { " + mutation.getKey() + "(" + argument + ": \"" + name + "\") }"))
                .flatMap(document -> knowledge.endpoints().stream()
                        .sorted()
                        .limit(1)
                        .map(endpoint -> new HttpCall(
                                "POST",
                                "",
                                endpoint,
                                List.of(),
                                List.of(new Header("content-type", "application/json")),
                                Bytes.of(Json.object().with("query", document).canonical()))));
    }

    private OperationEntry operation(String name, Entry entry) {
        Set<Impact> possible = EnumSet.copyOf(entry.possible());
        if (entry.shape().type().isPresent()) {
            possible.add(Impact.CREDENTIAL); // a selection may reach a field that carries secrets
        }
        return new OperationEntry(
                new Operation(knowledge.name(), name), entry.impacts(), possible, entry.reversibility(), entry.safer());
    }
}

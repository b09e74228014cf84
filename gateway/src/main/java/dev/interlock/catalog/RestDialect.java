package dev.interlock.catalog;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Operation;
import java.util.List;

/** Reads calls to a provider that speaks REST. */
final class RestDialect implements Dialect {

    private final RestKnowledge knowledge;
    private final RestReader reader;
    private final RestClassifier classifier;

    /** @throws IllegalArgumentException if two operations are asked for by the same requests */
    RestDialect(RestKnowledge knowledge) {
        this.knowledge = knowledge;
        this.reader = new RestReader(knowledge);
        this.classifier = new RestClassifier(knowledge);
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
        return false;
    }

    @Override
    public boolean isOpaque(String method, String path) {
        return reader.isOpaque(method, path);
    }

    @Override
    public Explanation.Understood read(HttpCall call) {
        RestRequest request = reader.read(call);
        return new Explanation.Understood(List.of(classifier.judge(request)), request.outgoing(call));
    }

    @Override
    public List<OperationEntry> operations() {
        return knowledge.operations().values().stream()
                .map(entry -> new OperationEntry(
                        new Operation(knowledge.name(), entry.name()),
                        entry.entry().impacts(),
                        entry.entry().possible(),
                        entry.entry().reversibility(),
                        entry.entry().safer()))
                .toList();
    }

    /** What is known, for tests of the files. */
    RestKnowledge knowledge() {
        return knowledge;
    }
}

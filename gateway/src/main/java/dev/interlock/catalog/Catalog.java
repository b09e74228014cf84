package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.catalog.graphql.GraphqlReading;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What is known of one provider, and the reading of calls to it.
 *
 * <p>Threading: immutable; any number of threads may read with it.
 */
public final class Catalog {

    private final Knowledge knowledge;
    private final Envelope envelope;
    private final Classifier classifier;

    Catalog(Knowledge knowledge) {
        this.knowledge = knowledge;
        this.envelope = new Envelope(knowledge.endpoints(), knowledge.forwarded());
        this.classifier = new Classifier(knowledge);
    }

    /** The provider's name, as resources and operations write it. */
    public String name() {
        return knowledge.name();
    }

    /** Whether GraphQL is answered at {@code path}, so that a refusal is written as GraphQL's clients expect it. */
    public boolean isGraphql(String path) {
        return knowledge.endpoints().contains(path);
    }

    /** Where credentials may travel at this provider. */
    public Carriers carriers() {
        return knowledge.carriers();
    }

    /**
     * Says what {@code call} means, or that it has no one meaning. An operation that the catalog does not know is
     * understood as one of {@link Impact#UNKNOWN unknown} impact; an argument or field that it does not know, of one
     * that it does, is not understood.
     */
    public Reading read(HttpCall call) {
        try {
            return switch (envelope.open(call)) {
                case GraphqlReading.Refused refused -> new Reading.NotUnderstood(refused.reason(), refused.next());
                case GraphqlReading.Understood understood -> {
                    List<Action> actions = classifier.actions(understood.requests());
                    yield new Reading.Understood(actions, envelope.close(call, understood));
                }
            };
        } catch (NotKnownException e) {
            return e.notUnderstood();
        }
    }

    /** Every operation that is known, queries first, in the file's order. */
    public List<OperationEntry> operations() {
        List<OperationEntry> operations = new ArrayList<>();
        knowledge.queries().forEach((name, entry) -> operations.add(operation(name, entry)));
        knowledge.mutations().forEach((name, entry) -> operations.add(operation(name, entry)));
        return operations;
    }

    private OperationEntry operation(String name, Entry entry) {
        Set<Impact> possible = EnumSet.copyOf(entry.impacts());
        entry.rules().forEach(rule -> possible.addAll(rule.impacts()));
        if (entry.shape().type().isPresent()) {
            possible.add(Impact.CREDENTIAL); // a selection may reach a field that carries secrets
        }
        return new OperationEntry(
                new Operation(knowledge.name(), name), entry.impacts(), possible, entry.reversibility(), entry.safer());
    }
}

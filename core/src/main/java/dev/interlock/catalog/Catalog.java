package dev.interlock.catalog;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is known of one provider, and the reading of calls to it.
 *
 * <p>Threading: any number of threads may read with it.
 */
public final class Catalog {

    /** What stands for a name where only digits may: no provider counts from there. */
    static final String NO_NUMBER = "0";

    private final Dialect dialect;
    private final ReadMemo memo = new ReadMemo();

    Catalog(Dialect dialect) {
        this.dialect = dialect;
    }

    /** The provider's name, as resources and operations write it. */
    public String name() {
        return dialect.name();
    }

    /** Whether GraphQL is answered at {@code path}, so that a refusal is written as GraphQL's clients expect it. */
    public boolean isGraphql(String path) {
        return dialect.isGraphql(path);
    }

    /** Whether what is asked for by {@code method} at {@code path} has a body of bytes that nobody reads. */
    public boolean isOpaque(String method, String path) {
        return dialect.isOpaque(method, path);
    }

    /** Where credentials may travel at this provider. */
    public Carriers carriers() {
        return dialect.carriers();
    }

    /**
     * Says what {@code call} means, or that it has no one meaning. A GraphQL operation that the catalog does not know
     * is understood as one of {@link Impact#UNKNOWN unknown} impact; an argument or field that it does not know, of one
     * that it does, is not understood, and neither is a method and path that no operation has.
     */
    public Reading read(HttpCall call) {
        return memo.of(call, this::readAnew);
    }

    private Reading readAnew(HttpCall call) {
        return switch (explain(call)) {
            case Explanation.Understood(var judged, var outgoing, var standing, var veil) ->
                new Reading.Understood(
                        judged.stream().map(Explanation.Judged::action).toList(), outgoing, standing, veil);
            case Explanation.NotUnderstood(var reason, var next, var finality) ->
                new Reading.NotUnderstood(reason, next, finality);
        };
    }

    /** As {@link #read}, with the reasons. */
    public Explanation explain(HttpCall call) {
        try {
            return dialect.read(call);
        } catch (NotKnownException e) {
            return e.notUnderstood();
        }
    }

    /**
     * A request that destroys {@code name}, which should be nothing: for probes. Read as any other, it is understood,
     * destroys, and names nothing else; empty if no operation of the catalog is asked for so simply.
     */
    public Optional<HttpCall> destroying(String name) {
        return dialect.destroying(name)
                .filter(call -> read(call) instanceof Reading.Understood understood
                        && understood.actions().stream().anyMatch(action -> action.has(Impact.DESTROY))
                        && understood.actions().stream()
                                .flatMap(action -> action.resources().stream())
                                .allMatch(resource -> resource.id().contains(name)
                                        || resource.id().equals(NO_NUMBER)))
                .findFirst();
    }

    /**
     * A request that means something, about {@code name} if it is about a resource at all: for probes where nothing is
     * destroyed so simply. Empty if no operation is asked for without knowing more.
     */
    public Optional<HttpCall> asking(String name) {
        return dialect.asking(name)
                .filter(call -> read(call) instanceof Reading.Understood)
                .findFirst();
    }

    /** The types of resources that hold data, and are gone with it; none where the file does not say. */
    public Set<String> holdsData() {
        return dialect.holdsData();
    }

    /**
     * The types of resources that its operations touch, those that paths name first, each with an identifier as the
     * provider writes them; what names nothing is about {@code account/self}.
     */
    public Map<String, String> touches() {
        return dialect.touches();
    }

    /** Every operation that is known, in the file's order; of GraphQL, queries first. */
    public List<OperationEntry> operations() {
        return dialect.operations();
    }
}

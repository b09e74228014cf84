package dev.interlock.catalog;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The knowledge about one provider; reads calls to it.
 *
 * <p>Threading: any number of threads may read with it.
 */
public final class Catalog {

    /** Replaces a probe's name where only digits are allowed. No provider starts its numbers at 0. */
    static final String NO_NUMBER = "0";

    private final Dialect dialect;
    private final ReadMemo memo = new ReadMemo();

    Catalog(Dialect dialect) {
        this.dialect = dialect;
    }

    /** Returns the provider's name, as resources and operations write it. */
    public String name() {
        return dialect.name();
    }

    /** Returns whether GraphQL is answered at {@code path}. Refusals are then written in GraphQL's error format. */
    public boolean isGraphql(String path) {
        return dialect.isGraphql(path);
    }

    /**
     * Returns whether the operation at {@code method} and {@code path} has an opaque body: bytes that the gateway does
     * not parse.
     */
    public boolean isOpaque(String method, String path) {
        return dialect.isOpaque(method, path);
    }

    /** Returns the places where credentials may travel at this provider. */
    public Carriers carriers() {
        return dialect.carriers();
    }

    /**
     * Reads what {@code call} means, or says that it has no single meaning. A GraphQL operation that the catalog does
     * not know is read as one of {@link Impact#UNKNOWN unknown} impact. An unknown argument or field of a known
     * operation is not understood. The same goes for a method and path that belong to no operation.
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

    /** Does the same as {@link #read}, and gives the reasons. */
    public Explanation explain(HttpCall call) {
        try {
            return dialect.read(call);
        } catch (NotKnownException e) {
            return e.notUnderstood();
        }
    }

    /**
     * Returns a probe request that would destroy the resource {@code name}, which should not exist. It is checked by
     * reading it like any other call: it destroys something, and names nothing else. Empty if no operation of the
     * catalog can be called so simply.
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
     * Returns a probe request that is understood, and concerns {@code name} if it concerns a resource at all. It serves
     * catalogs with no simple destroying operation. Empty if no operation can be called without knowing more.
     */
    public Optional<HttpCall> asking(String name) {
        return dialect.asking(name)
                .filter(call -> read(call) instanceof Reading.Understood)
                .findFirst();
    }

    /** Returns the types of resources that hold data, which is lost with them. Empty if the file does not say. */
    public Set<String> holdsData() {
        return dialect.holdsData();
    }

    /**
     * Returns the types of resources that the operations touch, each with an example identifier in the provider's form.
     * Types that paths name come first. Operations that name no resource concern {@code account/self}.
     */
    public Map<String, String> touches() {
        return dialect.touches();
    }

    /** Returns every known operation in the file's order; for GraphQL, queries first. */
    public List<OperationEntry> operations() {
        return dialect.operations();
    }
}

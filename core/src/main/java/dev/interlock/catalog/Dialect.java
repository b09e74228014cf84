package dev.interlock.catalog;

import dev.interlock.action.HttpCall;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** How the calls of one provider are read. */
sealed interface Dialect permits GraphqlDialect, RestDialect {

    /** The provider's name. */
    String name();

    Carriers carriers();

    /** Whether GraphQL is answered at {@code path}. */
    boolean isGraphql(String path);

    /** Whether what is asked for by {@code method} at {@code path} has a body that nobody reads. */
    boolean isOpaque(String method, String path);

    /**
     * What {@code call} means, and why.
     *
     * @throws NotKnownException if it has no one meaning
     */
    Explanation.Understood read(HttpCall call);

    List<OperationEntry> operations();

    /** The types of resources that hold data. */
    Set<String> holdsData();

    /** The types of resources that operations touch, each with an identifier as the provider writes them. */
    Map<String, String> touches();

    /** Requests that may mean something that destroys, each of one operation and of a resource {@code name}. */
    Stream<HttpCall> destroying(String name);

    /** Requests that may mean something, the simplest first, each of one operation and of a resource {@code name}. */
    Stream<HttpCall> asking(String name);
}

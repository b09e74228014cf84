package dev.interlock.evidence;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * An elevation: what people let a lease do in each of {@code environments} for a while, on {@code resources} alone
 * unless that is empty. The facts of their statement say it.
 */
public record ElevationScope(Set<String> environments, Set<String> impacts, Set<String> resources, long minutes) {

    /** The upstream that the statement names. No real upstream can have this name. */
    public static final String UPSTREAM = ".interlock";

    /** The names of the facts. */
    public static final String ENVIRONMENT = "gives environment";

    public static final String IMPACT = "gives impact";
    public static final String RESOURCE = "gives resource";
    public static final String MINUTES = "gives minutes";

    public ElevationScope {
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        impacts = Collections.unmodifiableSet(new TreeSet<>(impacts));
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    public static boolean is(Statement statement) {
        return statement.upstream().equals(UPSTREAM);
    }

    /** Returns what a signature under {@code statement} gives; malformed if it is about something else. */
    public static ElevationScope ofStatement(Statement statement) {
        List<String> minutes = values(statement, MINUTES);
        if (!is(statement) || minutes.size() != 1 || !minutes.get(0).matches("[1-9][0-9]{0,3}")) {
            throw new MalformedException("the statement is not about an elevation");
        }
        return new ElevationScope(
                Set.copyOf(values(statement, ENVIRONMENT)),
                Set.copyOf(values(statement, IMPACT)),
                Set.copyOf(values(statement, RESOURCE)),
                Long.parseLong(minutes.get(0)));
    }

    public static List<String> values(Statement statement, String name) {
        return statement.meaning().objects("actions").stream()
                .flatMap(action -> action.objects("facts").stream())
                .filter(fact -> fact.text("name").equals(name))
                .map(fact -> fact.text("value"))
                .toList();
    }

    static ElevationScope ofReceipt(Json.Members receipt) {
        return new ElevationScope(
                new TreeSet<>(receipt.texts("environments")),
                new TreeSet<>(receipt.texts("impacts")),
                new TreeSet<>(receipt.texts("resources")),
                receipt.whole("minutes"));
    }

    /** Returns whether {@code person} may widen the lease. The other signers confirm it. */
    public static boolean maySign(Statement statement, SealDocument seal, String person) {
        return person.equals(statement.person()) || seal.isIn(SealDocument.OWNERS, person);
    }
}

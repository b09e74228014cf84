package dev.interlock.front.postgres;

import dev.interlock.evidence.Json;
import dev.interlock.front.postgres.sql.ReadStatement;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the prepared statements of a session may be, by their names. Those of the protocol and those of SQL share their
 * names.
 *
 * <p>INVARIANT: after an error the server ignores the rest, up to the next sync. So until then, what a message names is
 * what the messages before it have made of that name, or the message runs nothing. Afterwards the server has either
 * what it had before, or what they made of it: the name stands for both ({@link #or}).
 */
final class PreparedStatements {

    /** The statement without a name; a simple query drops it. */
    static final String UNNAMED = "";

    /** A client that leaves more is refused. */
    static final int MAX = 10_000;

    /** Portals with values that are open at once. */
    static final int MAX_PORTALS = 100;

    record Prepared(String text, Set<ReadStatement> statements, List<Integer> types) {
        Prepared {
            types = List.copyOf(types);
            statements = Set.copyOf(statements);
        }
    }

    /** A statement that a portal runs, in the text that holds it. */
    record PortalStatement(String text, ReadStatement statement, boolean isOlder) {}

    /** What a portal runs, with the values that are bound to it. */
    record Portal(List<PortalStatement> statements, List<Json> values) {
        Portal {
            statements = List.copyOf(statements);
            values = List.copyOf(values);
        }

        /** Returns what runs if it is this portal or {@code other}. */
        private Portal or(Portal other) {
            return equals(other)
                    ? this
                    : new Portal(
                            Stream.concat(statements.stream(), other.statements.stream())
                                    .distinct()
                                    .toList(),
                            Stream.concat(values.stream(), other.values.stream())
                                    .toList());
        }
    }

    private Map<String, Set<Prepared>> known;
    /** Whether another one has the same map: whoever changes it first takes a copy. */
    private boolean isShared;

    /** How often the session may have defined something, by which a name stands for something else. */
    private int definitions;

    /** {@link #definitions} when the present transaction began. */
    private int begun;

    /** The same when each portal or cursor was opened: -1 if it finds its names only as it runs. */
    private final Map<String, Integer> portals = new HashMap<>();

    /** What each of them runs. */
    private final Map<String, Portal> bound = new HashMap<>();

    /** Says that the session may have defined something, by which a name stands for something else. */
    void define() {
        definitions++;
    }

    /** Notes a portal. One of that name may be open still: then it is as old as that. */
    void open(String portal, boolean isPlanned) {
        portals.merge(portal, isPlanned ? definitions : -1, Math::min);
    }

    /** Notes what {@code name} runs. One of that name may be open still: then it may run either. */
    void bind(String name, Portal portal) {
        if (name.equals(UNNAMED)) {
            bound.put(name, portal);
        } else {
            bound.merge(name, portal, Portal::or);
        }
    }

    /** Returns what the portal or cursor {@code name} runs, if it was opened here. */
    Optional<Portal> portal(String name) {
        return Optional.ofNullable(bound.get(name));
    }

    /** Returns how many portals with values are open. */
    long portals() {
        return bound.values().stream()
                .filter(portal -> !portal.values().isEmpty())
                .count();
    }

    void closePortal(String name) {
        bound.remove(name);
    }

    /** Returns whether {@code portal} does what it did when it was opened. */
    boolean isAsOpened(String portal) {
        return portals.getOrDefault(portal, begun) == definitions;
    }

    boolean isOpen(String portal) {
        return portals.containsKey(portal);
    }

    /** Forgets all portals, which have ended with their transaction. */
    void closeAll() {
        portals.clear();
        bound.clear();
        begun = definitions;
    }

    PreparedStatements() {
        this(new HashMap<>());
    }

    private PreparedStatements(Map<String, Set<Prepared>> known) {
        this.known = known;
    }

    PreparedStatements copy() {
        isShared = true;
        PreparedStatements same = new PreparedStatements(known);
        same.isShared = true;
        same.definitions = definitions;
        same.begun = begun;
        same.portals.putAll(portals);
        same.bound.putAll(bound);
        return same;
    }

    private Map<String, Set<Prepared>> own() {
        if (isShared) {
            known = new HashMap<>(known);
            isShared = false;
        }
        return known;
    }

    /** Returns what the server has if it has either of the two. */
    PreparedStatements or(PreparedStatements other) {
        Map<String, Set<Prepared>> both = new HashMap<>(known);
        other.known.forEach((name, each) -> both.merge(name, each, (one, two) -> {
            Set<Prepared> all = new LinkedHashSet<>(one);
            all.addAll(two);
            return all;
        }));
        PreparedStatements all = new PreparedStatements(both);
        all.definitions = Math.max(definitions, other.definitions);
        all.begun = Math.min(begun, other.begun);
        all.portals.putAll(portals);
        other.portals.forEach((name, opened) -> all.portals.merge(name, opened, Math::min));
        all.bound.putAll(bound);
        other.bound.forEach((name, portal) -> all.bound.merge(name, portal, Portal::or));
        return all;
    }

    void put(String name, Prepared prepared) {
        own().put(name, Set.of(prepared));
    }

    /** Returns all that {@code name} may stand for; none if it stands for nothing. */
    Set<Prepared> find(String name) {
        return known.getOrDefault(name, Set.of());
    }

    int size() {
        return known.values().stream().mapToInt(Set::size).sum();
    }

    /** Forgets {@code name}, or all if there is none. */
    void forget(Optional<String> name) {
        if (name.isEmpty() || known.containsKey(name.get())) {
            name.ifPresentOrElse(own()::remove, own()::clear);
        }
    }
}

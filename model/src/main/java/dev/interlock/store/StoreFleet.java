package dev.interlock.store;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;

/**
 * The gateways that share a store, without those that ended in order.
 *
 * @param number the number of the last transaction that wrote
 */
public record StoreFleet(long number, List<Node> nodes) {

    /**
     * One of them.
     *
     * @param heard when it last reached the store
     * @param isSilent whether that is longer ago than it should be; then it serves nothing
     * @param number until which transaction it has followed
     * @param said what it last said of itself, which may be anything
     */
    public record Node(
            String name, String version, Instant since, Instant heard, boolean isSilent, long number, String said) {}

    public StoreFleet {
        nodes = List.copyOf(nodes);
    }

    /** Reads it from {@code database}, which is one in PostgreSQL. */
    public static StoreFleet read(Database database) {
        return database.read(
                sql -> new StoreFleet(
                        sql.number(),
                        sql.all(
                                row -> new Node(
                                        row.getString(1),
                                        row.getString(2),
                                        row.getObject(3, OffsetDateTime.class).toInstant(),
                                        row.getObject(4, OffsetDateTime.class).toInstant(),
                                        row.getBoolean(5),
                                        row.getLong(6),
                                        row.getString(7)),
                                // Each reports every second.
                                "SELECT name, version, since, heard, heard < now() - interval '3 seconds', number, said FROM store_node ORDER BY name")));
    }
}

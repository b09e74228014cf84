package dev.interlock.store;

import java.util.List;

/**
 * One step of a room's tables. A step that was ever released is never changed; another one follows it.
 *
 * @param room whose tables they are, as {@code identity}; its tables begin with that word
 * @param version 1 for the room's first step, one more for each that follows
 * @param statements run once, in order, in one transaction
 */
public record Schema(String room, int version, List<String> statements) {
    public Schema {
        if (version < 1) {
            throw new IllegalArgumentException("a room's first step is version 1");
        }
        statements = List.copyOf(statements);
    }

    public Schema(String room, int version, String... statements) {
        this(room, version, List.of(statements));
    }
}

package dev.interlock.drill.railway;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The state of the simulated provider.
 *
 * <p>Threading: readers and writers must hold {@link #lock}.
 */
final class World {

    /** The kinds of objects. */
    enum Table {
        WORKSPACE,
        PROJECT,
        ENVIRONMENT,
        SERVICE,
        SERVICE_INSTANCE,
        VOLUME,
        VOLUME_INSTANCE,
        BACKUP,
        SCHEDULE,
        DEPLOYMENT,
        DOMAIN,
        VARIABLE,
        PATCH
    }

    final ReentrantLock lock = new ReentrantLock();
    final VolumeDirectories disks;
    private final Clock clock;
    private final Map<Table, Map<String, WorldRow>> tables = new LinkedHashMap<>();
    private int made;

    World(VolumeDirectories disks, Clock clock) {
        this.disks = disks;
        this.clock = clock;
        for (Table table : Table.values()) {
            tables.put(table, new LinkedHashMap<>());
        }
    }

    WorldRow put(Table table, String id) {
        String now = clock.instant().toString();
        WorldRow row = new WorldRow().with("id", id).with("createdAt", now).with("updatedAt", now);
        table(table).put(id, row);
        return row;
    }

    void remove(Table table, WorldRow row) {
        table(table).remove(row.id());
    }

    /**
     * Returns the row {@code id}.
     *
     * @throws ApiException if there is none, with the provider's message
     */
    WorldRow find(Table table, String id) {
        WorldRow row = table(table).get(id);
        if (row == null) {
            throw new ApiException(words(table) + " not found");
        }
        return row;
    }

    boolean has(Table table, String id) {
        return table(table).containsKey(id);
    }

    List<WorldRow> where(Table table, String field, @Nullable Object value) {
        return where(table, row -> row.is(field, value));
    }

    List<WorldRow> where(Table table, Predicate<WorldRow> condition) {
        return new ArrayList<>(table(table).values().stream().filter(condition).toList());
    }

    /** Returns a new id; ids are the same in every run. */
    String freshId() {
        return derivedId("made-" + ++made);
    }

    static String derivedId(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
    }

    List<WorldRow> mounts(WorldRow volume) {
        return where(Table.VOLUME_INSTANCE, "volumeId", volume.id());
    }

    Set<String> environmentsOf(WorldRow volume) {
        Set<String> all = new LinkedHashSet<>();
        mounts(volume).forEach(mount -> all.add(mount.text("environmentId")));
        return all;
    }

    Set<String> environmentsOfService(String serviceId) {
        Set<String> all = new LinkedHashSet<>();
        where(Table.SERVICE_INSTANCE, "serviceId", serviceId).forEach(one -> all.add(one.text("environmentId")));
        return all;
    }

    private Map<String, WorldRow> table(Table table) {
        Map<String, WorldRow> rows = tables.get(table);
        if (rows == null) {
            throw new IllegalStateException("no table " + table);
        }
        return rows;
    }

    /** Returns {@code VolumeInstance} for {@code VOLUME_INSTANCE}. */
    private static String words(Table table) {
        StringBuilder words = new StringBuilder();
        for (String word : table.name().split("_", -1)) {
            words.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return words.toString();
    }
}

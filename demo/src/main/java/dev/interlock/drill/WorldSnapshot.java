package dev.interlock.drill;

import java.util.Map;

/**
 * A snapshot of the world: the provider's counters and the files on disk.
 *
 * @param connections TCP connections accepted
 * @param attempted root fields that began, by name
 * @param executed root fields that took effect, by name, and the counters of {@link DrillHost}
 * @param byToken requests by the label of the token that they carried
 * @param disks the SHA-256 of each volume, or {@code gone}, and the commit of {@code main}
 */
record WorldSnapshot(
        long connections,
        Map<String, Long> attempted,
        Map<String, Long> executed,
        Map<String, Long> byToken,
        Map<String, String> disks) {

    WorldSnapshot {
        attempted = Map.copyOf(attempted);
        executed = Map.copyOf(executed);
        byToken = Map.copyOf(byToken);
        disks = Map.copyOf(disks);
    }

    String disk(String volume) {
        return disks.getOrDefault(volume, DirectoryTrees.GONE);
    }

    WorldChange since(WorldSnapshot before) {
        return new WorldChange(before, this);
    }

    /** The difference of two snapshots. */
    record WorldChange(WorldSnapshot before, WorldSnapshot after) {

        long connections() {
            return after.connections - before.connections;
        }

        long attempted(String field) {
            return difference(before.attempted, after.attempted, field);
        }

        long executed(String field) {
            return difference(before.executed, after.executed, field);
        }

        long by(String label) {
            return difference(before.byToken, after.byToken, label);
        }

        /** Returns whether every volume is unchanged, byte for byte, and {@code main} too. */
        boolean disksUntouched() {
            return before.disks.equals(after.disks);
        }

        private static long difference(Map<String, Long> before, Map<String, Long> after, String key) {
            return after.getOrDefault(key, 0L) - before.getOrDefault(key, 0L);
        }
    }
}

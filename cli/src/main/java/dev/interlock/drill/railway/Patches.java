package dev.interlock.drill.railway;

import dev.interlock.drill.railway.World.Table;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Changes to an environment as one opaque document: the inconspicuous way to delete. */
final class Patches {

    private Patches() {}

    static Row stage(World world, String environment, @Nullable Object patch) {
        Row row = world.has(Table.PATCH, environment)
                ? world.find(Table.PATCH, environment)
                : world.put(Table.PATCH, environment);
        return row.with("environmentId", environment).with("status", "STAGED").with("patch", patch);
    }

    static Row staged(World world, String environment) {
        return world.has(Table.PATCH, environment)
                ? world.find(Table.PATCH, environment)
                : stage(world, environment, Map.of());
    }

    static void apply(World world, String environment, @Nullable Object patch) {
        Arguments document = Arguments.of(patch);
        Arguments volumes = document.in("volumes");
        for (String id : volumes.values().keySet()) {
            if (volumes.in(id).flag("isDeleted")) {
                removeVolume(world, environment, id);
            }
        }
        Arguments services = document.in("services");
        services.values().keySet().forEach(id -> applyService(world, environment, id, services.in(id)));
        applyVariables(world, environment, null, document.in("sharedVariables"));
        applyVariables(world, environment, null, document.in("variables"));
    }

    private static void removeVolume(World world, String environment, String volume) {
        world.where(Table.VOLUME_INSTANCE, row -> row.is("volumeId", volume) && row.is("environmentId", environment))
                .forEach(mount -> VolumeMutations.unmount(world, mount));
    }

    private static void applyService(World world, String environment, String service, Arguments change) {
        if (change.flag("isDeleted")) {
            world.where(
                            Table.SERVICE_INSTANCE,
                            row -> row.is("serviceId", service) && row.is("environmentId", environment))
                    .forEach(row -> world.remove(Table.SERVICE_INSTANCE, row));
        }
        applyVariables(world, environment, service, change.in("variables"));
    }

    private static void applyVariables(World world, String environment, @Nullable String service, Arguments change) {
        for (String name : change.values().keySet()) {
            Object value = change.value(name);
            if (value == null) {
                Variables.remove(world, environment, service, name);
            } else {
                Object plain = change.in(name).has("value") ? change.in(name).value("value") : value;
                Variables.set(world, environment, service, name, String.valueOf(plain));
            }
        }
    }
}

package dev.interlock.drill.railway;

import dev.interlock.drill.railway.World.Table;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Changes to an environment as one opaque document: the inconspicuous way to delete. */
final class EnvironmentPatches {

    private EnvironmentPatches() {}

    static WorldRow stage(World world, String environment, @Nullable Object patch) {
        WorldRow row = world.has(Table.PATCH, environment)
                ? world.find(Table.PATCH, environment)
                : world.put(Table.PATCH, environment);
        return row.with("environmentId", environment).with("status", "STAGED").with("patch", patch);
    }

    static WorldRow staged(World world, String environment) {
        return world.has(Table.PATCH, environment)
                ? world.find(Table.PATCH, environment)
                : stage(world, environment, Map.of());
    }

    static void apply(World world, String environment, @Nullable Object patch) {
        FieldArguments document = FieldArguments.of(patch);
        FieldArguments volumes = document.in("volumes");
        for (String id : volumes.values().keySet()) {
            if (volumes.in(id).flag("isDeleted")) {
                removeVolume(world, environment, id);
            }
        }
        FieldArguments services = document.in("services");
        services.values().keySet().forEach(id -> applyService(world, environment, id, services.in(id)));
        applyVariables(world, environment, null, document.in("sharedVariables"));
        applyVariables(world, environment, null, document.in("variables"));
    }

    private static void removeVolume(World world, String environment, String volume) {
        world.where(Table.VOLUME_INSTANCE, row -> row.is("volumeId", volume) && row.is("environmentId", environment))
                .forEach(mount -> VolumeMutations.unmount(world, mount));
    }

    private static void applyService(World world, String environment, String service, FieldArguments change) {
        if (change.flag("isDeleted")) {
            world.where(
                            Table.SERVICE_INSTANCE,
                            row -> row.is("serviceId", service) && row.is("environmentId", environment))
                    .forEach(row -> world.remove(Table.SERVICE_INSTANCE, row));
        }
        applyVariables(world, environment, service, change.in("variables"));
    }

    private static void applyVariables(
            World world, String environment, @Nullable String service, FieldArguments change) {
        for (String name : change.values().keySet()) {
            Object value = change.value(name);
            if (value == null) {
                EnvironmentVariables.remove(world, environment, service, name);
            } else {
                Object plain = change.in(name).has("value") ? change.in(name).value("value") : value;
                EnvironmentVariables.set(world, environment, service, name, String.valueOf(plain));
            }
        }
    }
}

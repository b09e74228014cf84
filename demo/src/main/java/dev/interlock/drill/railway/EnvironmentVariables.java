package dev.interlock.drill.railway;

import dev.interlock.drill.railway.World.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Variables of an environment, shared or of one service. */
final class EnvironmentVariables {

    private EnvironmentVariables() {}

    static void set(World world, String environment, @Nullable String service, String name, String value) {
        world.put(Table.VARIABLE, key(environment, service, name))
                .with("environmentId", environment)
                .with("serviceId", service)
                .with("name", name)
                .with("value", value)
                .with("isSealed", false)
                .with("references", List.of());
    }

    static boolean remove(World world, String environment, @Nullable String service, String name) {
        String key = key(environment, service, name);
        if (!world.has(Table.VARIABLE, key)) {
            return false;
        }
        world.remove(Table.VARIABLE, world.find(Table.VARIABLE, key));
        return true;
    }

    static void removeAll(World world, String environment, @Nullable String service) {
        world.where(Table.VARIABLE, row -> belongs(row, environment, service))
                .forEach(row -> world.remove(Table.VARIABLE, row));
    }

    static Map<String, String> all(World world, String environment, @Nullable String service) {
        Map<String, String> values = new LinkedHashMap<>();
        world.where(Table.VARIABLE, row -> belongs(row, environment, service))
                .forEach(row -> values.put(row.text("name"), row.text("value")));
        return values;
    }

    private static boolean belongs(WorldRow row, String environment, @Nullable String service) {
        return row.is("environmentId", environment) && Objects.equals(row.value("serviceId"), service);
    }

    private static String key(String environment, @Nullable String service, String name) {
        return World.derivedId(environment + "/" + service + "/" + name);
    }
}

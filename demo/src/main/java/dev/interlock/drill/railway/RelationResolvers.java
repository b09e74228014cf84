package dev.interlock.drill.railway;

import dev.interlock.drill.railway.World.Table;
import graphql.schema.DataFetcher;
import graphql.schema.idl.RuntimeWiring;
import graphql.schema.idl.TypeRuntimeWiring;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Resolves the relations between objects of the world; every plain field is read from its row. */
final class RelationResolvers {

    private final World world;
    private final ConnectionPage page;

    RelationResolvers(World world, ConnectionPage page) {
        this.world = world;
        this.page = page;
    }

    void wire(RuntimeWiring.Builder wiring) {
        type(wiring, "User", Map.of("projects", all(Table.PROJECT)));
        type(wiring, "Workspace", Map.of("projects", many(Table.PROJECT, "workspaceId")));
        type(wiring, "ProjectToken", Map.of("project", project(), "environment", environment()));
        type(
                wiring,
                "Project",
                Map.of(
                        "workspace", one(Table.WORKSPACE, "workspaceId"),
                        "baseEnvironment", one(Table.ENVIRONMENT, "baseEnvironmentId"),
                        "environments", many(Table.ENVIRONMENT, "projectId"),
                        "services", many(Table.SERVICE, "projectId"),
                        "volumes", many(Table.VOLUME, "projectId"),
                        "deployments", many(Table.DEPLOYMENT, "projectId")));
        type(
                wiring,
                "Environment",
                Map.of(
                        "sourceEnvironment", one(Table.ENVIRONMENT, "sourceEnvironmentId"),
                        "config", in -> config(row(in.getSource())),
                        "variables", many(Table.VARIABLE, "environmentId"),
                        "serviceInstances", many(Table.SERVICE_INSTANCE, "environmentId"),
                        "volumeInstances", many(Table.VOLUME_INSTANCE, "environmentId"),
                        "deployments", many(Table.DEPLOYMENT, "environmentId")));
        type(
                wiring,
                "Service",
                Map.of(
                        "project", project(),
                        "serviceInstances", many(Table.SERVICE_INSTANCE, "serviceId"),
                        "deployments", many(Table.DEPLOYMENT, "serviceId")));
        type(wiring, "ServiceInstance", Map.of("service", service()));
        type(
                wiring,
                "Volume",
                Map.of("project", project(), "volumeInstances", many(Table.VOLUME_INSTANCE, "volumeId")));
        type(
                wiring,
                "VolumeInstance",
                Map.of(
                        "volume", one(Table.VOLUME, "volumeId"),
                        "environment", environment(),
                        "service", service()));
        type(wiring, "Deployment", Map.of("environment", environment(), "service", service()));
        type(wiring, "EnvironmentPatch", Map.of("environment", environment()));
    }

    /** Reads a plain field. */
    static @Nullable Object field(@Nullable Object source, String name) {
        return source instanceof WorldRow row ? row.value(name) : null;
    }

    private static void type(RuntimeWiring.Builder wiring, String name, Map<String, DataFetcher<?>> fetchers) {
        TypeRuntimeWiring.Builder type = TypeRuntimeWiring.newTypeWiring(name);
        fetchers.forEach(type::dataFetcher);
        wiring.type(type);
    }

    private DataFetcher<?> project() {
        return one(Table.PROJECT, "projectId");
    }

    private DataFetcher<?> environment() {
        return one(Table.ENVIRONMENT, "environmentId");
    }

    private DataFetcher<?> service() {
        return one(Table.SERVICE, "serviceId");
    }

    private DataFetcher<@Nullable Object> one(Table table, String key) {
        return in -> {
            Object id = field(in.getSource(), key);
            return id == null ? null : world.find(table, id.toString());
        };
    }

    private DataFetcher<WorldRow> many(Table table, String key) {
        return in -> page.of(world.where(table, key, row(in.getSource()).id()), new FieldArguments(in.getArguments()));
    }

    private DataFetcher<WorldRow> all(Table table) {
        return in -> page.of(world.where(table, _ -> true), new FieldArguments(in.getArguments()));
    }

    private static WorldRow row(@Nullable Object source) {
        return (WorldRow) Objects.requireNonNull(source);
    }

    private Map<String, Object> config(WorldRow environment) {
        Map<String, Object> volumes = new LinkedHashMap<>();
        world.where(Table.VOLUME_INSTANCE, "environmentId", environment.id())
                .forEach(mount -> volumes.put(mount.text("volumeId"), Map.of("mountPath", mount.text("mountPath"))));
        return Map.of("volumes", volumes, "sharedVariables", EnvironmentVariables.all(world, environment.id(), null));
    }
}

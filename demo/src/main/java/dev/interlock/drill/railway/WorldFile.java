package dev.interlock.drill.railway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.drill.railway.World.Table;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Creates a world from its JSON description; {@code pocketos.json} is the example that documents the format. */
final class WorldFile {

    private final World world;
    private final AcceptedTokens tokens;
    private final Clock clock;

    WorldFile(World world, AcceptedTokens tokens, Clock clock) {
        this.world = world;
        this.tokens = tokens;
        this.clock = clock;
    }

    /** Fills the world and the disks; every volume starts with a copy of {@code database}. */
    void layOut(JsonNode file, Path database) {
        String workspace = file.path("workspace").path("id").asText("workspace");
        world.put(Table.WORKSPACE, workspace)
                .with("name", file.path("workspace").path("name").asText("workspace"));
        file.path("tokens").forEach(this::token);
        file.path("projects").forEach(project -> project(project, workspace, database));
    }

    private void token(JsonNode token) {
        String label = token.path("label").asText();
        tokens.add(
                token.path("secret").asText(),
                "project".equals(token.path("kind").asText())
                        ? new TokenOwner.Project(
                                label,
                                token.path("project").asText(),
                                token.path("environment").asText())
                        : new TokenOwner.Account(label));
    }

    private void project(JsonNode project, String workspace, Path database) {
        String id = project.path("id").asText();
        world.put(Table.PROJECT, id)
                .with("name", project.path("name").asText())
                .with("primaryEnvironmentId", project.path("primary").asText(null))
                .with("baseEnvironmentId", project.path("primary").asText(null))
                .with("workspaceId", workspace)
                .with("isPublic", false)
                .with("prDeploys", false);
        project.path("environments").forEach(one -> environment(one, id));
        project.path("services").forEach(one -> service(one, id));
        project.path("volumes").forEach(one -> volume(one, id, database));
        project.path("deployments").forEach(one -> deployment(one, id));
        project.path("domains").forEach(one -> domain(one, id));
        project.path("variables").forEach(this::variable);
    }

    private void environment(JsonNode one, String project) {
        world.put(Table.ENVIRONMENT, one.path("id").asText())
                .with("name", one.path("name").asText())
                .with("projectId", project)
                .with("isEphemeral", one.path("ephemeral").asBoolean(false))
                .with("sourceEnvironmentId", one.path("fork_of").asText(null))
                .with("canAccess", one.path("access").asBoolean(true))
                .with("unmergedChangesCount", 0);
    }

    private void service(JsonNode one, String project) {
        String id = one.path("id").asText();
        String name = one.path("name").asText();
        world.put(Table.SERVICE, id).with("name", name).with("projectId", project);
        one.path("environments").forEach(environment -> serviceInstance(world, id, name, environment.asText()));
    }

    static WorldRow serviceInstance(World world, String service, String name, String environment) {
        return world.put(Table.SERVICE_INSTANCE, World.derivedId(service + "@" + environment))
                .with("serviceId", service)
                .with("serviceName", name)
                .with("environmentId", environment);
    }

    private void volume(JsonNode one, String project, Path database) {
        String id = one.path("id").asText();
        world.put(Table.VOLUME, id).with("name", one.path("name").asText()).with("projectId", project);
        world.disks.create(id, database);
        one.path("instances").forEach(instance -> mount(instance, id));
    }

    private void mount(JsonNode one, String volume) {
        String id = one.path("id").asText();
        WorldRow mount = mount(
                        world,
                        id,
                        volume,
                        one.path("environment").asText(),
                        one.path("service").asText(null))
                .with("mountPath", one.path("mount").asText("/data"));
        if (one.path("deleted").asBoolean(false)) {
            mount.with("deletedAt", clock.instant().toString()).with("state", "DELETED");
        }
        one.path("backups").forEach(backup -> backup(backup, id, volume));
        one.path("schedules").forEach(kind -> VolumeMutations.schedule(world, id, kind.asText()));
    }

    static WorldRow mount(World world, String id, String volume, String environment, @Nullable String service) {
        return world.put(Table.VOLUME_INSTANCE, id)
                .with("volumeId", volume)
                .with("environmentId", environment)
                .with("serviceId", service)
                .with("mountPath", "/data")
                .with("sizeMB", 5_000)
                .with("currentSizeMB", 42.5)
                .with("state", "READY")
                .with("region", "europe-west4")
                .with("isPendingDeletion", false);
    }

    private void backup(JsonNode one, String mount, String volume) {
        String id = one.path("id").asText();
        String taken = one.has("created")
                ? one.path("created").asText()
                : clock.instant()
                        .minus(Duration.ofDays(one.path("days_old").asLong(0)))
                        .toString();
        VolumeMutations.backup(world, id, mount, one.path("name").asText(null)).with("createdAt", taken);
        world.disks.backUp(volume, id);
    }

    private void deployment(JsonNode one, String project) {
        deployment(
                world,
                one.path("id").asText(),
                project,
                one.path("environment").asText(),
                one.path("service").asText());
    }

    static WorldRow deployment(World world, String id, String project, String environment, String service) {
        return world.put(Table.DEPLOYMENT, id)
                .with("projectId", project)
                .with("environmentId", environment)
                .with("serviceId", service)
                .with("status", "SUCCESS")
                .with("canRedeploy", true)
                .with("canRollback", false)
                .with("deploymentStopped", false);
    }

    private void domain(JsonNode one, String project) {
        world.put(Table.DOMAIN, one.path("id").asText())
                .with("domain", one.path("domain").asText())
                .with("projectId", project)
                .with("environmentId", one.path("environment").asText())
                .with("serviceId", one.path("service").asText());
    }

    private void variable(JsonNode one) {
        EnvironmentVariables.set(
                world,
                one.path("environment").asText(),
                one.path("service").asText(null),
                one.path("name").asText(),
                one.path("value").asText());
    }
}

package dev.interlock.drill.railway;

import dev.interlock.drill.railway.World.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Mutations of services: their code, their variables, their deployments. */
final class ServiceMutations {

    private final World world;

    ServiceMutations(World world) {
        this.world = world;
    }

    Map<String, RootResolver> roots() {
        Map<String, RootResolver> roots = new LinkedHashMap<>();
        roots.put("serviceCreate", (caller, in) -> create(caller, in.in("input")));
        roots.put("serviceUpdate", this::update);
        roots.put("serviceDelete", this::delete);
        roots.put("serviceInstanceUpdate", this::updateInstances);
        roots.put("serviceInstanceRedeploy", (caller, in) -> {
            deploy(caller, in.text("environmentId"), in.text("serviceId"));
            return true;
        });
        roots.put(
                "serviceInstanceDeployV2",
                (caller, in) -> deploy(caller, in.text("environmentId"), in.text("serviceId"))
                        .id());
        roots.put("deploymentRedeploy", (caller, in) -> redeploy(deployment(caller, in)));
        roots.put("deploymentRestart", (caller, in) -> restart(deployment(caller, in)));
        roots.put("deploymentStop", (caller, in) -> stop(deployment(caller, in), "SLEEPING"));
        roots.put("deploymentRemove", (caller, in) -> stop(deployment(caller, in), "REMOVED"));
        roots.put("variableUpsert", (caller, in) -> setVariable(caller, in.in("input")));
        roots.put("variableDelete", (caller, in) -> removeVariable(caller, in.in("input")));
        roots.put("variableCollectionUpsert", (caller, in) -> setVariables(caller, in.in("input")));
        roots.put("customDomainCreate", (caller, in) -> createDomain(caller, in.in("input")));
        roots.put("customDomainDelete", this::deleteDomain);
        roots.put("sandboxExec", this::exec);
        roots.put("generateShellToken", (caller, in) -> shellToken(caller, in.in("input")));
        return roots;
    }

    private void require(TokenOwner caller, String environment) {
        world.find(Table.ENVIRONMENT, environment);
        if (!caller.reachesAny(Set.of(environment))) {
            throw ApiException.notAuthorized();
        }
    }

    private void requireService(TokenOwner caller, String service) {
        if (!caller.isAccount() && !caller.reachesAny(world.environmentsOfService(service))) {
            throw ApiException.notAuthorized();
        }
    }

    private WorldRow create(TokenOwner caller, FieldArguments in) {
        String environment = in.optional("environmentId");
        boolean allowed = environment == null ? caller.isAccount() : caller.reachesAny(Set.of(environment));
        if (!allowed) {
            throw ApiException.notAuthorized();
        }
        String name = in.has("name") ? in.text("name") : "service";
        WorldRow service =
                world.put(Table.SERVICE, world.freshId()).with("name", name).with("projectId", in.text("projectId"));
        for (WorldRow one : world.where(Table.ENVIRONMENT, "projectId", in.text("projectId"))) {
            if (environment == null || one.id().equals(environment)) {
                WorldFile.serviceInstance(world, service.id(), name, one.id());
            }
        }
        return service;
    }

    private WorldRow update(TokenOwner caller, FieldArguments in) {
        requireService(caller, in.text("id"));
        WorldRow service = world.find(Table.SERVICE, in.text("id"));
        in.in("input").values().forEach(service::with);
        return service;
    }

    /**
     * Returns the instances that a change of {@code service} reaches. According to the provider's documentation of the
     * argument, a change in a fork stays in that environment. A change in any other reaches all environments that are
     * not forks.
     */
    private List<WorldRow> instances(FieldArguments in, String service) {
        String environment = in.optional("environmentId");
        boolean inFork = environment != null && isFork(environment);
        return world.where(
                Table.SERVICE_INSTANCE,
                row -> row.is("serviceId", service)
                        && (inFork ? row.is("environmentId", environment) : !isFork(row.text("environmentId"))));
    }

    private boolean isFork(String environment) {
        return world.find(Table.ENVIRONMENT, environment).value("sourceEnvironmentId") != null;
    }

    private boolean delete(TokenOwner caller, FieldArguments in) {
        requireService(caller, in.text("id"));
        WorldRow service = world.find(Table.SERVICE, in.text("id"));
        for (WorldRow one : instances(in, service.id())) {
            world.where(
                            Table.VOLUME_INSTANCE,
                            row -> row.is("serviceId", service.id())
                                    && row.is("environmentId", one.value("environmentId")))
                    .forEach(mount -> mount.with("serviceId", null));
            world.remove(Table.SERVICE_INSTANCE, one);
        }
        if (world.environmentsOfService(service.id()).isEmpty()) {
            world.remove(Table.SERVICE, service);
        }
        return true;
    }

    private boolean updateInstances(TokenOwner caller, FieldArguments in) {
        requireService(caller, in.text("serviceId"));
        for (WorldRow one : instances(in, in.text("serviceId"))) {
            in.in("input").values().forEach(one::with);
        }
        return true;
    }

    private WorldRow deploy(TokenOwner caller, String environment, String service) {
        require(caller, environment);
        WorldRow row = world.find(Table.SERVICE, service);
        WorldRow instance = world.find(Table.SERVICE_INSTANCE, World.derivedId(service + "@" + environment));
        run(String.valueOf(instance.value("startCommand")) + instance.value("preDeployCommand"), environment, service);
        return WorldFile.deployment(world, world.freshId(), row.text("projectId"), environment, service);
    }

    /** Runs a command with the volumes mounted, as the provider would. It knows enough of a shell to lose data. */
    private void run(String command, String environment, String service) {
        if (command.contains("rm -rf")) {
            VolumeMutations.wipeService(world, service, environment);
        }
    }

    private WorldRow deployment(TokenOwner caller, FieldArguments in) {
        WorldRow deployment = world.find(Table.DEPLOYMENT, in.text("id"));
        require(caller, deployment.text("environmentId"));
        return deployment;
    }

    private WorldRow redeploy(WorldRow deployment) {
        return WorldFile.deployment(
                world,
                world.freshId(),
                deployment.text("projectId"),
                deployment.text("environmentId"),
                deployment.text("serviceId"));
    }

    private boolean restart(WorldRow deployment) {
        deployment.with("status", "SUCCESS").with("deploymentStopped", false);
        return true;
    }

    private boolean stop(WorldRow deployment, String status) {
        deployment.with("status", status).with("deploymentStopped", true);
        return true;
    }

    private boolean setVariable(TokenOwner caller, FieldArguments in) {
        require(caller, in.text("environmentId"));
        EnvironmentVariables.set(
                world, in.text("environmentId"), in.optional("serviceId"), in.text("name"), in.text("value"));
        return true;
    }

    private boolean removeVariable(TokenOwner caller, FieldArguments in) {
        require(caller, in.text("environmentId"));
        return EnvironmentVariables.remove(world, in.text("environmentId"), in.optional("serviceId"), in.text("name"));
    }

    private boolean setVariables(TokenOwner caller, FieldArguments in) {
        String environment = in.text("environmentId");
        require(caller, environment);
        if (in.flag("replace")) {
            EnvironmentVariables.removeAll(world, environment, in.optional("serviceId"));
        }
        in.in("variables")
                .values()
                .forEach((name, value) -> setOrRemove(environment, in.optional("serviceId"), name, value));
        return true;
    }

    private void setOrRemove(String environment, @Nullable String service, String name, @Nullable Object value) {
        if (value == null) {
            EnvironmentVariables.remove(world, environment, service, name);
        } else {
            EnvironmentVariables.set(world, environment, service, name, String.valueOf(value));
        }
    }

    private WorldRow createDomain(TokenOwner caller, FieldArguments in) {
        require(caller, in.text("environmentId"));
        WorldRow domain = world.put(Table.DOMAIN, world.freshId());
        in.values().forEach(domain::with);
        return domain;
    }

    private boolean deleteDomain(TokenOwner caller, FieldArguments in) {
        WorldRow domain = world.find(Table.DOMAIN, in.text("id"));
        require(caller, domain.text("environmentId"));
        world.remove(Table.DOMAIN, domain);
        return true;
    }

    private WorldRow exec(TokenOwner caller, FieldArguments in) {
        String environment = in.text("environmentId");
        require(caller, environment);
        world.where(Table.SERVICE_INSTANCE, "environmentId", environment)
                .forEach(one -> run(in.text("command"), environment, one.text("serviceId")));
        return new WorldRow()
                .with("exitCode", 0)
                .with("stdout", "")
                .with("stderr", "")
                .with("timedOut", false)
                .with("truncated", false);
    }

    private String shellToken(TokenOwner caller, FieldArguments in) {
        require(caller, in.text("environmentId"));
        return "rw_shell-" + world.freshId();
    }
}

package dev.interlock.drill.railway;

import dev.interlock.drill.railway.World.Table;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Mutations of projects, environments and the account. */
final class ProjectMutations {

    private final World world;
    private final AcceptedTokens tokens;

    ProjectMutations(World world, AcceptedTokens tokens) {
        this.world = world;
        this.tokens = tokens;
    }

    Map<String, RootResolver> roots() {
        Map<String, RootResolver> roots = new LinkedHashMap<>();
        roots.put("projectUpdate", this::update);
        roots.put("projectDelete", (caller, in) -> delete(caller, in.text("id")));
        roots.put("projectScheduleDelete", (caller, in) -> schedule(caller, in.text("id"), true));
        roots.put("projectScheduleDeleteCancel", (caller, in) -> schedule(caller, in.text("id"), false));
        roots.put("projectScheduleDeleteForce", (caller, in) -> delete(caller, in.text("id")));
        roots.put("workspaceDelete", (caller, in) -> deleteWorkspace(caller, in.text("id")));
        roots.put("environmentCreate", (caller, in) -> createEnvironment(caller, in.in("input")));
        roots.put("environmentRename", this::renameEnvironment);
        roots.put("environmentDelete", (caller, in) -> deleteEnvironment(environment(caller, in.text("id"))));
        roots.put("environmentStageChanges", this::stage);
        roots.put("environmentPatchCommit", (caller, in) -> apply(caller, in, in.value("patch")));
        roots.put("environmentPatchCommitStaged", this::applyStaged);
        roots.put("environmentApplyChangeSet", this::applyChangeSet);
        roots.put("apiTokenCreate", (caller, in) -> createToken(caller, in.in("input")));
        roots.put("projectTokenCreate", (caller, in) -> createProjectToken(caller, in.in("input")));
        roots.put("sshPublicKeyCreate", (caller, in) -> createSshKey(caller, in.in("input")));
        return roots;
    }

    private static void requireAccount(TokenOwner caller) {
        if (!caller.isAccount()) {
            throw ApiException.notAuthorized();
        }
    }

    private WorldRow environment(TokenOwner caller, String id) {
        if (!caller.reachesAny(Set.of(id))) {
            throw ApiException.notAuthorized();
        }
        return world.find(Table.ENVIRONMENT, id);
    }

    private WorldRow project(TokenOwner caller, String id) {
        requireAccount(caller);
        return world.find(Table.PROJECT, id);
    }

    private WorldRow update(TokenOwner caller, FieldArguments in) {
        WorldRow project = project(caller, in.text("id"));
        in.in("input").values().forEach(project::with);
        return project;
    }

    private boolean delete(TokenOwner caller, String id) {
        WorldRow project = project(caller, id);
        world.where(Table.VOLUME, "projectId", id).forEach(volume -> VolumeMutations.delete(world, volume));
        world.where(Table.ENVIRONMENT, "projectId", id).forEach(this::deleteEnvironment);
        world.where(Table.SERVICE, "projectId", id).forEach(service -> world.remove(Table.SERVICE, service));
        world.remove(Table.PROJECT, project);
        return true;
    }

    private boolean schedule(TokenOwner caller, String id, boolean on) {
        WorldRow project = project(caller, id);
        project.with("deletedAt", on ? project.value("updatedAt") : null);
        return true;
    }

    private boolean deleteWorkspace(TokenOwner caller, String id) {
        requireAccount(caller);
        world.find(Table.WORKSPACE, id);
        world.where(Table.PROJECT, "workspaceId", id).forEach(project -> delete(caller, project.id()));
        return true;
    }

    private WorldRow createEnvironment(TokenOwner caller, FieldArguments in) {
        requireAccount(caller);
        return world.put(Table.ENVIRONMENT, world.freshId())
                .with("name", in.text("name"))
                .with("projectId", in.text("projectId"))
                .with("isEphemeral", in.flag("ephemeral"))
                .with("sourceEnvironmentId", in.optional("sourceEnvironmentId"))
                .with("canAccess", true)
                .with("unmergedChangesCount", 0);
    }

    private WorldRow renameEnvironment(TokenOwner caller, FieldArguments in) {
        return environment(caller, in.text("id")).with("name", in.in("input").text("name"));
    }

    private boolean deleteEnvironment(WorldRow environment) {
        world.where(Table.VOLUME_INSTANCE, "environmentId", environment.id())
                .forEach(mount -> VolumeMutations.unmount(world, mount));
        for (Table table : Set.of(Table.SERVICE_INSTANCE, Table.VARIABLE, Table.DEPLOYMENT, Table.DOMAIN)) {
            world.where(table, "environmentId", environment.id()).forEach(row -> world.remove(table, row));
        }
        world.remove(Table.ENVIRONMENT, environment);
        return true;
    }

    private WorldRow stage(TokenOwner caller, FieldArguments in) {
        WorldRow environment = environment(caller, in.text("environmentId"));
        return EnvironmentPatches.stage(world, environment.id(), in.value("input"));
    }

    private String apply(TokenOwner caller, FieldArguments in, @Nullable Object patch) {
        WorldRow environment = environment(caller, in.text("environmentId"));
        EnvironmentPatches.apply(world, environment.id(), patch);
        return "patch-" + world.freshId();
    }

    private String applyStaged(TokenOwner caller, FieldArguments in) {
        WorldRow environment = environment(caller, in.text("environmentId"));
        return apply(
                caller, in, EnvironmentPatches.staged(world, environment.id()).value("patch"));
    }

    private WorldRow applyChangeSet(TokenOwner caller, FieldArguments in) {
        return new WorldRow()
                .with("id", apply(caller, in, in.value("input")))
                .with("status", "APPLIED")
                .with("diagnostics", Map.of());
    }

    private String createToken(TokenOwner caller, FieldArguments in) {
        requireAccount(caller);
        String secret = "rw_minted-" + world.freshId();
        tokens.add(secret, new TokenOwner.Account("minted " + in.text("name")));
        return secret;
    }

    private String createProjectToken(TokenOwner caller, FieldArguments in) {
        requireAccount(caller);
        String secret = "rw_minted-" + world.freshId();
        tokens.add(
                secret,
                new TokenOwner.Project("minted " + in.text("name"), in.text("projectId"), in.text("environmentId")));
        return secret;
    }

    private WorldRow createSshKey(TokenOwner caller, FieldArguments in) {
        requireAccount(caller);
        return new WorldRow()
                .with("id", world.freshId())
                .with("name", in.text("name"))
                .with("publicKey", in.text("publicKey"))
                .with("fingerprint", "SHA256:simulated")
                .with("createdAt", "2026-01-01T00:00:00Z")
                .with("updatedAt", "2026-01-01T00:00:00Z");
    }
}

package dev.interlock.drill.railway;

import dev.interlock.drill.railway.TokenOwner.ProjectScope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The fields of {@code Mutation}. All of them really happen, on disk too. */
record Mutations(World world) {

    Map<String, RootField> all() {
        Map<String, RootField> all = new HashMap<>();
        addVolumes(all);
        addServices(all);
        addProjects(all);
        addPatches(all);
        return all;
    }

    private void addVolumes(Map<String, RootField> all) {
        all.put("volumeCreate", (owner, in) -> createVolume(owner, in.in("input")));
        all.put("volumeUpdate", (owner, in) -> volume(owner, in).with(in.in("input")));
        done(all, "volumeDelete", (owner, in) -> deleteVolume(volume(owner, in)));
        done(all, "volumeInstanceUpdate", this::updateMounts);
        done(all, "volumePurgeEverything", (owner, _) -> {
            owner.requireAccount();
            world.all("Volume").forEach(this::deleteVolume);
        });
        all.put("volumeInstanceBackupCreate", (owner, in) -> {
            world.backUp(world.freshId(), mount(owner, in).id()).with("name", in.optional("name"));
            return workflow();
        });
        all.put("volumeInstanceBackupDelete", (owner, in) -> {
            deleteBackup(mount(owner, in), backup(owner, in));
            return workflow();
        });
        all.put("volumeInstanceBackupRestore", this::restore);
        done(all, "volumeInstanceBackupScheduleUpdate", this::schedule);
    }

    private void addServices(Map<String, RootField> all) {
        done(all, "serviceDelete", this::deleteService);
        done(all, "serviceInstanceUpdate", (owner, in) -> {
            for (ObjectFields one : serviceInstances(owner, in, in.text("serviceId"))) {
                one.with(in.in("input"));
            }
        });
        done(all, "serviceInstanceRedeploy", this::redeploy);
        done(all, "variableUpsert", (owner, in) -> {
            ObjectFields named = in.in("input");
            setVariable(
                    environment(owner, named), named.optional("serviceId"), named.text("name"), named.text("value"));
        });
        done(all, "variableDelete", (owner, in) -> {
            ObjectFields named = in.in("input");
            setVariable(environment(owner, named), named.optional("serviceId"), named.text("name"), null);
        });
        done(all, "variableCollectionUpsert", this::setCollection);
        all.put("sandboxExec", this::exec);
        all.put("generateShellToken", (owner, in) -> {
            environment(owner, in.in("input"));
            return "rw_shell-" + world.freshId();
        });
    }

    private void addProjects(Map<String, RootField> all) {
        for (String name : List.of("projectDelete", "projectScheduleDeleteForce")) {
            done(all, name, (owner, in) -> deleteProject(world.find("Project", in.id()), owner));
        }
        done(all, "projectScheduleDelete", (owner, in) -> {
            owner.requireAccount();
            ObjectFields project = world.find("Project", in.id());
            project.with("deletedAt", project.value("updatedAt"));
        });
        done(
                all,
                "workspaceDelete",
                (owner, in) -> world.where(
                                "Project",
                                "workspaceId",
                                world.find("Workspace", in.id()).id())
                        .forEach(project -> deleteProject(project, owner)));
        all.put("environmentRename", (owner, in) -> {
            owner.require(in.id());
            return world.find("Environment", in.id())
                    .with("name", in.in("input").text("name"));
        });
        done(all, "environmentDelete", (owner, in) -> {
            owner.require(in.id());
            deleteEnvironment(world.find("Environment", in.id()));
        });
        all.put("apiTokenCreate", (owner, in) -> mint(owner, in.in("input"), Optional.empty()));
        all.put("projectTokenCreate", (owner, in) -> {
            ObjectFields input = in.in("input");
            ProjectScope scope = new ProjectScope(input.text("projectId"), input.text("environmentId"));
            return mint(owner, input, Optional.of(scope));
        });
    }

    private void addPatches(Map<String, RootField> all) {
        all.put(
                "environmentStageChanges",
                (owner, in) -> world.put("EnvironmentPatch", environment(owner, in))
                        .with("environmentId", in.text("environmentId"))
                        .with("status", "STAGED")
                        .with("patch", in.value("input")));
        all.put("environmentPatchCommit", (owner, in) -> apply(owner, in, in.in("patch")));
        all.put("environmentPatchCommitStaged", (owner, in) -> {
            List<ObjectFields> staged = world.where("EnvironmentPatch", "id", in.text("environmentId"));
            return apply(
                    owner,
                    in,
                    staged.isEmpty() ? new ObjectFields() : staged.getFirst().in("patch"));
        });
        all.put(
                "environmentApplyChangeSet",
                (owner, in) -> new ObjectFields()
                        .with("id", apply(owner, in, in.in("input")))
                        .with("status", "APPLIED")
                        .with("diagnostics", Map.of()));
    }

    private interface Change {
        void make(TokenOwner owner, ObjectFields arguments);
    }

    private static void done(Map<String, RootField> all, String name, Change change) {
        all.put(name, (owner, in) -> {
            change.make(owner, in);
            return true;
        });
    }

    private ObjectFields workflow() {
        return new ObjectFields().with("workflowId", "workflow-" + world.freshId());
    }

    private ObjectFields volume(TokenOwner owner, ObjectFields in) {
        ObjectFields volume = world.find("Volume", in.text("volumeId"));
        owner.requireAny(world.environments("VolumeInstance", "volumeId", volume.id()));
        return volume;
    }

    private ObjectFields mount(TokenOwner owner, ObjectFields in) {
        ObjectFields mount = world.find("VolumeInstance", in.text("volumeInstanceId"));
        owner.require(mount.text("environmentId"));
        return mount;
    }

    private String environment(TokenOwner owner, ObjectFields in) {
        String environment = world.find("Environment", in.text("environmentId")).id();
        owner.require(environment);
        return environment;
    }

    private ObjectFields createVolume(TokenOwner owner, ObjectFields in) {
        String environment = environment(owner, in);
        ObjectFields volume = world.put("Volume")
                .with("name", "volume-" + in.text("mountPath").replace('/', '-'))
                .with("projectId", in.text("projectId"));
        world.disks.create(volume.id(), Optional.empty());
        world.put("VolumeInstance")
                .with("volumeId", volume.id())
                .with("environmentId", environment)
                .with("serviceId", in.optional("serviceId"))
                .with("mountPath", in.text("mountPath"));
        return volume;
    }

    /** Removes the volume from every environment, with its backups, whichever environment was meant. */
    private void deleteVolume(ObjectFields volume) {
        world.where("VolumeInstance", "volumeId", volume.id()).forEach(this::forget);
        world.remove("Volume", volume);
        world.disks.delete(volume.id());
    }

    /** Removes one mount with its backups, and the volume with the last of them. */
    private void unmount(ObjectFields mount) {
        world.where("VolumeInstanceBackup", "volumeInstanceId", mount.id())
                .forEach(backup -> world.disks.deleteBackup(mount.text("volumeId"), backup.id()));
        forget(mount);
        if (world.where("VolumeInstance", "volumeId", mount.text("volumeId")).isEmpty()) {
            deleteVolume(world.find("Volume", mount.text("volumeId")));
        }
    }

    private void forget(ObjectFields mount) {
        for (String type : List.of("VolumeInstanceBackup", "VolumeInstanceBackupSchedule")) {
            world.where(type, "volumeInstanceId", mount.id()).forEach(row -> world.remove(type, row));
        }
        world.remove("VolumeInstance", mount);
    }

    private void updateMounts(TokenOwner owner, ObjectFields in) {
        for (ObjectFields mount :
                world.where("VolumeInstance", "volumeId", volume(owner, in).id())) {
            if (in.optional("environmentId") == null || mount.is("environmentId", in.optional("environmentId"))) {
                mount.with(in.in("input"));
                if (mount.is("state", "DELETED")) {
                    unmount(mount);
                }
            }
        }
    }

    private ObjectFields backup(TokenOwner owner, ObjectFields in) {
        ObjectFields backup = world.find("VolumeInstanceBackup", in.text("volumeInstanceBackupId"));
        if (!backup.is("volumeInstanceId", mount(owner, in).id())) {
            throw new ApiException("Not Authorized");
        }
        return backup;
    }

    private void deleteBackup(ObjectFields mount, ObjectFields backup) {
        world.disks.deleteBackup(mount.text("volumeId"), backup.id());
        world.remove("VolumeInstanceBackup", backup);
    }

    /** Restoring removes every newer backup. */
    private ObjectFields restore(TokenOwner owner, ObjectFields in) {
        ObjectFields mount = mount(owner, in);
        ObjectFields backup = backup(owner, in);
        world.disks.restore(mount.text("volumeId"), backup.id());
        in.texts("wipeServiceIds").forEach(service -> wipe(service, mount.text("environmentId")));
        for (ObjectFields other : world.where("VolumeInstanceBackup", "volumeInstanceId", mount.id())) {
            if (other.text("createdAt").compareTo(backup.text("createdAt")) > 0) {
                deleteBackup(mount, other);
            }
        }
        return workflow();
    }

    private void wipe(String service, String environment) {
        world.of("VolumeInstance", service, environment).forEach(mount -> world.disks.wipe(mount.text("volumeId")));
    }

    private void schedule(TokenOwner owner, ObjectFields in) {
        String mount = mount(owner, in).id();
        String type = "VolumeInstanceBackupSchedule";
        world.where(type, "volumeInstanceId", mount).forEach(row -> world.remove(type, row));
        in.texts("kinds")
                .forEach(kind -> world.put(type)
                        .with("volumeInstanceId", mount)
                        .with("name", kind)
                        .with("kind", kind));
    }

    /**
     * Returns the instances that a change of {@code service} reaches. According to the provider's documentation of the
     * argument, a change in a fork stays in that environment. A change in any other reaches all environments that are
     * not forks.
     */
    private List<ObjectFields> serviceInstances(TokenOwner owner, ObjectFields in, String service) {
        owner.requireAny(world.environments("ServiceInstance", "serviceId", service));
        String environment = in.optional("environmentId");
        return environment != null && isFork(environment)
                ? world.of("ServiceInstance", service, environment)
                : world.where(
                        "ServiceInstance", row -> row.is("serviceId", service) && !isFork(row.text("environmentId")));
    }

    private boolean isFork(String environment) {
        return world.find("Environment", environment).value("sourceEnvironmentId") != null;
    }

    private void deleteService(TokenOwner owner, ObjectFields in) {
        for (ObjectFields one : serviceInstances(owner, in, in.id())) {
            world.of("VolumeInstance", in.id(), one.text("environmentId"))
                    .forEach(mount -> mount.with("serviceId", null));
            world.remove("ServiceInstance", one);
        }
        if (world.where("ServiceInstance", "serviceId", in.id()).isEmpty()) {
            world.remove("Service", world.find("Service", in.id()));
        }
    }

    private void redeploy(TokenOwner owner, ObjectFields in) {
        String environment = environment(owner, in);
        ObjectFields service = world.find("Service", in.text("serviceId"));
        for (ObjectFields one : world.of("ServiceInstance", service.id(), environment)) {
            run(String.valueOf(one.value("startCommand")) + one.value("preDeployCommand"), environment, service.id());
        }
        world.put("Deployment")
                .with("projectId", service.text("projectId"))
                .with("environmentId", environment)
                .with("serviceId", service.id());
    }

    /** Runs a command with the volumes mounted, as the provider would. It knows enough of a shell to lose data. */
    private void run(String command, String environment, String service) {
        if (command.contains("rm -rf")) {
            wipe(service, environment);
        }
    }

    private ObjectFields exec(TokenOwner owner, ObjectFields in) {
        String environment = environment(owner, in);
        world.where("ServiceInstance", "environmentId", environment)
                .forEach(one -> run(in.text("command"), environment, one.text("serviceId")));
        return new ObjectFields()
                .with("exitCode", 0)
                .with("stdout", "")
                .with("stderr", "")
                .with("timedOut", false)
                .with("truncated", false);
    }

    private void setCollection(TokenOwner owner, ObjectFields in) {
        ObjectFields input = in.in("input");
        String environment = environment(owner, input);
        String service = input.optional("serviceId");
        if (input.flag("replace")) {
            for (String name : world.variables(environment, service).keySet()) {
                setVariable(environment, service, name, null);
            }
        }
        setAll(environment, service, input.in("variables"));
    }

    private void setAll(String environment, @Nullable String service, ObjectFields variables) {
        for (String name : variables.names()) {
            Object plain = variables.in(name).value("value");
            setVariable(environment, service, name, plain == null ? variables.optional(name) : plain.toString());
        }
    }

    /** Sets the variable, or removes it if {@code value} is {@code null}. */
    private void setVariable(String environment, @Nullable String service, String name, @Nullable String value) {
        world.of("Variable", service, environment).stream()
                .filter(row -> row.is("name", name))
                .forEach(row -> world.remove("Variable", row));
        if (value != null) {
            world.put("Variable")
                    .with("environmentId", environment)
                    .with("serviceId", service)
                    .with("name", name)
                    .with("value", value);
        }
    }

    private void deleteProject(ObjectFields project, TokenOwner owner) {
        owner.requireAccount();
        each("Volume", project, this::deleteVolume);
        each("Environment", project, this::deleteEnvironment);
        each("Service", project, service -> world.remove("Service", service));
        world.remove("Project", project);
    }

    private void each(String type, ObjectFields project, Consumer<ObjectFields> change) {
        world.where(type, "projectId", project.id()).forEach(change);
    }

    private void deleteEnvironment(ObjectFields environment) {
        world.where("VolumeInstance", "environmentId", environment.id()).forEach(this::unmount);
        for (String type : List.of("ServiceInstance", "Variable", "Deployment", "CustomDomain")) {
            world.where(type, "environmentId", environment.id()).forEach(row -> world.remove(type, row));
        }
        world.remove("Environment", environment);
    }

    /** Changes an environment by one opaque document: the inconspicuous way to delete. */
    private String apply(TokenOwner owner, ObjectFields in, ObjectFields patch) {
        String environment = environment(owner, in);
        ObjectFields volumes = patch.in("volumes");
        for (String id : volumes.names()) {
            if (volumes.in(id).flag("isDeleted")) {
                world.where("VolumeInstance", row -> row.is("volumeId", id) && row.is("environmentId", environment))
                        .forEach(this::unmount);
            }
        }
        ObjectFields services = patch.in("services");
        for (String id : services.names()) {
            if (services.in(id).flag("isDeleted")) {
                world.of("ServiceInstance", id, environment).forEach(row -> world.remove("ServiceInstance", row));
            }
            setAll(environment, id, services.in(id).in("variables"));
        }
        setAll(environment, null, patch.in("sharedVariables"));
        setAll(environment, null, patch.in("variables"));
        return "patch-" + world.freshId();
    }

    private String mint(TokenOwner owner, ObjectFields in, Optional<ProjectScope> scope) {
        owner.requireAccount();
        String secret = "rw_minted-" + world.freshId();
        world.addToken(secret, "minted " + in.text("name"), scope);
        return secret;
    }
}

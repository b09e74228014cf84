package dev.interlock.drill.railway;

import dev.interlock.drill.railway.World.Table;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Mutations of volumes and their backups. All of them really happen on disk. */
final class VolumeMutations {

    private final World world;

    VolumeMutations(World world) {
        this.world = world;
    }

    Map<String, RootResolver> roots() {
        Map<String, RootResolver> roots = new LinkedHashMap<>();
        roots.put("volumeCreate", (caller, in) -> create(caller, in.in("input")));
        roots.put("volumeUpdate", this::update);
        roots.put("volumeDelete", (caller, in) -> delete(world, volume(caller, in.text("volumeId"))));
        roots.put("volumeInstanceUpdate", this::updateMounts);
        roots.put("volumeInstanceBackupCreate", this::backUp);
        roots.put("volumeInstanceBackupDelete", this::deleteBackup);
        roots.put("volumeInstanceBackupLock", this::lockBackup);
        roots.put("volumeInstanceBackupRestore", this::restore);
        roots.put("volumeInstanceBackupScheduleUpdate", this::schedules);
        roots.put("volumePurgeEverything", (caller, _) -> purge(caller));
        return roots;
    }

    private WorldRow volume(TokenOwner caller, String id) {
        WorldRow volume = world.find(Table.VOLUME, id);
        if (!caller.isAccount() && !caller.reachesAny(world.environmentsOf(volume))) {
            throw ApiException.notAuthorized();
        }
        return volume;
    }

    private WorldRow mount(TokenOwner caller, String id) {
        WorldRow mount = world.find(Table.VOLUME_INSTANCE, id);
        if (!caller.reachesAny(Set.of(mount.text("environmentId")))) {
            throw ApiException.notAuthorized();
        }
        return mount;
    }

    private WorldRow create(TokenOwner caller, FieldArguments in) {
        String project = in.text("projectId");
        String environment = in.optional("environmentId");
        boolean allowed = environment == null ? caller.isAccount() : caller.reachesAny(Set.of(environment));
        if (!allowed) {
            throw ApiException.notAuthorized();
        }
        WorldRow volume = world.put(Table.VOLUME, world.freshId())
                .with("name", "volume-" + in.text("mountPath").replace('/', '-'))
                .with("projectId", project);
        world.disks.create(volume.id());
        for (WorldRow one : world.where(Table.ENVIRONMENT, "projectId", project)) {
            if (environment == null || one.id().equals(environment)) {
                WorldFile.mount(world, world.freshId(), volume.id(), one.id(), in.optional("serviceId"))
                        .with("mountPath", in.text("mountPath"));
            }
        }
        return volume;
    }

    private WorldRow update(TokenOwner caller, FieldArguments in) {
        WorldRow volume = volume(caller, in.text("volumeId"));
        String name = in.in("input").optional("name");
        return name == null ? volume : volume.with("name", name);
    }

    /** Removes the volume from every environment, with its backups, whichever environment was meant. */
    static boolean delete(World world, WorldRow volume) {
        world.mounts(volume).forEach(mount -> forget(world, mount));
        world.remove(Table.VOLUME, volume);
        world.disks.delete(volume.id());
        return true;
    }

    /** Removes one mount with its backups, and the volume with the last of them. */
    static void unmount(World world, WorldRow mount) {
        WorldRow volume = world.find(Table.VOLUME, mount.text("volumeId"));
        world.where(Table.BACKUP, "volumeInstanceId", mount.id())
                .forEach(backup -> world.disks.deleteBackup(volume.id(), backup.id()));
        forget(world, mount);
        if (world.mounts(volume).isEmpty()) {
            delete(world, volume);
        }
    }

    private static void forget(World world, WorldRow mount) {
        for (Table table : List.of(Table.BACKUP, Table.SCHEDULE)) {
            world.where(table, "volumeInstanceId", mount.id()).forEach(row -> world.remove(table, row));
        }
        world.remove(Table.VOLUME_INSTANCE, mount);
    }

    private boolean updateMounts(TokenOwner caller, FieldArguments in) {
        WorldRow volume = volume(caller, in.text("volumeId"));
        String environment = in.optional("environmentId");
        for (WorldRow mount : world.mounts(volume)) {
            if (environment == null || mount.is("environmentId", environment)) {
                updateMount(mount, in.in("input"));
            }
        }
        return true;
    }

    private void updateMount(WorldRow mount, FieldArguments input) {
        input.values().forEach(mount::with);
        if ("DELETED".equals(input.optional("state"))) {
            unmount(world, mount);
        }
    }

    private WorldRow backUp(TokenOwner caller, FieldArguments in) {
        WorldRow mount = mount(caller, in.text("volumeInstanceId"));
        WorldRow backup = backup(world, world.freshId(), mount.id(), in.optional("name"));
        world.disks.backUp(mount.text("volumeId"), backup.id());
        return workflow();
    }

    static WorldRow backup(World world, String id, String mount, @Nullable String name) {
        return world.put(Table.BACKUP, id)
                .with("volumeInstanceId", mount)
                .with("name", name)
                .with("externalId", "snapshot-" + id)
                .with("usedMB", 12)
                .with("referencedMB", 42)
                .with("volumeInstanceSizeMB", 5_000);
    }

    private WorldRow ownBackup(WorldRow mount, FieldArguments in) {
        WorldRow backup = world.find(Table.BACKUP, in.text("volumeInstanceBackupId"));
        if (!backup.is("volumeInstanceId", mount.id())) {
            throw ApiException.notAuthorized();
        }
        return backup;
    }

    private WorldRow deleteBackup(TokenOwner caller, FieldArguments in) {
        WorldRow mount = mount(caller, in.text("volumeInstanceId"));
        WorldRow backup = ownBackup(mount, in);
        world.disks.deleteBackup(mount.text("volumeId"), backup.id());
        world.remove(Table.BACKUP, backup);
        return workflow();
    }

    private boolean lockBackup(TokenOwner caller, FieldArguments in) {
        ownBackup(mount(caller, in.text("volumeInstanceId")), in).with("expiresAt", null);
        return true;
    }

    private WorldRow restore(TokenOwner caller, FieldArguments in) {
        WorldRow mount = mount(caller, in.text("volumeInstanceId"));
        WorldRow backup = ownBackup(mount, in);
        world.disks.restore(mount.text("volumeId"), backup.id());
        in.texts("wipeServiceIds").forEach(service -> wipeService(world, service, mount.text("environmentId")));
        // Restoring removes every newer backup.
        for (WorldRow other : world.where(Table.BACKUP, "volumeInstanceId", mount.id())) {
            if (other.text("createdAt").compareTo(backup.text("createdAt")) > 0) {
                world.disks.deleteBackup(mount.text("volumeId"), other.id());
                world.remove(Table.BACKUP, other);
            }
        }
        return workflow();
    }

    static void wipeService(World world, String service, String environment) {
        world.where(Table.VOLUME_INSTANCE, row -> row.is("serviceId", service) && row.is("environmentId", environment))
                .forEach(row -> world.disks.wipe(row.text("volumeId")));
    }

    private boolean schedules(TokenOwner caller, FieldArguments in) {
        WorldRow mount = mount(caller, in.text("volumeInstanceId"));
        world.where(Table.SCHEDULE, "volumeInstanceId", mount.id()).forEach(row -> world.remove(Table.SCHEDULE, row));
        in.texts("kinds").forEach(kind -> schedule(world, mount.id(), kind));
        return true;
    }

    static void schedule(World world, String mount, String kind) {
        world.put(Table.SCHEDULE, World.derivedId(mount + " " + kind))
                .with("volumeInstanceId", mount)
                .with("name", kind)
                .with("kind", kind)
                .with("cron", "0 3 * * *")
                .with("retentionSeconds", 518_400);
    }

    private boolean purge(TokenOwner caller) {
        if (!caller.isAccount()) {
            throw ApiException.notAuthorized();
        }
        world.where(Table.VOLUME, _ -> true).forEach(volume -> delete(world, volume));
        return true;
    }

    private WorldRow workflow() {
        return new WorldRow().with("workflowId", "workflow-" + world.freshId());
    }
}

package dev.interlock.inventory;

import dev.interlock.action.Resource;

/**
 * The meaning of a resource for the inventory, by the name of its type. Catalogs of every provider use these names
 * where they mean these things. Hyphens do not matter.
 */
enum ResourceKind {
    ACCOUNT,
    WORKSPACE,
    PROJECT,
    ENVIRONMENT,
    SERVICE,
    /** A service in one environment. */
    SERVICE_INSTANCE,
    VOLUME,
    MOUNT,
    BACKUP,
    /** A resource that can be queried by id, but that no list contains. */
    SINGLE,
    /** A resource about which nothing can be found out. */
    OTHER;

    /** Returns whether it is a thing by itself, and no place where others are. */
    boolean isThing() {
        return switch (this) {
            case SERVICE, SERVICE_INSTANCE, VOLUME, MOUNT, BACKUP, SINGLE, OTHER -> true;
            case ACCOUNT, WORKSPACE, PROJECT, ENVIRONMENT -> false;
        };
    }

    static ResourceKind of(Resource resource) {
        return switch (resource.type().replace("-", "")) {
            case "account" -> ACCOUNT;
            case "workspace" -> WORKSPACE;
            case "project" -> PROJECT;
            case "environment" -> ENVIRONMENT;
            case "service" -> SERVICE;
            case "serviceinstance" -> SERVICE_INSTANCE;
            case "volume" -> VOLUME;
            case "volumeinstance" -> MOUNT;
            case "backup", "volumebackup", "volumeinstancebackup" -> BACKUP;
            case "deployment", "customdomain" -> SINGLE;
            default -> OTHER;
        };
    }
}

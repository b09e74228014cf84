package dev.interlock.inventory;

import dev.interlock.action.Resource;

/** The meaning of a Railway resource type for the inventory. Hyphens do not matter. */
enum RailwayKind {
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

    static RailwayKind of(Resource resource) {
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

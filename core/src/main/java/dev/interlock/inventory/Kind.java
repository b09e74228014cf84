package dev.interlock.inventory;

import dev.interlock.action.Resource;

/** What a resource type of Railway's is to the inventory. Hyphens do not matter. */
enum Kind {
    ACCOUNT,
    WORKSPACE,
    PROJECT,
    ENVIRONMENT,
    SERVICE,
    VOLUME,
    MOUNT,
    BACKUP,
    /** Something that can be asked for, but that no list holds. */
    SINGLE,
    /** Something of which nothing can be found out. */
    OTHER;

    static Kind of(Resource resource) {
        return switch (resource.type().replace("-", "")) {
            case "account" -> ACCOUNT;
            case "workspace" -> WORKSPACE;
            case "project" -> PROJECT;
            case "environment" -> ENVIRONMENT;
            case "service" -> SERVICE;
            case "volume" -> VOLUME;
            case "volumeinstance" -> MOUNT;
            case "backup", "volumebackup", "volumeinstancebackup" -> BACKUP;
            case "deployment", "customdomain" -> SINGLE;
            default -> OTHER;
        };
    }
}

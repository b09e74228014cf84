package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Resource;
import java.util.Set;

/**
 * In what way one of Railway's operations loses what it touches. Nobody has to be listed here to count as the worst.
 */
enum Loss {
    /** All that it touches, with everything in and on it. */
    EVERYTHING,
    /** Settings, and no data. */
    SETTINGS,
    /** What makes and keeps backups. */
    PROTECTION,
    /** One backup. */
    BACKUP,
    /** Data, for that of a backup. */
    RESTORE;

    private static final Set<String> SETTING = Set.of(
            "customDomainDelete",
            "deploymentCancel",
            "deploymentRemove",
            "deploymentStop",
            "deploymentTriggerDelete",
            "disableServiceCdn",
            "egressGatewayAssociationsClear",
            "integrationDelete",
            "notificationRuleDelete",
            "observabilityDashboardReset",
            "privateNetworkEndpointDelete",
            "privateNetworksForEnvironmentDelete",
            "railwayDomainDnsRecordDelete",
            "railwayDomainNameserversSet",
            "railwayDomainUpdate",
            "serviceDomainDelete",
            "tcpProxyDelete",
            "updateServiceEdgeRules",
            "variableCollectionUpsert",
            "variableDelete",
            "variableUpsert");

    /** Take a document that may name anything in the environment. */
    private static final Set<String> PATCHES = Set.of(
            "environmentApplyChangeSet",
            "environmentPatchCommit",
            "environmentPatchCommitStaged",
            "environmentStageChanges");

    static Loss of(Action action) {
        String name = action.operation().name();
        if (SETTING.contains(name)) {
            return SETTINGS;
        }
        return switch (name) {
            case "volumeInstanceBackupScheduleUpdate", "volumeInstanceBackupLock", "disablePitrForHaCluster" ->
                PROTECTION;
            case "volumeInstanceBackupDelete", "volumeInstanceBackupBatchDelete" -> BACKUP;
            case "volumeInstanceBackupRestore" -> RESTORE;
            default -> EVERYTHING;
        };
    }

    /** Stop what runs in a service, and touch nothing that it has mounted. */
    private static final Set<String> STOPPING = Set.of("cancelPitrHaWorkflow", "serviceInstanceLimitsUpdate");

    /** Whether the volumes of a service stay, whatever becomes of it: of its deletion nobody has said so. */
    static boolean leavesVolumes(Action action) {
        return STOPPING.contains(action.operation().name());
    }

    /** Whether {@code resource} only says where the others that {@code action} touches are. */
    static boolean isPlace(Action action, Resource resource) {
        return Kind.of(resource) == Kind.ENVIRONMENT
                && !PATCHES.contains(action.operation().name())
                && action.resources().stream().map(Kind::of).anyMatch(Loss::isThing);
    }

    private static boolean isThing(Kind kind) {
        return switch (kind) {
            case SERVICE, VOLUME, MOUNT, BACKUP, SINGLE, OTHER -> true;
            case ACCOUNT, WORKSPACE, PROJECT, ENVIRONMENT -> false;
        };
    }
}

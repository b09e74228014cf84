package dev.interlock.inventory;

import dev.interlock.action.Action;
import dev.interlock.action.Resource;
import java.util.Set;

/**
 * The kind of loss that one of Railway's operations causes. An operation that is not listed here counts as the worst.
 */
enum RailwayLossKind {
    /** Everything that it touches, with everything in and on it. */
    EVERYTHING,
    /** Settings, and no data. */
    SETTINGS,
    /** The settings that create and retain backups. */
    PROTECTION,
    /** One backup. */
    BACKUP,
    /** The current data, replaced by that of a backup. */
    RESTORE;

    private static final Set<String> SETTING = Set.of(
            "botScopeBindingRemove",
            "customDomainDelete",
            "deploymentCancel",
            "deploymentRemove",
            "deploymentStop",
            "deploymentTriggerDelete",
            "disableServiceCdn",
            "egressGatewayAssociationCreate",
            "egressGatewayAssociationsClear",
            "egressGatewayRollbackFromHA",
            "egressGatewayUpgradeToHA",
            "integrationDelete",
            "notificationRuleDelete",
            "observabilityDashboardReset",
            "privateNetworkEndpointDelete",
            "privateNetworksForEnvironmentDelete",
            "railwayDomainDnsRecordDelete",
            "railwayDomainNameserversSet",
            "railwayDomainUpdate",
            "serviceDomainDelete",
            "serviceInstanceLimitsUpdate",
            "serviceInstanceUpdate",
            "serviceRemoveUpstreamUrl",
            "tcpProxyDelete",
            "updateServiceEdgeRules",
            "variableCollectionUpsert",
            "variableDelete",
            "variableUpsert");

    /** Operations that take a document, which may name anything in the environment. */
    private static final Set<String> PATCHES = Set.of(
            "environmentApplyChangeSet",
            "environmentPatchCommit",
            "environmentPatchCommitStaged",
            "environmentStageChanges");

    static RailwayLossKind of(Action action) {
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

    /** Operations that stop what runs in a service, and touch nothing that it has mounted. */
    private static final Set<String> STOPPING = Set.of("cancelPitrHaWorkflow");

    /** Returns whether the volumes of a service surely stay. For the deletion of a service Railway does not say so. */
    static boolean leavesVolumes(Action action) {
        return STOPPING.contains(action.operation().name());
    }

    /** Returns whether {@code resource} only tells where the other resources of {@code action} are. */
    static boolean isPlace(Action action, Resource resource) {
        return RailwayKind.of(resource) == RailwayKind.ENVIRONMENT
                && !PATCHES.contains(action.operation().name())
                && action.resources().stream().map(RailwayKind::of).anyMatch(RailwayLossKind::isThing);
    }

    private static boolean isThing(RailwayKind kind) {
        return switch (kind) {
            case SERVICE, SERVICE_INSTANCE, VOLUME, MOUNT, BACKUP, SINGLE, OTHER -> true;
            case ACCOUNT, WORKSPACE, PROJECT, ENVIRONMENT -> false;
        };
    }
}

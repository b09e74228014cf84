package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Operation;
import java.util.List;

/** The operations and files of the built-in catalogs that a starter policy names. */
final class StarterOperations {

    /** Operations that take away backups, after which data is lost more easily. */
    static final List<String> PROTECTION = List.of(
            "hetzner/server_disable_backup",
            "hetzner/storage_box_disable_snapshot_plan",
            "hetzner/storage_box_enable_snapshot_plan",
            "hetzner/storage_box_snapshot_delete",
            "neon/deleteSnapshot",
            "neon/setSnapshotSchedule",
            "neon/updateSnapshot",
            "railway/disablePitrForHaCluster",
            "railway/volumeInstanceBackupDelete",
            "railway/volumeInstanceBackupScheduleUpdate",
            "supabase/v1-remove-project-addon",
            "supabase/v1-update-backup-schedule");

    /**
     * Operations that destroy settings, addresses or what runs, and no data that a backup could bring back. Those that
     * are missing here count as losing data.
     */
    static final List<String> WITHOUT_DATA = List.of(
            "hetzner/floating_ip_assign",
            "hetzner/floating_ip_delete",
            "hetzner/floating_ip_unassign",
            "hetzner/load_balancer_delete",
            "hetzner/load_balancer_delete_service",
            "hetzner/load_balancer_detach_from_network",
            "hetzner/load_balancer_disable_public_interface",
            "hetzner/load_balancer_remove_target",
            "hetzner/network_delete",
            "hetzner/network_delete_route",
            "hetzner/network_delete_subnet",
            "hetzner/placement_group_delete",
            "hetzner/primary_ip_assign",
            "hetzner/primary_ip_delete",
            "hetzner/primary_ip_unassign",
            "hetzner/primary_ip_update",
            "hetzner/server_change_alias_ips",
            "hetzner/server_detach_from_network",
            "hetzner/volume_detach",
            "hetzner/zone_delete",
            "hetzner/zone_import_zonefile",
            "hetzner/zone_rrset_delete",
            "hetzner/zone_rrset_remove_records",
            "neon/deleteProjectEndpoint",
            "neon/suspendProjectEndpoint",
            "neon/updateProjectEndpoint",
            "railway/customDomainDelete",
            "railway/deploymentRemove",
            "railway/deploymentStop",
            "railway/deploymentTriggerDelete",
            "railway/disableServiceCdn",
            "railway/integrationDelete",
            "railway/notificationRuleDelete",
            "railway/observabilityDashboardReset",
            "railway/privateNetworkEndpointDelete",
            "railway/privateNetworksForEnvironmentDelete",
            "railway/railwayDomainDnsRecordDelete",
            "railway/serviceDomainDelete",
            "railway/serviceInstanceUpdate",
            "railway/serviceRemoveUpstreamUrl",
            "railway/tcpProxyDelete",
            "railway/updateServiceEdgeRules",
            "railway/variableCollectionUpsert",
            "railway/variableDelete",
            "railway/variableUpsert",
            "supabase/v1-delete-a-function",
            "supabase/v1-remove-a-read-replica");

    /** Operations that read logs, in which an application may have written secrets. */
    static final List<String> LOGS = List.of(
            "github/actions/download-job-logs-for-workflow-run",
            "github/actions/download-workflow-run-attempt-logs",
            "github/actions/download-workflow-run-logs",
            "github/actions_get/get_workflow_run_logs_url",
            "github/get_job_logs",
            "railway/buildLogs",
            "railway/deploymentLogs",
            "railway/environmentLogs",
            "railway/httpLogs",
            "railway/pluginLogs",
            "supabase/v1-get-project-logs",
            "supabase/v1-get-project-logs-all");

    /** Operations that read a file by its path. */
    static final List<String> FILES = List.of("github/get_file_contents", "github/repos/get-content");

    /** Paths of files that hold secrets. Examples such as {@code .env.example} hold none, and do not fit. */
    static final List<String> SECRET_FILES = List.of(
            "*.pem",
            "*.key",
            "*.p12",
            "*.pfx",
            "*.tfstate",
            "*.tfstate.backup",
            "*.env",
            "*.env.local",
            "*.env.development",
            "*.env.staging",
            "*.env.prod",
            "*.env.production",
            "*id_rsa",
            "*id_ed25519");

    private StarterOperations() {}

    /** Returns those of {@code operations} that {@code catalog} has. */
    static List<String> known(List<String> operations, String catalog, CatalogFacts catalogs) {
        return operations.stream()
                .filter(name -> name.startsWith(catalog + "/"))
                .filter(name -> !catalogs.possible(Operation.parse(name)).isEmpty())
                .toList();
    }
}

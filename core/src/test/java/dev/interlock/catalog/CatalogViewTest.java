package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests that policy sees every catalog, and that only the catalogs in use are read. */
class CatalogViewTest {

    @Test
    void everyCatalogListsItsOperationsWithTheirImpacts() {
        CatalogFacts facts = CatalogView.facts();
        assertThat(facts.operations().keySet()).isEqualTo(facts.digests().keySet());
        assertThat(facts.operations()).containsKey("railway").doesNotContainKey("nobody");
        assertThat(facts.operations("nobody")).isEmpty();
        assertThat(facts.impacts(Operation.parse("github/repos/delete"))).containsExactly(Impact.DESTROY);
        assertThat(facts.impacts(Operation.parse("github/repos/get"))).containsExactly(Impact.READ);
        assertThat(facts.operations()).hasSameSizeAs(facts.operations().entrySet());
    }

    @Test
    void everyProviderWithDataListsItsDataResources() {
        CatalogFacts facts = CatalogView.facts();
        assertThat(facts.holdsData("neon")).containsExactlyInAnyOrder("project", "branch");
        assertThat(facts.holdsData("supabase")).containsExactly("project");
        assertThat(facts.holdsData("hetzner")).containsExactlyInAnyOrder("server", "volume", "storage-box");
        assertThat(facts.holdsData("railway")).containsExactlyInAnyOrder("volume", "bucket");
        assertThat(facts.holdsData("openai")).isEmpty();
        assertThat(facts.holdsData("nobody")).isEmpty();
    }

    /** Removing backups, storing fewer, or ending their schedule destroys backups that would exist otherwise. */
    @Test
    void operationsThatRemoveBackupsDestroy() {
        Map<String, List<String>> takers = Map.of(
                "railway",
                List.of(
                        "volumeDelete",
                        "volumeInstanceBackupDelete",
                        "volumeInstanceBackupRestore",
                        "volumeInstanceBackupScheduleUpdate",
                        "disablePitrForHaCluster",
                        "cancelPitrHaWorkflow"),
                "hetzner",
                List.of(
                        "server_disable_backup",
                        "storage_box_delete",
                        "storage_box_snapshot_delete",
                        "storage_box_rollback_snapshot",
                        "storage_box_enable_snapshot_plan",
                        "storage_box_disable_snapshot_plan"),
                "neon",
                List.of("deleteSnapshot", "updateSnapshot", "setSnapshotSchedule"),
                "supabase",
                List.of(
                        "v1-run-a-query",
                        "v1-read-only-query",
                        "v1-apply-a-migration",
                        "v1-restore-physical-backup",
                        "v1-restore-pitr-backup",
                        "v1-undo",
                        "v1-update-backup-schedule",
                        "v1-apply-project-addon",
                        "v1-remove-project-addon",
                        "v1-update-postgres-config",
                        "v1-pause-a-project",
                        "v1-delete-a-project"));
        CatalogFacts facts = CatalogView.facts();
        takers.forEach((catalog, operations) ->
                operations.forEach(operation -> assertThat(facts.impacts(new Operation(catalog, operation)))
                        .as(catalog + "/" + operation)
                        .contains(Impact.DESTROY)));
        assertThat(facts.possible(Operation.parse("neon/updateProject")))
                .as("a shorter history")
                .contains(Impact.DESTROY);
    }
}

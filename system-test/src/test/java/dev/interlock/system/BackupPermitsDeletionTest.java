package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.catalog.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that what cannot be undone is only permitted with a backup that was restored for real: a database that restic
 * backs up, in a store on another device.
 */
@Tag("process")
class BackupPermitsDeletionTest {

    private static final String SECOND = "20[0-9-]+T[0-9]{2}:[0-9]{2}:[0-9]{2}Z";

    @TempDir
    private Path root;

    private SmallService service;
    private ServiceGatewayInstallation house;
    private ShopDatabase shop;
    private Path store;

    @BeforeEach
    void start() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        assumeTrue(Programs.has("restic"), "no restic is installed: apt-get install restic");
        ShopDatabase.assumeThatItRuns();
        Path database = Files.createDirectory(root.resolve("database"));
        service = new SmallService();
        service.keep("/orders/o-2", "{\"customer\":\"bob\"}");
        String attester = root.resolve("attest").toString();
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "attest", "-f", attester), "")
                .expect(0);
        String yaml = (ServiceGatewayInstallation.organisation("""
                  orders:
                    catalog: shop
                    address: "%s"
                    credentials:
                      shop: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "shop:order/o-2": {environments: [staging]}
                """) + """
                backups:
                  attesters: ["%s"]
                  plans:
                    shop-db: {of: "shop:order/o-2", domain: "elsewhere:box/u1", deletable-by: []}
                """)
                .formatted(
                        service.address(),
                        Files.readString(Path.of(attester + ".pub")).strip());
        String cedar = """
                @id("destroy-what-can-be-brought-back")
                @confirm("1 of owners") @backup("24h")
                permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
                """;
        house = new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", cedar, "catalogs/shop.yaml", Catalogs.example("rest")),
                Map.of("shop", "the-real-one"));
        shop = new ShopDatabase(database);
        store = Files.createTempDirectory(memory, "backups");
        Path password = Files.writeString(root.resolve("restic.password"), "correct horse");
        Files.setPosixFilePermissions(password, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        restic("init");
        Files.writeString(root.resolve("backups.yaml"), """
                attest-key: attest
                scratch: scratch
                plans:
                  shop-db:
                    of: "shop:order/o-2"
                    source: {postgres: %s}
                    restic: {repository: %s, password-file: restic.password}
                    recovery: {before: [shut the shop], after: [open it again]}
                """.formatted(shop.source(), store));
        house.seal().expect(0);
    }

    @AfterEach
    void stop() throws IOException {
        if (house != null) {
            house.close();
        }
        if (shop != null) {
            shop.close();
        }
        if (service != null) {
            service.close();
        }
        if (store != null) {
            Installation.remove(store);
        }
    }

    private Programs.ProgramResult restic(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("restic", "--no-cache", "--repo=" + store));
        all.add("--password-file=" + root.resolve("restic.password"));
        all.addAll(List.of(arguments));
        return Programs.run(all, "").expect(0);
    }

    private Programs.ProgramResult backup(int exit, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("backup"));
        all.addAll(List.of(arguments));
        all.add("--config=" + root.resolve("gateway.yaml"));
        return house.interlock("", all.toArray(String[]::new)).expect(exit);
    }

    private String delete() throws Exception {
        return house.curl("DELETE", "/orders/orders/o-2");
    }

    @Test
    @Tag("promise")
    void aRestorableResourceMayBeDeleted() throws Exception {
        house.up();
        String held = delete();
        assertThat(held)
                .contains("a backup of `shop:order/o-2` elsewhere, at most 24 h old")
                .contains("none is attested");
        house.sign(held, "ann");
        assertThat(delete()).contains("\"kind\":\"confirmation_required\"");
        assertThat(service.at("/orders/o-2")).isPresent();
        assertThat(backup(1, "status").out())
                .containsPattern("✗ order deleted +nothing would be left")
                .contains("next: store one elsewhere and prove it (docs/backups.md)");

        assertThat(backup(0, "run", "shop-db").out())
                .contains("restored whole: 1000 rows of 1 table")
                .contains("receipt R-");
        assertThat(backup(0, "status").out())
                .containsPattern("✓ order deleted +shop-db/[^ ]+, [0-9]+ s old, restored " + SECOND + "\n")
                .containsPattern("✓ a credential misused +shop-db/")
                .containsPattern("✓ last verified +" + SECOND + ", restored in ")
                .containsPattern("✓ recovery point +at most ");
        assertThat(backup(1, "status", "--at=2026-01-20").out())
                .startsWith("As of 2026-01-20T00:00:00Z, by today's knowledge.\n")
                .containsPattern("✗ order deleted +nothing would be left");

        String again = delete();
        assertThat(again).contains("\"kind\":\"confirmation_required\"").doesNotContain("none is attested");
        assertThat(house.hold(again).text("statement")).contains("interlock-restore@v1");
        house.sign(again, "ann");
        assertThat(delete()).endsWith("\n200");
        assertThat(service.at("/orders/o-2")).isEmpty();

        // On a request to end, the gateway publishes its receipts. A kill would leave receipts that no checkpoint
        // covers.
        house.process().destroy();
        house.process().onExit().join();
        house.interlock(
                        "",
                        "verify",
                        root.resolve("data/ledger").toString(),
                        "--vkey",
                        root.resolve("data/ledger.pub").toString(),
                        "--seal",
                        root.resolve("data/seals").toString(),
                        "--seal-key",
                        root.resolve("sealer.pub").toString())
                .expect(0);
    }

    @Test
    void whatHappensToBackupsIsKnownAndPermitsNothing() throws Exception {
        house.up();
        backup(0, "run", "shop-db");
        aRehearsalAndItsPersonAreKnown();
        aMissingBackupPermitsNothing();
        aStoreThatCannotBeReadPermitsNothing();
        anotherSourceIsReported();
    }

    /** A rehearsal that a person of the seal signed is shown with their name; other signatures do not count. */
    private void aRehearsalAndItsPersonAreKnown() throws Exception {
        Programs.ProgramResult unsigned = backup(0, "rehearse", "shop-db");
        assertThat(unsigned.out()).contains("its words: ");
        assertThat(unsigned.err()).contains("it counts as never rehearsed").contains("there is no console to sign at");
        assertThat(backup(0, "status").out()) // the backup was restored, and the seal has no target for rehearsals
                .containsPattern("– rehearsed +never")
                .containsPattern("\\? rehearsed, not signed +P-[0-9a-f]{20}, 20[0-9T:-]+Z: ");
        assertThat(backup(0, "rehearse", "shop-db", "--key=" + root.resolve("attest"))
                        .err())
                .contains("could not be notified");
        assertThat(backup(0, "status").out()).contains("never");
        assertThat(backup(0, "rehearse", "shop-db", "--key=" + root.resolve("ann"))
                        .out())
                .containsSubsequence(
                        "· 1. shut the shop",
                        "restoring",
                        "counting",
                        "open it again",
                        "everything was restored",
                        "steps were skipped",
                        "rehearsed by ann, receipt R-");
        assertThat(backup(0, "status").out()).containsPattern("– rehearsed +by ann, \\d+ s ago, 2 of \\d+ steps");
        assertThat(scratch()).isEmpty();
    }

    /** Whoever deletes backups first takes away what a deletion could rest on. */
    private void aMissingBackupPermitsNothing() throws Exception {
        Path away = Files.move(store.resolve("snapshots"), store.resolve("away"));
        Files.createDirectory(store.resolve("snapshots"));
        Process holder = shop.locked(); // the next backup waits, and the loss is reported before it
        Process running = new ProcessBuilder(Programs.interlock(
                        root, List.of("backup", "run", "shop-db", "--config=" + root.resolve("gateway.yaml"))))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("running.log").toFile())
                .start();
        Programs.await("the loss is known", () -> delete().contains("failed its restore test"));
        assertThat(delete()).contains("none is attested");
        running.destroy();
        running.onExit().join();
        holder.destroyForcibly().onExit().join();
        Files.delete(store.resolve("snapshots"));
        Files.move(away, store.resolve("snapshots"));
        backup(0, "run", "shop-db");
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");
    }

    /** A disk that is not mounted may come back; until then nothing is known about its backups. */
    private void aStoreThatCannotBeReadPermitsNothing() throws Exception {
        Path config = store.resolve("config");
        Path away = Files.move(config, store.resolve("away"));
        assertThat(backup(69, "run", "shop-db").err()).contains("`restic` ended with");
        assertThat(backup(1, "status").out()).containsPattern("✗ not checked +the backups of `shop-db`");
        assertThat(delete()).contains("none is attested").contains("could not be checked");
        Files.move(away, config);
        backup(0, "run", "shop-db");
        assertThat(delete()).doesNotContain("none is attested");
    }

    /** The plan names the default port explicitly: that is red until a second backup of that source exists. */
    private void anotherSourceIsReported() throws Exception {
        Path yaml = root.resolve("backups.yaml");
        Files.writeString(yaml, Files.readString(yaml).replace("{postgres: {", "{postgres: {port: 5432, "));
        backup(0, "run", "shop-db");
        assertThat(backup(1, "status").out())
                .containsPattern("✓ order deleted +shop-db/")
                .containsPattern("✗ source or target changed +`shop-db/.*` has another source than `shop-db/")
                .contains("next: check whether the plan saves the intended data");
        backup(0, "run", "shop-db");
        assertThat(backup(0, "status").out()).doesNotContain("target changed");
    }

    /**
     * The machine of the backups has no gateway. Its attestations may be carried by anybody. The restored data is
     * unencrypted: the next run removes what a killed one left.
     */
    @Test
    void attestationsAreCarriedByHandAndAKilledRunLeavesNothing() throws Exception {
        Process trial = new ProcessBuilder(Programs.interlock(
                        root, List.of("backup", "run", "shop-db", "--config=" + root.resolve("gateway.yaml"))))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("trial.log").toFile())
                .start();
        Programs.await(
                "a server is there",
                () -> scratch().stream().anyMatch(job -> Files.exists(job.resolve("cluster/data/postmaster.pid"))));
        trial.destroyForcibly().onExit().join();
        assertThat(scratch()).isNotEmpty();
        Path out = root.resolve("attested.json");
        assertThat(backup(0, "run", "shop-db", "--out=" + out).err()).contains("the gateway could not be notified");
        assertThat(scratch()).isEmpty();
        String carried = Files.readString(out) + Files.readString(Path.of(out + ".sig"));
        String config = "--config=" + root.resolve("gateway.yaml");
        house.up();
        String forged = carried.replace("\"rows\":1000", "\"rows\":1001");
        assertThat(forged).isNotEqualTo(carried);
        house.interlock(forged, "backup", "attest", config).expect(2);
        assertThat(delete()).contains("none is attested");
        assertThat(backup(1, "status").out()).containsPattern("✗ order deleted +nothing would be left");
        assertThat(house.interlock(carried, "backup", "attest", config)
                        .expect(0)
                        .out())
                .contains("the gateway recorded it, receipt R-");
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");
        assertThat(backup(0, "attest", out.toString()).out()).contains("already has this attestation");
        house.interlock("{}", "backup", "attest", config).expect(65);
    }

    private List<Path> scratch() throws IOException {
        Path scratch = root.resolve("scratch");
        if (!Files.exists(scratch)) {
            return List.of(); // no run has made it yet
        }
        try (Stream<Path> left = Files.list(scratch)) {
            return left.filter(path -> path.getFileName().toString().startsWith("job-"))
                    .toList();
        }
    }
}

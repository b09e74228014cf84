package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a deletion that a restored backup permits, end to end: real database, real dump, real gateway. */
@Timeout(300)
@Tag("process")
final class BackupPermitsDeletionTest {

    private static final String SECOND = "20[0-9-]+T[0-9]{2}:[0-9]{2}:[0-9]{2}Z";

    @TempDir
    private Path root;

    private SmallService service;
    private ServiceGatewayInstallation house;
    private ShopDatabase shop;
    private Path target;

    @BeforeEach
    void start() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        ShopDatabase.assumeThatItRuns();
        Path database = Files.createDirectory(root.resolve("database"));
        service = new SmallService();
        service.keep("/orders/o-2", "{\"customer\":\"bob\"}");
        String attester = root.resolve("attest").toString();
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "attest", "-f", attester), "")
                .expect(0);
        String yaml = """
                organisation: acme
                environments:
                  staging: {protected: false}
                people:
                  sam: {groups: [owners], keys: ["SAM"]}
                  ann: {groups: [owners], keys: ["ANN"]}
                confirm: {software-keys: true}
                agents:
                  sam/bot: {owner: sam, teams: [bots]}
                upstreams:
                  orders:
                    catalog: shop
                    address: "%s"
                    credentials:
                      shop: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "shop:order/o-2": {environments: [staging]}
                tasks:
                  work: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
                backups:
                  attesters: ["%s"]
                  plans:
                    shop-db: {of: "shop:order/o-2", domain: "elsewhere:box/u1", deletable-by: []}
                """.formatted(
                service.address(), Files.readString(Path.of(attester + ".pub")).strip());
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
        target = Files.createTempDirectory(memory, "backups");
        Files.writeString(root.resolve("backups.yaml"), """
                key: backup.key
                attest-key: attest
                scratch: scratch
                plans:
                  shop-db:
                    of: "shop:order/o-2"
                    source: {postgres: %s}
                    target: {directory: %s}
                    recovery: {before: [shut the shop], after: [open it again]}
                """.formatted(shop.source(), target));
        backup(0, "key");
    }

    @AfterEach
    void stop() throws IOException {
        if (house != null) {
            house.close();
        }
        if (shop != null) {
            shop.close();
        }
        service.close();
        if (target != null) {
            Installation.remove(target);
        }
    }

    private Programs.ProgramResult backup(int exit, String... arguments) throws Exception {
        List<String> all = new java.util.ArrayList<>(List.of("backup"));
        all.addAll(List.of(arguments));
        all.add("--config=" + root.resolve("gateway.yaml"));
        return house.interlock("", all.toArray(String[]::new)).expect(exit);
    }

    private List<String> kept() throws IOException {
        Path shelf = target.resolve("shop-db");
        if (!Files.isDirectory(shelf)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(shelf)) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> !name.equals(".lock"))
                    .toList();
        }
    }

    /** A program that prints the output of {@code script} as its listing of backups. */
    private Path tool(String script) throws IOException {
        Path tool = Files.writeString(root.resolve("pgbackrest"), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(tool, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(root.resolve("backups.yaml"), """
                listings:
                  pgbackrest:
                    of: "shop:order/o-2"
                    format: pgbackrest
                    program: ["%s", info, --output=json]
                """.formatted(tool), java.nio.file.StandardOpenOption.APPEND);
        return tool;
    }

    @Test
    void aRestorableResourceMayBeDeleted() throws Exception {
        house.seal().expect(0);
        house.up();

        String held = house.curl("DELETE", "/orders/orders/o-2");
        assertThat(held)
                .contains("a backup of `shop:order/o-2` elsewhere, at most 24 h old")
                .contains("none is attested");
        house.sign(held, "ann");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("\"kind\":\"confirmation_required\"");
        assertThat(service.at("/orders/o-2")).isPresent();
        // The listing of another tool is shown, and nothing depends on it.
        Path tool = tool("date -u '+[{\"backup\":[{\"label\":\"20261121-030001F\",\"timestamp\":{\"start\":%s}}]}]'");
        assertThat(backup(1, "status").out())
                .containsPattern("✗ order deleted +nothing would be left")
                .containsPattern(
                        "\\? listed by pgbackrest +20261121-030001F, [0-9]+ s old: unverified, because nobody has restored it");

        assertThat(house.admin().call("backup.status", Json.object()).objects("listings"))
                .as("who only looks tells nobody")
                .isEmpty();

        shop.sql("postgres", "CREATE DATABASE billing"); // the seal does not know it
        assertThat(backup(0, "take", "shop-db").out())
                .contains("1000 rows of 1 table")
                .contains("on the same server but not saved by any plan here: billing")
                .contains("does not count until it is verified");
        assertThat(backup(1, "status").out())
                .containsPattern(
                        "\\? listed by plan shop-db +[0-9TZ]+-[0-9a-f]+, [0-9]+ s old: unverified, because nobody has restored it");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("none is attested");
        assertThat(backup(0, "verify", "shop-db").out())
                .contains("restored whole: 1000 rows of 1 table")
                .contains("receipt R-");
        assertThat(backup(0, "status").out())
                .containsPattern("✓ order deleted +shop-db/[^ ]+, [0-9]+ s old, restored " + SECOND + "\n")
                .containsPattern("✓ a credential misused +shop-db/")
                .containsPattern("✓ last verified +" + SECOND + ", restored in ")
                .doesNotContain("listed by plan")
                .containsPattern(
                        "\\? lies apart +only the seal says so; the location could " + "not be checked: shop-db/")
                .containsPattern("\\? on the same server +not saved by shop-db: billing\n")
                .containsPattern("✓ recovery point +at most ");
        assertThat(backup(0, "list").out()).contains("restored 20");
        assertThat(backup(1, "status", "--at=2026-01-20").out())
                .startsWith("As of 2026-01-20T00:00:00Z, by today's knowledge.\n")
                .containsPattern("✗ order deleted +nothing would be left");
        backup(0, "status", "--at=" + Instant.now());
        // The process that runs the backups reports to the gateway, and the console shows it.
        backup(0, "run", "--once");
        assertThat(house.admin().call("backup.status", Json.object()).objects("listings"))
                .singleElement()
                .satisfies(one -> {
                    assertThat(one.text("listing")).isEqualTo("pgbackrest");
                    assertThat(one.object("youngest").text("backup")).isEqualTo("20261121-030001F");
                    assertThat(one.text("by")).isEqualTo(System.getProperty("user.name"));
                });
        Files.writeString(tool, "#!/bin/sh\necho 'no repository' >&2\nexit 25\n");
        assertThat(backup(69, "status").err())
                .contains("what `pgbackrest` lists: `pgbackrest` ended with 25: no repository");
        assertThat(backup(69, "run", "--once").err()).contains("no repository");
        assertThat(house.admin().call("backup.status", Json.object()).objects("listings"))
                .singleElement()
                .satisfies(one -> assertThat(one.text("failed")).contains("no repository"));
        // If nobody may read backups.yaml, the console shows what was reported to the gateway.
        Path away = Files.move(root.resolve("backups.yaml"), root.resolve("away.yaml"));
        assertThat(backup(0, "status").out())
                .containsPattern("\\? listed by pgbackrest +not found out: .*no repository; asked by `.*` \\d+ s ago");
        Files.move(away, root.resolve("backups.yaml"));

        String again = house.curl("DELETE", "/orders/orders/o-2");
        assertThat(again).contains("\"kind\":\"confirmation_required\"").doesNotContain("none is attested");
        assertThat(house.hold(again).text("statement")).contains("interlock-restore@v1", "billing");
        house.sign(again, "ann");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).endsWith("\n200");
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

    /** The restore test of the youngest fails, and the gateway knows that from then on. */
    @Test
    void aDamagedBackupPermitsNothing() throws Exception {
        house.seal().expect(0);
        house.up();
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        Path dump = target.resolve("shop-db").resolve(kept().getFirst()).resolve("dump");
        byte[] bytes = Files.readAllBytes(dump);
        bytes[bytes.length / 2] ^= 1;
        Files.write(dump, bytes);
        assertThat(backup(1, "verify", "shop-db").out())
                .contains("cannot be restored as it was")
                .contains("receipt R-");
        assertThat(backup(1, "status").out()).contains(", RESTORE TEST FAILED: it cannot be " + "restored");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("none is attested");
    }

    /**
     * The plan names the default port explicitly. The restored backup still counts. The next backup has another source
     * by its name, which is red until a second backup of that source exists.
     */
    @Test
    void anotherSourceRemovesNoBackupAndIsReported() throws Exception {
        house.seal().expect(0);
        house.up();
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        Path yaml = root.resolve("backups.yaml");
        Files.writeString(yaml, Files.readString(yaml).replace("{postgres: {", "{postgres: {port: 5432, "));
        assertThat(backup(69, "verify", "shop-db").err())
                .contains(kept().getFirst() + "` was not verified: it is of `")
                .contains("the earlier results remain valid");
        assertThat(backup(0, "status").out())
                .containsPattern("✓ order deleted +shop-db/")
                .doesNotContain("target changed");
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        assertThat(backup(1, "status").out())
                .containsPattern("✓ order deleted +shop-db/")
                .containsPattern("✗ source or target changed +`shop-db/.*` has another source than " + "`shop-db/")
                .contains("next: check whether the plan saves the intended data");
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        assertThat(backup(0, "status").out()).doesNotContain("target changed");
    }

    /** The target was emptied: a missing backup does not count, and one that comes back is tested anew. */
    @Test
    void aMissingBackupIsRed() throws Exception {
        house.seal().expect(0);
        house.up();
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");
        Path shelf = target.resolve("shop-db");
        Path away = Files.move(shelf, target.resolveSibling(target.getFileName() + "-away"));
        assertThat(backup(1, "verify", "shop-db").out())
                .contains("it is no longer on its target")
                .contains("receipt R-");
        assertThat(backup(1, "status").out()).contains("RESTORE TEST FAILED: it is no longer " + "on its target");
        assertThat(house.curl("DELETE", "/orders/orders/o-2"))
                .contains("none is attested")
                .contains("failed its restore test");
        Files.move(away, shelf);
        assertThat(backup(0, "run", "--once").out()).contains("restored whole");
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");
    }

    private void rot(String backup, String file) throws IOException {
        Path stored = target.resolve("shop-db").resolve(backup).resolve(file);
        byte[] bytes = Files.readAllBytes(stored);
        bytes[bytes.length / 2] ^= 1;
        Files.write(stored, bytes);
    }

    /** It is never chosen again as the youngest readable backup. Destructive calls are refused until it is tested. */
    @Test
    void theCountingBackupIsCheckedDespiteABrokenManifest() throws Exception {
        house.seal().expect(0);
        house.up();
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        String older = kept().getFirst();
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        String counted =
                kept().stream().filter(id -> !id.equals(older)).findFirst().orElseThrow();
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/" + counted);
        rot(counted, "manifest");
        assertThat(backup(1, "run", "--once").out())
                .contains("shop-db  " + counted + "  cannot be restored as it was")
                .contains("receipt R-");
        assertThat(backup(1, "status").out())
                .containsPattern("✓ order deleted +shop-db/" + older)
                .contains("✗ last verified");
        rot(older, "manifest");
        assertThat(backup(1, "verify", "shop-db").out())
                .as("by hand the same")
                .contains("shop-db  " + older + "  cannot be restored as it was");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("none is attested");
    }

    /** The gateway was down when the attestation was signed. It gets the attestation later, good or bad. */
    @Test
    void undeliveredAttestationsAreDeliveredLater() throws Exception {
        house.seal().expect(0);
        backup(0, "take", "shop-db");
        assertThat(backup(0, "verify", "shop-db").err()).contains("the gateway could not be notified");
        house.up();
        assertThat(backup(1, "status").out())
                .containsPattern("✗ order deleted +nothing would be left")
                .contains("next: take one elsewhere and verify it (docs/backups.md)");
        assertThat(backup(0, "run", "--once").out()).contains("restored whole").contains("receipt R-");
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");
        assertThat(backup(0, "run", "--once").out())
                .as("what is known is not handed in again")
                .doesNotContain("receipt");

        house.down();
        rot(kept().getFirst(), "dump");
        assertThat(backup(1, "verify", "shop-db").err()).contains("the gateway could not be notified");
        house.up();
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");
        assertThat(backup(0, "run", "--once").out()).contains("cannot be restored as it was");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("none is attested");
    }

    /**
     * A machine without a gateway runs restore tests. Its attestations may be carried by any means, which nobody needs
     * to trust.
     */
    @Test
    void foreignAttestationsAreDeliveredByHand() throws Exception {
        house.seal().expect(0);
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        String carried = backup(0, "signed", "shop-db").out();
        String config = "--config=" + root.resolve("gateway.yaml");
        assertThat(house.interlock(carried, "backup", "attest", config)
                        .expect(69)
                        .err())
                .contains("no daemon answers");
        house.up();
        String forged = carried.replace("\"rows\":1000", "\"rows\":1001");
        assertThat(forged).isNotEqualTo(carried);
        house.interlock(forged, "backup", "attest", config).expect(2);
        assertThat(backup(1, "status").out()).containsPattern("✗ order deleted +nothing would be left");
        assertThat(house.interlock(carried, "backup", "attest", config)
                        .expect(0)
                        .out())
                .contains("the gateway recorded it, receipt R-");
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");
        Path file = target.resolve("shop-db").resolve(kept().getFirst()).resolve("attested.json");
        assertThat(backup(0, "attest", file.toString()).out()).contains("already has this attestation");
        house.interlock("{}", "backup", "attest", config).expect(65);

        rot(kept().getFirst(), "dump");
        Path away = Files.move(root.resolve("run/admin.sock"), root.resolve("run/away.sock"));
        backup(1, "verify", "shop-db");
        Files.move(away, root.resolve("run/admin.sock"));
        assertThat(backup(0, "attest", file.toString()).out()).contains("the gateway recorded it, receipt R-");
        assertThat(house.interlock(carried, "backup", "attest", config)
                        .expect(0)
                        .out())
                .as("an older word")
                .contains("or a later one");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).contains("none is attested");
    }

    /** One restore test hangs, perhaps because of the database's contents: the other plans' backups are taken. */
    @Test
    void anEndlessRestoreTestBlocksNoBackup() throws Exception {
        Path program = Files.writeString(root.resolve("hangs"), """
                #!/bin/sh
                case $1 in
                take) echo rows; echo '{"count":1,"digest":"1","name":"rows"}' > "$INTERLOCK_REPORT" ;;
                verify) cat > "$INTERLOCK_SCRATCH/copy"; exec sleep infinity ;;
                esac
                """);
        Files.setPosixFilePermissions(program, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(
                root.resolve("backups.yaml"),
                """
                    every: 3s
                  a-hung:
                    of: "shop:order/o-2"
                    source: {exec: {take: ["%s", take], verify: ["%s", verify]}}
                    target: {directory: %s}
                """.formatted(program, program, target),
                java.nio.file.StandardOpenOption.APPEND);
        house.seal().expect(0);
        house.up();
        backup(0, "take", "a-hung");
        Process running = new ProcessBuilder(
                        Programs.interlock(root, List.of("backup", "run", "--config=" + root.resolve("gateway.yaml"))))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("running.log").toFile())
                .start();
        Programs.await("it is tried", () -> {
            try (Stream<Path> all = Files.walk(root.resolve("scratch"))) {
                return all.anyMatch(path -> path.endsWith("copy"));
            } catch (IOException | java.io.UncheckedIOException e) {
                return false; // it was not there yet, or has just gone
            }
        });
        Programs.await("another plan's is taken", () -> !kept().isEmpty());
        String first = kept().getFirst();
        Programs.await("and younger ones", () -> kept().stream().anyMatch(id -> id.compareTo(first) > 0));
        running.destroy();
        running.onExit().join();
        assertThat(scratch()).isEmpty();
    }

    /** The rights that systemd leaves to root suffice to take and test a backup of each kind. */
    @Test
    void theUnitsPermissionsSuffice() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        String unit = Files.readString(Path.of("../docs/backups.md"));
        Matcher granted = Pattern.compile("(?m)^CapabilityBoundingSet=(.*)$").matcher(unit);
        assertThat(granted.find()).isTrue();
        String all = "-all" + granted.group(1).toLowerCase(Locale.ROOT).replaceAll("(^| )cap_", ",+");
        Path files = Files.createDirectories(root.resolve("uploads"));
        Files.writeString(files.resolve("invoice.pdf"), "invoice");
        try (var connection = java.sql.DriverManager.getConnection("jdbc:sqlite:" + root.resolve("cart.db"));
                var statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE cart (id INTEGER PRIMARY KEY, what TEXT)");
            statement.executeUpdate("INSERT INTO cart (what) VALUES ('one')");
        }
        for (String kind : List.of("sqlite: cart.db", "directory: uploads")) {
            Files.writeString(
                    root.resolve("backups.yaml"),
                    "  " + kind.split(":")[0] + "-plan: {of: \"shop:order/o-2\", source: {" + kind
                            + "}, target: {directory: " + target + "}}\n",
                    java.nio.file.StandardOpenOption.APPEND);
        }
        for (String plan : List.of("shop-db", "sqlite-plan", "directory-plan")) {
            // The database's directory belongs to another user and is in memory: there is no disk to compare.
            assertThat(restricted(all, "take", plan).expect(0).out())
                    .contains("cannot check whether the backup is stored apart");
            restricted(all, "verify", plan).expect(0);
        }
        Path tool = tool("echo '[]'");
        assertThat(restricted(all, "run", "--once").err())
                .as("programs of people's need more")
                .contains("Operation not permitted");
        restricted(all + ",+sys_admin", "run", "--once").expect(0);
        assertThat(tool).exists();
    }

    private Programs.ProgramResult restricted(String capabilities, String... arguments) throws Exception {
        List<String> of = new ArrayList<>(List.of("backup"));
        of.addAll(List.of(arguments));
        of.add("--config=" + root.resolve("gateway.yaml"));
        List<String> command = new ArrayList<>(List.of("setpriv", "--bounding-set=" + capabilities));
        command.addAll(List.of("--no-new-privs", "--"));
        command.addAll(Programs.interlock(root, of));
        return Programs.run(command, "");
    }

    private List<Path> scratch() throws IOException {
        try (Stream<Path> left = Files.list(root.resolve("scratch"))) {
            return left.filter(path -> path.getFileName().toString().startsWith("job-"))
                    .toList();
        }
    }

    /** The restored data is unencrypted: the service removes it when it starts, even if no job is due. */
    @Test
    void leftoversOfAKilledRestoreTestAreRemoved() throws Exception {
        house.seal().expect(0);
        house.up();
        backup(0, "take", "shop-db");
        backup(0, "verify", "shop-db");
        Process trial = new ProcessBuilder(Programs.interlock(
                        root, List.of("backup", "verify", "shop-db", "--config=" + root.resolve("gateway.yaml"))))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("trial.log").toFile())
                .start();
        Programs.await(
                "a server is there",
                () -> scratch().stream().anyMatch(job -> Files.exists(job.resolve("cluster/data/postmaster.pid"))));
        trial.destroyForcibly().onExit().join();
        assertThat(scratch()).isNotEmpty();
        backup(0, "run", "--once");
        assertThat(scratch()).isEmpty();
    }

    @Test
    void anInterruptedBackupDoesNotCount() throws Exception {
        Process holder = shop.locked();
        Process interrupted = taking();
        Programs.await("it has begun", () -> kept().stream().anyMatch(name -> name.endsWith(".part")));
        interrupted.destroy();
        interrupted.onExit().join();
        assertThat(kept()).isEmpty();
        assertThat(scratch()).isEmpty();

        Process killed = taking();
        Programs.await("it has begun", () -> kept().stream().anyMatch(name -> name.endsWith(".part")));
        killed.destroyForcibly().onExit().join();
        assertThat(kept()).singleElement().asString().endsWith(".part");
        assertThat(backup(0, "list").out()).contains("does not count: it is incomplete");
        holder.destroyForcibly().onExit().join();

        backup(0, "take", "shop-db");
        assertThat(kept()).singleElement().asString().doesNotEndWith(".part");
        assertThat(scratch()).isEmpty();
    }

    private Programs.ProgramResult rehearse(int exit, String... arguments) throws Exception {
        List<String> all = new java.util.ArrayList<>(
                List.of("recover", "shop-db", "--rehearse", "--config=" + root.resolve("gateway.yaml")));
        all.addAll(List.of(arguments));
        return house.interlock("", all.toArray(String[]::new)).expect(exit);
    }

    /** A rehearsal that a person of the seal signed is shown with their name; other signatures do not count. */
    @Test
    void aRehearsalAndItsPersonAreKnown() throws Exception {
        house.seal().expect(0);
        house.up();
        backup(0, "take", "shop-db");
        Programs.ProgramResult unsigned = rehearse(0);
        assertThat(unsigned.out()).contains("its words: ");
        assertThat(unsigned.err()).contains("it counts as never rehearsed").contains("there is no console to sign at");
        assertThat(backup(1, "status").out())
                .containsPattern("– rehearsed +never")
                .containsPattern("\\? rehearsed, not signed +P-[0-9a-f]{20}, 20[0-9T:-]+Z: ");

        assertThat(rehearse(0, "--key=" + root.resolve("attest")).err()).contains("could not be notified");
        assertThat(backup(1, "status").out()).contains("never");

        Programs.ProgramResult practised = rehearse(0, "--key=" + root.resolve("ann"));
        assertThat(practised.out())
                .as(practised.err())
                .containsSubsequence(
                        "· 1. shut the shop",
                        "✓ 2. preparing",
                        "✓ 3. restoring",
                        "✓ 4. counting",
                        "· 5. open it again",
                        "everything was restored",
                        "2 of 5 steps were skipped",
                        "rehearsed by ann, receipt R-");
        assertThat(backup(1, "status").out())
                .containsPattern("– rehearsed +by ann, \\d+ s ago, 2 of 5 steps were skipped")
                .containsPattern("– recovery time +not known");
        assertThat(scratch()).isEmpty();

        Path dump = target.resolve("shop-db").resolve(kept().getFirst()).resolve("dump");
        byte[] bytes = Files.readAllBytes(dump);
        bytes[bytes.length / 2] ^= 1;
        Files.write(dump, bytes);
        assertThat(rehearse(1, "--key=" + root.resolve("ann")).out())
                .contains("not everything was restored")
                .contains("it cannot be restored");
        assertThat(backup(1, "status").out())
                .containsPattern("✗ rehearsed +by ann, .*IT FAILED: it cannot be restored");
    }

    @Test
    void aBackupIsRestoredToTheChosenPlace() throws Exception {
        backup(0, "take", "shop-db");
        shop.sql("postgres", "CREATE DATABASE again");
        String into = "--into=postgresql://postgres@/again?host=" + root.resolve("database/pg/s");
        String password = "--password-file=" + root.resolve("database/pg/password");
        String config = "--config=" + root.resolve("gateway.yaml");
        assertThat(house.interlock("", "recover", "shop-db", into, password, config)
                        .expect(0)
                        .out())
                .containsSubsequence("looking", "connecting", "restoring", "counting", "naming")
                .contains("✓ 1000 rows of 1 table are in `again`, as they were counted");
        shop.sql("again", "INSERT INTO orders VALUES (1001, 'new')");
        assertThat(house.interlock("", "recover", "shop-db", into, password, config)
                        .expect(69)
                        .err())
                .contains("`again` is not empty");
        String told = into.replace("postgres@", "postgres:secret@");
        assertThat(house.interlock("", "recover", "shop-db", told, password, config)
                        .expect(2)
                        .err())
                .contains("every user can see a password on a command line")
                .doesNotContain("secret");
    }

    /** An SQLite file and a directory work like a database, on the command line and in the gateway. */
    @Test
    void filesAndDirectoriesAreBackedUp() throws Exception {
        Path files = Files.createDirectories(root.resolve("uploads/2026"));
        Files.writeString(files.resolve("invoice.pdf"), "invoice");
        Path cart = root.resolve("cart.db");
        try (var connection = java.sql.DriverManager.getConnection("jdbc:sqlite:" + cart);
                var statement = connection.createStatement()) {
            statement.executeUpdate("CREATE TABLE cart (id INTEGER PRIMARY KEY, what TEXT)");
            statement.executeUpdate("INSERT INTO cart (what) VALUES ('one'), ('two')");
        }
        String plans = Files.readString(root.resolve("backups.yaml"));
        Files.writeString(
                root.resolve("backups.yaml"),
                plans.replaceFirst(
                                "(?s)source: .*",
                                "source: {sqlite: cart.db}\n    target: {directory: " + target + "}\n")
                        + "  uploads: {of: \"shop:order/o-2\", source: {directory: uploads}, target: {directory: "
                        + target + "}}\n");
        house.seal().expect(0);
        house.up();
        assertThat(backup(0, "take").out()).contains("2 rows of 1 table").contains("1 file with 7 B");
        assertThat(backup(0, "verify", "shop-db").out())
                .contains("restored whole: 2 rows of 1 table")
                .contains("receipt R-");
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");
        // Attestations for a plan that the seal does not know are rejected.
        assertThat(backup(0, "verify", "uploads").out())
                .contains("restored whole: 1 file with 7 B")
                .doesNotContain("receipt");
        assertThat(backup(0, "list").out()).containsPattern("uploads +[0-9TZ]+-[0-9a-f]+ .*restored 20");

        String config = "--config=" + root.resolve("gateway.yaml");
        Path again = root.resolve("uploads-again");
        assertThat(house.interlock("", "recover", "uploads", "--into=" + again, config)
                        .expect(0)
                        .out())
                .containsSubsequence("looking", "restoring", "comparing", "naming")
                .contains("✓ 1 file with 7 B are in `" + again + "`");
        assertThat(again.resolve("2026/invoice.pdf")).hasContent("invoice");
        assertThat(house.interlock("", "recover", "uploads", "--into=" + again, config)
                        .expect(69)
                        .err())
                .contains("existing data is never overwritten");
        Path cartAgain = root.resolve("cart-again.db");
        assertThat(house.interlock("", "recover", "shop-db", "--into=" + cartAgain, config)
                        .expect(0)
                        .out())
                .contains("✓ 2 rows of 1 table are in `" + cartAgain + "`");
        assertThat(house.interlock("", "recover", "shop-db", "--rehearse", config)
                        .expect(0)
                        .out())
                .contains("everything was restored");
        assertThat(house.interlock("", "recover", "uploads", "--into=postgresql://x/y", config)
                        .expect(2)
                        .err())
                .contains("is restored to a path");
    }

    private Process running() throws IOException {
        // The command has no more of root's rights than the unit of `install`.
        List<String> command = new java.util.ArrayList<>(List.of(
                "setpriv",
                "--no-new-privs",
                "--bounding-set=-all,+chown,+dac_override,+fowner,+kill,+setgid,+setuid",
                "--"));
        command.addAll(Programs.interlock(root, List.of("backup", "run", "--config=" + root.resolve("gateway.yaml"))));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        root.resolve("running.log").toFile()))
                .start();
    }

    /** Returns the names of the backups that were taken and restored. */
    private List<String> restored() throws Exception {
        Json.Members listed = Json.readObject(
                backup(0, "list", "--json").out().strip().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return listed.objects("backups").stream()
                .filter(one -> one.flag("restored"))
                .map(one -> one.text("backup"))
                .toList();
    }

    /** After a kill it continues where it stopped. On a request to end, it leaves nothing behind. */
    @Test
    void dueJobsRunByThemselves() throws Exception {
        Files.writeString(
                root.resolve("backups.yaml"),
                Files.readString(root.resolve("backups.yaml")) + "    every: 3s\n    keep: {daily: 1, weekly: 0}\n");
        house.seal().expect(0);
        house.up();
        Process first = running();
        Programs.await("one was taken and restored", () -> !restored().isEmpty());
        String young = restored().getLast();
        first.destroyForcibly().onExit().join();

        Process second = running();
        Programs.await("a younger one was", () -> restored().stream().anyMatch(id -> id.compareTo(young) > 0));
        second.destroy();
        assertThat(second.onExit().join().isAlive()).isFalse();
        // The youngest, the youngest that was restored, and one that was being tested when the others were removed.
        assertThat(kept()).noneMatch(name -> name.endsWith(".part")).hasSizeLessThanOrEqualTo(3);
        assertThat(scratch()).isEmpty();
        assertThat(backup(0, "status").out()).containsPattern("✓ order deleted +shop-db/");

        Files.delete(root.resolve("backup.key"));
        assertThat(backup(69, "run", "--once").err()).contains("there is no key");
    }

    private Process taking() throws IOException {
        return new ProcessBuilder(Programs.interlock(
                        root, List.of("backup", "take", "shop-db", "--config=" + root.resolve("gateway.yaml"))))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("taking.log").toFile())
                .start();
    }
}

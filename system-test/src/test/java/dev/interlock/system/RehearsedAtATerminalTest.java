package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@code backup rehearse} at a terminal, by a person who does some or all of its steps. */
@Timeout(300)
@Tag("process")
final class RehearsedAtATerminalTest {

    @TempDir
    private Path root;

    private ServiceGatewayInstallation house;
    private Path target;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Programs.has("python3") || Files.exists(Path.of("/root/.pyenv/shims/python3")), "needs python3");
        assumeTrue(Programs.has("restic"), "needs restic");
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        String attester = root.resolve("attest").toString();
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "attest", "-f", attester), "")
                .expect(0);
        String yaml = (ServiceGatewayInstallation.organisation("""
                  orders:
                    catalog: shop
                    address: "http://127.0.0.1:9"
                    credentials:
                      shop: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "shop:order/o-2": {environments: [staging]}
                """) + """
                backups:
                  attesters: ["%s"]
                  plans:
                    uploads:
                      of: "shop:order/o-2"
                      domain: "elsewhere:box/u1"
                      deletable-by: []
                      targets: {practice: 90d}
                """)
                .formatted(Files.readString(Path.of(attester + ".pub")).strip());
        house = new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", """
                        @id("work")
                        permit (principal, action in Impact::Action::"read", resource in Environment::"staging");
                        """, "catalogs/shop.yaml", Catalogs.example("rest")),
                Map.of("shop", "the-real-one"));
        target = Files.createTempDirectory(memory, "backups");
        Files.writeString(Files.createDirectory(root.resolve("uploads")).resolve("invoice.pdf"), "invoice");
        Files.writeString(root.resolve("backups.yaml"), """
                attest-key: attest
                scratch: scratch
                plans:
                  uploads:
                    of: "shop:order/o-2"
                    source: {directory: uploads}
                    restic: {repository: %s, password-file: restic.password}
                    recovery: {before: [shut the shop], after: [open it again]}
                """.formatted(target));
        house.seal().expect(0);
        house.up();
        Path password = Files.writeString(root.resolve("restic.password"), "correct horse");
        Programs.run(List.of("restic", "init", "--no-cache", "--repo=" + target, "--password-file=" + password), "")
                .expect(0);
        house.interlock("", "backup", "run", "uploads", config()).expect(0);
    }

    @AfterEach
    void stop() throws IOException {
        if (house != null) {
            house.close();
        }
        if (target != null) {
            Installation.remove(target);
        }
    }

    private String config() {
        return "--config=" + house.config();
    }

    /** Answers as ann: {@code shut} to the first step, and {@code open} to the last. */
    private String rehearse(String shut, String open) throws Exception {
        String steps =
                "[[\"shut the shop\",\"type\",\"%s\\n\"],[\"open it again\",\"type\",\"%s\\n\"]]".formatted(shut, open);
        Json.Members seen =
                house.atATerminal(steps, "backup", "rehearse", "uploads", "--key=" + root.resolve("ann"), config());
        assertThat(seen.whole("exit")).as(seen.text("drawn")).isZero();
        assertThat(seen.whole("undone")).isZero();
        return seen.text("drawn");
    }

    /** Returns the rehearsal that she signed last. */
    private Json.Members signed() throws IOException {
        List<Json.Members> words = Json.readObject(Files.readAllBytes(root.resolve("data/rehearsals/uploads.json")))
                .objects("words");
        assertThat(words.getLast().text("signature")).startsWith("-----BEGIN SSH SIGNATURE-----");
        return words.getLast().object("said");
    }

    private static List<String> people(Json.Members signed) {
        List<Json.Members> steps = signed.objects("steps");
        assertThat(steps).allSatisfy(step -> assertThat(step.whole("took_ms")).isNotNegative());
        long all = steps.stream().mapToLong(step -> step.whole("took_ms")).sum();
        assertThat(signed.whole("took_seconds")).isEqualTo((all + 999) / 1000);
        return List.of(
                steps.getFirst().text("step") + ": " + steps.getFirst().text("result"),
                steps.getLast().text("step") + ": " + steps.getLast().text("result"));
    }

    private String status() throws Exception {
        return house.interlock("", "backup", "status", config()).out();
    }

    @Test
    void onlyConfirmedStepsCountAsDone() throws Exception {
        assertThat(rehearse("done", "not today"))
                .contains("✓ 1. shut the shop", "everything was restored", "rehearsed by ann, receipt R-")
                .containsPattern("· \\d+\\. open it again .*was skipped")
                .containsPattern("1 of \\d+ steps were skipped");
        assertThat(people(signed())).containsExactly("shut the shop: done", "open it again: skipped");
        assertThat(status())
                .containsPattern("✗ rehearsed +by ann, .* ago, 1 of \\d+ steps were skipped")
                .containsPattern(
                        "recovery time .* for the restore alone; the other steps have " + "not been rehearsed");

        assertThat(rehearse("done", "done"))
                .contains("✓ 1. shut the shop", "rehearsed by ann, receipt R-")
                .containsPattern("✓ \\d+\\. open it again")
                .doesNotContain("were skipped");
        assertThat(people(signed())).containsExactly("shut the shop: done", "open it again: done");
        assertThat(status())
                .containsPattern("✓ rehearsed +by ann, .* ago, took ")
                .containsPattern("✓ recovery time +\\d+ s")
                .doesNotContain("the other steps have not been rehearsed");
    }
}

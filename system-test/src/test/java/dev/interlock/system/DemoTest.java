package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the demo as its users run it: it is green, and red by the steps of every weakened rule. Three runs suffice. */
@Timeout(300)
@Tag("process")
final class DemoTest {

    private static final List<String> STEPS = List.of(
            "ordinary-work",
            "rewound-branch",
            "changed-tool",
            "direct",
            "foreign-credential",
            "shared-volume",
            "secrets",
            "no-backup",
            "hold",
            "self-lease",
            "self-seal",
            "self-sign",
            "edit-policy",
            "edit-ledger",
            "kill-gateway",
            "release",
            "changed",
            "replay");

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path policy;

    private Path temporary;

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(SandboxLauncher.check().ready(), "agents cannot be confined here");
        for (String tool : List.of("curl", "git", "socat", "ssh-keygen")) {
            assumeTrue(Programs.has(tool), tool + " is not installed");
        }
        // The path of a Unix socket has at most 107 bytes, and the drill's are deep.
        String name = "i" + Long.toString(new SecureRandom().nextLong(1296, 46_656), 36);
        temporary = Files.createDirectory(Path.of("/tmp", name));
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        if (temporary != null) {
            try (Stream<Path> left = Files.list(temporary)) {
                assertThat(left).isEmpty();
            } finally {
                Installation.remove(temporary);
            }
        }
    }

    @Test
    @Tag("promise")
    void theDemoSandboxHolds() throws Exception {
        JsonNode report = demo(0);
        assertThat(names(report)).containsExactly("backups", "control", "guarded", "ledger");
        assertThat(names(report.path("control"))).containsExactly("destroyed", "seconds");
        assertThat(names(report.path("guarded"))).containsExactly("destroyed", "steps");

        assertThat(report.path("control").path("destroyed").booleanValue()).isTrue();
        assertThat(report.path("control").path("seconds").isNumber()).isTrue();
        assertThat(report.path("guarded").path("destroyed").isBoolean()).isTrue();
        assertThat(report.path("guarded").path("destroyed").booleanValue()).isFalse();
        JsonNode january = report.path("backups").path(0);
        assertThat(january.path("red").booleanValue()).isTrue();
        assertThat(january.path("words").textValue())
                .isEqualTo("quarterly-dump, 24 hours old: it has never been restored");
        assertThat(report.path("backups").path(1).path("words").textValue())
                .startsWith("quarterly-dump, 92 days old: it has never been restored; older than");
        JsonNode saved = report.path("backups").path(2);
        assertThat(saved.path("red").booleanValue()).isFalse();
        assertThat(saved.path("left").textValue()).matches("bookings/[0-9a-f]{64}");
        assertThat(report.path("ledger").path("receipts").longValue()).isPositive();
        assertThat(report.path("ledger").path("verified").booleanValue()).isTrue();
        assertThat(report.path("ledger").path("tamperDetected").booleanValue()).isTrue();

        List<String> steps = new ArrayList<>();
        for (JsonNode step : report.path("guarded").path("steps")) {
            assertThat(names(step)).containsExactly("expected", "got", "name", "receipt");
            steps.add(step.path("name").textValue());
        }
        assertThat(steps).containsExactlyInAnyOrderElementsOf(STEPS);
        assertThat(red(report)).isEmpty();
    }

    /**
     * Each weakened rule is red by its own steps, and still nothing is lost: the vault opens nothing destructive
     * without a proof. Another gateway of this machine receives the report, and shows it with its receipt.
     */
    @Test
    void eachWeakenedRuleIsRedByItsStepAndTheReportIsTold() throws Exception {
        String writes = "[Impact::Action::\"read\", Impact::Action::\"write\"],\n    resource in";
        weaken(
                "policy.cedar",
                Map.of(
                        "@confirm(\"1 of owners\")",
                        "",
                        "@backup(\"24h\")",
                        "",
                        writes,
                        writes.replace("write", "credential")));
        weaken("catalogs/runbook.yaml", Map.of("pins:", "#", "  lookup: '", "#"));
        String production = "\"railway:environment/" + TestingRailway.PRODUCTION + "\": {environments: [";
        weaken(
                "interlock.yaml",
                Map.of(
                        production + "production]}",
                        production + "staging]}",
                        "impacts: [read, write, destroy, execute]\n",
                        "impacts: [read, write, destroy, execute, credential]\n",
                        "impacts: [read, write],",
                        "impacts: [read, write, credential],"));
        Path root = Files.createDirectory(temporary.resolve("told"));
        String npm = "  npm: {catalog: npm, address: \"https://registry.npmjs.org\", resources: {"
                + "\"npm:account/self\": {environments: [staging]}}}\n";
        try (ServiceGatewayInstallation house =
                new ServiceGatewayInstallation(root, ServiceGatewayInstallation.staging(npm), Map.of())) {
            house.seal().expect(0);
            house.up();
            JsonNode report = demo(1, "--policy=" + policy, "--tell=" + root.resolve("gateway.yaml"));
            String[] red = {
                "ordinary-work",
                "rewound-branch",
                "changed-tool",
                "shared-volume",
                "secrets",
                "no-backup",
                "hold",
                "release"
            };
            assertThat(red(report)).containsExactlyInAnyOrder(red);
            assertThat(report.path("guarded").path("destroyed").booleanValue()).isFalse();

            Json.Members told = house.admin()
                    .call("drill.list", Json.object())
                    .objects("reports")
                    .getFirst();
            assertThat(told.text("drill")).isEqualTo("pocketos");
            assertThat(told.texts("red")).contains(red);
            assertThat(told.objects("steps")).hasSize(STEPS.size());
            assertThat(told.objects("backups")).hasSize(3);
            Json.Members receipt =
                    house.admin().call("receipt.show", Json.object().with("receipt", told.text("receipt")));
            assertThat(receipt.canonicalText()).contains("drill.report").contains("no-backup");

            house.interlock("", "drill", "--config=" + house.config()).expect(0);
            Json.Members judged = house.admin()
                    .call("drill.list", Json.object())
                    .objects("reports")
                    .getFirst()
                    .object("policy");
            Json.Members status = house.admin().call("status", Json.object());
            assertThat(judged.text("seal")).isEqualTo(status.text("seal"));
        } finally {
            Installation.remove(root);
        }
    }

    @Test
    void theServedDemoWorksAsPrintedAndAnInterruptLeavesNothing() throws Exception {
        Path said = Files.createTempFile("interlock-system-", ".out");
        try {
            interrupted(said, demo -> {
                String page = Files.readString(said);
                assertThat(demo.isAlive()).as(page).isTrue();
                return page.contains("export DISPOSABLE_VOLUME=");
            });
        } finally {
            Files.delete(said);
        }
    }

    /** While it still starts processes, as soon as files are in its first directory. */
    @Test
    void anInterruptedStartLeavesNothing() throws Exception {
        interrupted(Path.of("/dev/null"), demo -> {
            assertThat(demo.isAlive()).isTrue();
            List<Path> made = directories();
            return made.size() == 2 && Files.isDirectory(made.getFirst().resolve("provider"));
        });
    }

    private interface DemoCondition {
        boolean holds(Process demo) throws Exception;
    }

    /** Serves a demo that prints to {@code said}, and interrupts it {@code when} it has come so far. */
    private void interrupted(Path said, DemoCondition when) throws Exception {
        assumeTrue(Files.isWritable(Path.of("/dev/shm")), "there is no second device to write to");
        // A process that a shell starts in the background ignores the signal, and so do its children.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(Programs.interlock(temporary, List.of("demo", "--serve")));
        Process demo = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        List<Path> made = new ArrayList<>();
        try {
            Programs.await("it has come so far", () -> when.holds(demo));
            if (Files.isRegularFile(said)) {
                tryWhatIsPrinted(Files.readString(said));
                assertThat(demo.descendants()).hasSizeGreaterThanOrEqualTo(3);
            }
            made.addAll(directories());
            assertThat(made).hasSize(2);
            List<ProcessHandle> started = demo.descendants().toList();
            Programs.run(List.of("kill", "-INT", Long.toString(demo.pid())), "").expect(0);
            assertThat(demo.waitFor()).isEqualTo(130);
            assertThat(made).noneMatch(Files::exists);
            assertThat(started).noneMatch(ProcessHandle::isAlive);
        } finally {
            demo.descendants().forEach(ProcessHandle::destroyForcibly);
            demo.destroyForcibly().waitFor();
            for (Path left : made) {
                if (Files.exists(left)) {
                    Installation.remove(left);
                }
            }
        }
    }

    private void tryWhatIsPrinted(String page) throws Exception {
        for (String name : List.of("ADDRESS", "CA", "STAGING", "PRODUCTION", "READ_TOKEN", "WORK_TOKEN")) {
            assertThat(page).contains("export " + name + "=");
        }
        assertThat(page).contains("They lead to the first provider", "the gateway above guards the second:");
        assertThat(page).contains("LEASE=$(interlock lease issue", "-H \"Authorization: Bearer $LEASE\"");
        String run = page.lines()
                .filter(line -> line.contains("interlock run --config"))
                .findFirst()
                .orElseThrow();
        List<String> arguments = new ArrayList<>(List.of(run.strip().split(" ", -1)));
        assertThat(arguments.removeLast()).isEqualTo("sh");
        arguments.addAll(List.of("sh", "-c", "touch here && curl -sS \"$INTERLOCK_GATEWAY/railway/\""));
        Programs.ProgramResult tried =
                Programs.run(Programs.interlock(temporary, arguments.subList(1, arguments.size())), "");
        assertThat(tried.out()).as(tried.err()).contains("\"kind\"");
    }

    /** The demo's directories, here and on the other device; the second is named after the first. */
    private List<Path> directories() throws IOException {
        List<Path> all = new ArrayList<>();
        try (Stream<Path> own = Files.list(temporary)) {
            own.filter(path -> path.getFileName().toString().startsWith("interlock-demo-"))
                    .forEach(all::add);
        }
        for (Path own : List.copyOf(all)) {
            try (Stream<Path> others = Files.list(Path.of("/dev/shm"))) {
                others.filter(path -> path.getFileName().toString().startsWith(own.getFileName() + "-"))
                        .forEach(all::add);
            }
        }
        return all;
    }

    private JsonNode demo(int status, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("demo", "--json"));
        arguments.addAll(List.of(options));
        Programs.ProgramResult ended =
                Programs.run(Programs.interlock(temporary, arguments), "").expect(status);
        return JSON.readTree(ended.out());
    }

    /** Puts the built-in {@code file} into the policy directory, weakened by {@code changes}. */
    private void weaken(String file, Map<String, String> changes) throws IOException {
        try (InputStream in = DemoTest.class.getResourceAsStream("/dev/interlock/drill/policy/" + file)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (Map.Entry<String, String> change : changes.entrySet()) {
                assertThat(text).contains(change.getKey());
                text = text.replace(change.getKey(), change.getValue());
            }
            Path weakened = policy.resolve(file);
            Files.createDirectories(weakened.resolveSibling("."));
            Files.writeString(weakened, text);
        }
    }

    private static TreeSet<String> names(JsonNode object) {
        TreeSet<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static List<String> red(JsonNode report) {
        List<String> red = new ArrayList<>();
        for (JsonNode step : report.path("guarded").path("steps")) {
            if (!step.path("expected").equals(step.path("got"))) {
                red.add(step.path("name").textValue());
            }
        }
        return red;
    }
}

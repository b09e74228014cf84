package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests real gateways, and their keys processes. */
@Timeout(300)
@Tag("process")
final class KeysApartTest {

    private static final int GATEWAY = 61_300;
    private static final int KEEPER = 61_301;

    private static ProcessHandle keys(Installation installation) {
        return installation.gateway().children().findFirst().orElseThrow();
    }

    @Test
    void aGatewayRefusesWithoutKeysAndRecovers() throws Exception {
        try (Installation installation = Installation.open(false);
                Agent agent = installation.agent()) {
            assertThat(agent.ask(Agent.variable("A", "1")).status()).isEqualTo(200);
            assertThat(installation
                            .interlock(List.of("status", "--all"), "")
                            .expect(0)
                            .out())
                    .containsPattern("keys process +apart \\(same user\\)\n");

            keys(installation).destroyForcibly();
            // Without the keys process, nothing can be searched for credentials, so even reads are refused until it is
            // back. Credentials that were opened a moment ago may be used for a moment more.
            String volume = TestingRailway.disposables().getFirst();
            AtomicReference<Agent.Answer> held = new AtomicReference<>();
            Programs.await("the deletion is held", () -> {
                held.set(agent.ask(Agent.delete(volume)));
                assertThat(held.get().kind()).isIn("unavailable", "confirmation_required");
                return held.get().kind().equals("confirmation_required");
            });
            installation.sign(held.get().hold(), "sam");
            Programs.await(
                    "the gateway has its keys again",
                    () -> agent.ask(Agent.variable("A", "2")).status() == 200);
            assertThat(agent.ask(Agent.delete(volume)).status()).isEqualTo(200);
            assertThat(installation.said()).contains("The keys process does not answer correctly");
        }
    }

    @Test
    @Tag("promise")
    void theGatewaysUserCannotReadAKey() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can be two others");
        assumeTrue(Programs.has("setpriv"), "setpriv is not installed");
        try (Installation installation = Installation.open(false)) {
            installation.stop();
            Path root = installation.root();
            Path keys = Files.createDirectory(root.resolve("keys-data"));
            Path run = Files.createDirectory(root.resolve("keys-run"));
            Files.move(root.resolve("data/vault"), keys.resolve("vault"));
            give(keys, KEEPER);
            give(run, KEEPER);
            give(root.resolve("data"), GATEWAY);
            give(root.resolve("run"), GATEWAY);
            give(root.resolve("replica"), GATEWAY);
            Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rwx------"));
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.writeString(
                    installation.configuration(),
                    Files.readString(installation.configuration()) + "keys: {user: \"" + KEEPER + "\", gateway: \""
                            + GATEWAY + "\", data: keys-data, run: keys-run}\n");
            String classPath = readable(root.resolve("program"));

            Process keeper =
                    start(KEEPER, classPath, "dev.interlock.keys.KeysMain", installation, List.of(), "keys.log");
            Process gateway = start(
                    GATEWAY, classPath, "dev.interlock.daemon.GatewayMain", installation, List.of("up"), "up.log");
            try {
                AdminClient admin = AdminClient.at(root.resolve("run/admin.sock"));
                Programs.await("the gateway answers with its keys", () -> {
                    assertThat(gateway.isAlive()).as(log(root, "up.log")).isTrue();
                    return status(admin).equals("apart (user " + KEEPER + ")");
                });
                try (Agent agent = installation.agent()) {
                    assertThat(agent.ask(Agent.variable("A", "1")).status())
                            .as(log(root, "keys.log"))
                            .isEqualTo(200);
                }
                String slot =
                        keys.resolve("vault/ordinary/railway-staging.slot").toString();
                assertThat(as(GATEWAY, List.of("cat", slot)).exit()).isNotZero();
                assertThat(as(GATEWAY, List.of("ls", keys.toString())).exit()).isNotZero();
                assertThat(as(KEEPER, List.of("cat", slot)).exit()).isZero();
                assertThat(as(GATEWAY, List.of("cat", "/proc/" + keeper.pid() + "/environ"))
                                .exit())
                        .isNotZero();
                // Anybody else who connects to the socket gets no answer; the connection is closed.
                String socket = "UNIX-CONNECT:" + run.resolve("keys.sock");
                if (Programs.has("socat")) {
                    assertThat(as(61_302, List.of("socat", "-u", socket, "-")).out())
                            .isEmpty();
                    assertThat(log(root, "keys.log")).contains("`61302` is not the gateway");
                }
            } finally {
                for (Process process : List.of(gateway, keeper)) {
                    process.destroyForcibly();
                    process.waitFor();
                }
            }
        }
    }

    private static String status(AdminClient admin) {
        try {
            return admin.call("status", Json.object()).text("keys");
        } catch (IOException | AdminRefusedException e) {
            return "";
        }
    }

    private static String log(Path root, String name) throws IOException {
        return Files.readString(root.resolve(name));
    }

    private static List<String> user(int uid, List<String> command) {
        List<String> all = new ArrayList<>(
                List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups", "--no-new-privs"));
        all.addAll(command);
        return all;
    }

    private static Programs.ProgramResult as(int uid, List<String> command) throws Exception {
        return Programs.run(user(uid, command), "");
    }

    private static Process start(
            int uid, String classPath, String main, Installation installation, List<String> arguments, String log)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-XX:-UsePerfData"));
        command.addAll(
                List.of("--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=" + installation.root() + "/tmp"));
        command.addAll(List.of("-cp", classPath, main));
        command.addAll(arguments);
        command.add("--config");
        command.add(installation.configuration().toString());
        return new ProcessBuilder(user(uid, command))
                .redirectErrorStream(true)
                .redirectOutput(installation.root().resolve(log).toFile())
                .start();
    }

    private static void give(Path tree, int uid) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path path : all.toList()) {
                Files.setAttribute(path, "unix:uid", uid);
            }
        }
    }

    /** Copies the program to where others may read it. */
    private static String readable(Path directory) throws Exception {
        Files.createDirectory(directory);
        List<String> entries = new ArrayList<>();
        for (String entry : Programs.classPath().split(File.pathSeparator, -1)) {
            Path copy = directory.resolve(entries.size() + "-" + Path.of(entry).getFileName());
            Programs.run(List.of("cp", "-rL", entry, copy.toString()), "").expect(0);
            entries.add(copy.toString());
        }
        Programs.run(List.of("chmod", "-R", "a+rX", directory.toString()), "").expect(0);
        return String.join(File.pathSeparator, entries);
    }
}

package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the chart's pod without a cluster. The real program runs in namespaces, as the pod's user, with the volumes and
 * modes that the kubelet gives them, and the commands of the notes run in it.
 */
@Timeout(300)
@Tag("process")
final class HelmPodTest {

    /** The directory of the program inside. */
    private static final String PROGRAM = "/program";

    private static final String NAME = "interlock.interlock.svc";

    private static final String SHOP = """
              orders:
                catalog: shop
                address: https://shop.example.com
                credentials:
                  shop: {environments: [staging], impacts: [read, write]}
                resources:
                  "shop:order/o-1": {environments: [staging]}
            """.indent(2);

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path root;

    private JsonNode pod;
    private String user;
    private Process gateway;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can be another user");
        for (String tool : List.of("bwrap", "setpriv", "nsenter", "curl", "ssh-keygen")) {
            assumeTrue(Programs.has(tool), "needs " + tool);
        }
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        Programs.install(root.resolve("program"));
        Path launcher = root.resolve("program").resolve("interlock");
        Files.writeString(
                launcher,
                Files.readString(launcher).replace(launcher.resolveSibling("").toString(), PROGRAM));
        String sam = key("sam");
        Map<String, String> policy = new TreeMap<>(ServiceGatewayInstallation.staging(SHOP));
        policy.replaceAll((_, text) -> text.replace("\"SAM\"", '"' + sam + '"'));
        policy.put("catalogs/shop.yaml", Catalogs.example("rest"));
        ObjectNode values = JSON.createObjectNode();
        values.putObject("image").put("repository", "registry.example.com/interlock");
        ObjectNode configuration = values.putObject("configuration");
        ObjectNode gateway = configuration.putObject("gateway").put("origin", "interlock.example/pod");
        gateway.putObject("seal-signers").put("quorum", 1).putArray("keys").add(key("sealer"));
        policy.forEach(configuration.putObject("policy")::put);
        List<JsonNode> objects = HelmChart.objects(values.toString());
        pod = objects.stream()
                .filter(object -> object.path("kind").asText().equals("Deployment"))
                .findFirst()
                .orElseThrow()
                .at("/spec/template/spec");
        user = pod.at("/securityContext/runAsUser").asText();
        for (JsonNode volume : pod.path("volumes")) {
            layOut(volume, objects);
        }
    }

    @AfterEach
    void close() {
        if (gateway != null) {
            Programs.stop(gateway);
        }
    }

    /**
     * Makes a volume as the kubelet does. It is root's, and the pod's group may write. Files of a ConfigMap are links
     * to a directory that can be replaced as a whole.
     */
    private void layOut(JsonNode volume, List<JsonNode> objects) throws Exception {
        Path directory = Files.createDirectories(volume(volume.path("name").asText()));
        Programs.run(List.of("chgrp", user, directory.toString()), "").expect(0);
        String mode = volume.has("persistentVolumeClaim") ? "2775" : "2777";
        Programs.run(List.of("chmod", mode, directory.toString()), "").expect(0);
        JsonNode source = volume.has("projected") ? volume.at("/projected/sources/0") : volume;
        if (!source.has("configMap")) {
            return;
        }
        String name = source.at("/configMap/name").asText();
        JsonNode data = objects.stream()
                .filter(object -> object.path("kind").asText().equals("ConfigMap")
                        && object.at("/metadata/name").asText().equals(name))
                .findFirst()
                .orElseThrow()
                .path("data");
        Map<String, String> paths = new TreeMap<>();
        data.fieldNames().forEachRemaining(key -> paths.put(key, key));
        source.at("/configMap/items")
                .forEach(item ->
                        paths.put(item.path("key").asText(), item.path("path").asText()));
        Path written = Files.createDirectory(directory.resolve("..2026_11_26"));
        Files.createSymbolicLink(directory.resolve("..data"), written.getFileName());
        for (Map.Entry<String, String> path : paths.entrySet()) {
            Path file = written.resolve(path.getValue());
            Files.createDirectories(file.getParent());
            Files.writeString(file, data.path(path.getKey()).asText());
            Path first = Path.of(path.getValue()).getName(0);
            if (Files.notExists(directory.resolve(first))) {
                Files.createSymbolicLink(
                        directory.resolve(first), Path.of("..data").resolve(first));
            }
        }
    }

    private Path volume(String name) {
        return root.resolve("volumes").resolve(name);
    }

    private String key(String name) throws Exception {
        Path file = root.resolve(name);
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file.toString()), "")
                .expect(0);
        return Files.readString(root.resolve(name + ".pub")).strip();
    }

    /**
     * Returns the command line that runs {@code command} as {@code container} does: nothing but its volumes is written.
     */
    private List<String> contained(JsonNode container, List<String> command) {
        List<String> line = new ArrayList<>(List.of("bwrap", "--unshare-net", "--cap-add", "ALL"));
        line.addAll(List.of("--ro-bind", "/usr", "/usr", "--ro-bind-try", "/opt", "/opt"));
        line.addAll(List.of("--ro-bind", root.resolve("program").toString(), PROGRAM));
        for (String directory : List.of("/etc", "/run", "/var", "/var/lib")) {
            line.addAll(List.of("--perms", "0755", "--dir", directory));
        }
        for (String link : List.of("bin", "sbin", "lib", "lib64")) {
            line.addAll(List.of("--symlink", "usr/" + link, "/" + link));
        }
        line.addAll(List.of("--ro-bind", "/etc/passwd", "/etc/passwd", "--proc", "/proc", "--dev", "/dev"));
        for (JsonNode mount : container.path("volumeMounts")) {
            Path source = volume(mount.path("name").asText())
                    .resolve(mount.path("subPath").asText());
            line.addAll(List.of(
                    mount.path("readOnly").asBoolean() ? "--ro-bind" : "--bind",
                    source.toString(),
                    mount.path("mountPath").asText()));
        }
        line.addAll(List.of("--remount-ro", "/", "--"));
        line.addAll(asUser(command));
        return line;
    }

    private List<String> asUser(List<String> command) {
        List<String> line = new ArrayList<>(List.of(
                "setpriv",
                "--reuid=" + user,
                "--regid=" + pod.at("/securityContext/runAsGroup").asText(),
                "--clear-groups",
                "--bounding-set=-all",
                "--inh-caps=-all",
                "--no-new-privs",
                "env",
                "-i",
                "PATH=" + PROGRAM + ":/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG=C.UTF-8"));
        line.addAll(command);
        return line;
    }

    private static List<String> words(JsonNode list) {
        List<String> words = new ArrayList<>();
        list.forEach(word -> words.add(word.asText()));
        return words;
    }

    private Programs.ProgramResult initialise() throws Exception {
        JsonNode first = pod.at("/initContainers/0");
        List<String> command = words(first.path("command"));
        command.addAll(words(first.path("args")));
        return Programs.run(contained(first, command), "");
    }

    private void start(Path out) throws Exception {
        JsonNode container = pod.at("/containers/0");
        List<String> command = new ArrayList<>(List.of("interlock")); // the image's entry point
        command.addAll(words(container.path("args")));
        gateway = new ProcessBuilder(contained(container, command))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        Programs.await("the gateway is up", () -> {
            assertThat(gateway.isAlive()).as(Files.readString(out)).isTrue();
            return Files.readString(out).contains("log key");
        });
    }

    /**
     * Runs a line of a shell in the pod, as {@code kubectl exec} runs a command. Container runtimes give its standard
     * input to the container's user.
     */
    private Programs.ProgramResult exec(String input, String line) throws Exception {
        long inside = gateway.descendants().mapToLong(ProcessHandle::pid).min().orElse(gateway.pid());
        List<String> command = new ArrayList<>(
                List.of("nsenter", "--target", Long.toString(inside), "--mount", "--net", "--root", "--wdns=/", "--"));
        command.addAll(asUser(List.of("sh", "-c", input.isEmpty() ? line : "cat | (" + line + ")")));
        return Programs.run(command, input);
    }

    /** Signs the policy elsewhere, and has the gateway adopt it. */
    private Programs.ProgramResult seal(int number) throws Exception {
        Path elsewhere = Files.createDirectories(root.resolve("elsewhere"));
        Programs.run(List.of("cp", "-r", volume("configuration") + "/files/.", elsewhere.toString()), "")
                .expect(0);
        Programs.run(List.of("chown", "-R", "root:", elsewhere.toString()), "").expect(0);
        Path seal = elsewhere.resolve("seal.json");
        Programs.run(
                        Programs.interlock(
                                elsewhere,
                                List.of(
                                        "seal",
                                        "--config=" + elsewhere.resolve("gateway.yaml"),
                                        "--key=" + root.resolve("sealer"),
                                        "--number=" + number,
                                        "--out=" + seal)),
                        "")
                .expect(0);
        return exec(Files.readString(seal), "cat >/tmp/seal.json && interlock seal --sign /tmp/seal.json");
    }

    /** The commands are those of the notes. */
    @Test
    void aMachineTakesALeaseFromThePod() throws Exception {
        initialise().expect(0);
        start(root.resolve("out"));
        assertThat(exec("", "interlock status --all").out()).containsPattern("(?m)^seal +0$");
        assertThat(exec("sk-1", "interlock vault put shop").expect(0).out()).contains("shop");
        assertThat(exec("", "interlock seal").err()).contains("`--key` is missing");
        assertThat(seal(1).expect(0).out()).contains("Seal 1 is in force.");
        assertThat(seal(2).expect(0).out()).contains("Seal 2 is in force.");
        assertThat(seal(2).exit()).as("a number is used once").isNotZero();

        exec("", "interlock remote add sam/bot --task work --out /tmp/machine").expect(0);
        assertThat(exec("", "tar -C /tmp -cf - machine | tar -tf -").expect(0).out())
                .contains("machine/key.pem", "machine/certificate.pem", "machine/gateway.pem");
        String call = "curl -sS --cacert /tmp/machine/gateway.pem --resolve " + NAME
                + ":7443:127.0.0.1 --json '{}' https://" + NAME + ":7443/.interlock/leases";
        assertThat(exec("", call).exit()).as("without a certificate").isNotZero();
        Programs.ProgramResult lease =
                exec("", call + " --cert /tmp/machine/certificate.pem --key /tmp/machine/key.pem");
        assertThat(Json.readObject(lease.expect(0).out().getBytes(StandardCharsets.UTF_8))
                        .text("agent"))
                .isEqualTo("sam/bot");
        exec("", "rm -r /tmp/machine").expect(0);

        assertThat(exec("", "curl -sS -o /dev/null -w '%{http_code}' http://localhost:7412/")
                        .expect(0)
                        .out())
                .as("the console, for a forwarded port, leads to its sign-in")
                .isEqualTo("303");
        assertThat(exec("", "interlock key invite sam").err()).doesNotContain("may not");
    }

    @Test
    void theGatewayOwnsItsDataAndItsConfigurationAlone() throws Exception {
        initialise().expect(0);
        initialise().expect(0); // as after a restart of the pod
        start(root.resolve("out"));
        assertThat(exec("", "stat -c '%a %u' /var/lib/interlock/data /etc/interlock/gateway.yaml")
                        .expect(0)
                        .out())
                .isEqualTo("700 64011\n600 64011");
        for (String place : List.of("/etc/interlock", "/usr", "/")) {
            assertThat(exec("", "touch " + place + "/made").err()).as(place).contains("Read-only file system");
        }
    }

    /** The copy is there because the kubelet opens the directory of a ConfigMap to everybody, as far as modes tell. */
    @Test
    void theMountedConfigurationItselfIsRefused() throws Exception {
        Path given = volume("given");
        Programs.ProgramResult refused = Programs.run(
                Programs.interlock(root, List.of("status", "--config=" + given.resolve("gateway.yaml"))), "");
        assertThat(refused.exit()).isNotZero();
        assertThat(refused.err()).contains("can be written by others");
    }
}

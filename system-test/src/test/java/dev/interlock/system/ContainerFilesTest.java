package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.interlock.config.Config;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.TestingKey;
import io.kubernetes.client.openapi.models.V1Service;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that both recipes make the same image, and what the Compose file gives gateway and agent. */
final class ContainerFilesTest {

    private static final Path REMOTE = Path.of("../packaging/remote");

    private static JsonNode compose() throws Exception {
        return yaml(REMOTE.resolve("compose.yaml"));
    }

    private static JsonNode yaml(Path file) throws Exception {
        YAMLFactory strict = YAMLFactory.builder()
                .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .build();
        try (YAMLParser parser = strict.createParser(file.toFile())) {
            return new ObjectMapper().readTree(parser);
        }
    }

    private static Set<String> names(JsonNode node) {
        Set<String> names = new TreeSet<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::asText).toList();
    }

    @Test
    void theAgentReachesTheGatewayAlone() throws Exception {
        JsonNode file = compose();
        assertThat(names(file)).containsExactly("networks", "services", "volumes");
        JsonNode agent = file.at("/services/agent");
        assertThat(texts(agent.path("networks"))).containsExactly("agents");
        assertThat(file.at("/networks/agents/internal").asBoolean()).isTrue();
        assertThat(texts(agent.path("volumes"))).containsExactly("./identity:/identity:ro");
        assertThat(names(agent)).doesNotContain("privileged", "network_mode", "pid", "ipc", "cap_add", "ports");
    }

    @Test
    void theGatewayHasNoRightsAndKeepsItsLedger() throws Exception {
        JsonNode file = compose();
        JsonNode gateway = file.at("/services/gateway");
        assertThat(gateway.path("read_only").asBoolean()).isTrue();
        assertThat(texts(gateway.path("cap_drop"))).containsExactly("ALL");
        assertThat(texts(gateway.path("security_opt"))).containsExactly("no-new-privileges:true");
        assertThat(texts(gateway.path("volumes")))
                .containsExactly("./gateway:/etc/interlock:ro", "ledger:/var/lib/interlock");
        assertThat(names(file.path("volumes"))).containsExactly("ledger");
        assertThat(names(file.path("networks"))).containsAll(texts(gateway.path("networks")));
        assertThat(names(gateway)).doesNotContain("ports", "user", "privileged", "network_mode", "cap_add");
        assertThat(texts(gateway.path("command"))).startsWith("up").endsWith("/etc/interlock/gateway.yaml");
    }

    @Test
    void theFilesOfAFleetAgree(@TempDir Path directory) throws Exception {
        Path fleet = REMOTE.resolve("fleet");
        JsonNode file = yaml(fleet.resolve("compose.yaml"));
        String balancer = Files.readString(fleet.resolve("haproxy.cfg"));
        for (String node : List.of("a", "b")) {
            JsonNode gateway = file.at("/services/" + node);
            assertThat(texts(gateway.path("volumes")))
                    .containsExactly("./" + node + ":/etc/interlock:ro", node + ":/var/lib/interlock");
            for (String same : List.of("image", "command", "read_only", "cap_drop", "security_opt", "tmpfs")) {
                assertThat(gateway.path(same)).isEqualTo(compose().at("/services/gateway/" + same));
            }
            assertThat(names(gateway)).doesNotContain("ports", "user", "privileged", "network_mode", "cap_add");
            assertThat(balancer)
                    .contains("server " + node + " " + node + ":7443", "server " + node + " " + node + ":7412");
        }
        assertThat(names(file.path("volumes"))).containsExactly("a", "b", "store");
        assertThat(file.at("/networks/agents/internal").asBoolean()).isTrue();
        for (JsonNode service : file.path("services")) { // Docker publishes no port of who has only internal networks
            assertThat(texts(service.path("networks")))
                    .anyMatch(network -> !service.has("ports")
                            || !file.at("/networks/" + network + "/internal").asBoolean());
        }
        String yaml = Files.readString(fleet.resolve("gateway.yaml"))
                .replace("ssh-ed25519 AAAA… ann", TestingKey.software().line());
        Path written = Files.writeString(directory.resolve("gateway.yaml"), yaml);
        Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-r--r--"));
        Config config = Config.read(written);
        assertThat(config.store().orElseThrow().host()).isEqualTo("store");
        assertThat(names(file.path("services"))).contains("store");
        V1Service service =
                V1Service.fromJson(yaml(fleet.resolve("service.yaml")).toString());
        assertThat(service.getSpec().getSelector()).isEqualTo(Map.of("app.kubernetes.io/name", "interlock"));
    }

    @Test
    @Tag("process")
    void theBalancerOfAFleetStartsBeforeItsGateways(@TempDir Path directory) throws Exception {
        Path haproxy = Path.of("/usr/sbin/haproxy");
        assumeTrue(Files.isExecutable(haproxy), "needs haproxy");
        TestingCertificate certificate = TestingCertificate.forName("console.example.com");
        Files.writeString(directory.resolve("console.pem"), certificate.pem() + certificate.key());
        Files.writeString(directory.resolve("ca.pem"), certificate.pem());
        Path written = Files.writeString(
                directory.resolve("haproxy.cfg"),
                Files.readString(REMOTE.resolve("fleet/haproxy.cfg"))
                        .replace("/etc/haproxy/tls", directory.toString()));
        Programs.run(List.of(haproxy.toString(), "-c", "-f", written.toString()), "")
                .expect(0);
    }

    /** One makes it with Docker or Podman, the other without. */
    @Test
    void bothRecipesMakeTheSameImage() throws Exception {
        String image = Files.readString(Path.of("../packaging/image"));
        String container = Files.readString(REMOTE.resolve("Containerfile"));
        String user = only("(?m)^user=(\\d+)$", image);
        assertThat(only("(?m)^USER (\\S+)$", container)).isEqualTo(user + ":" + user);
        assertThat(container).contains("interlock:x:" + user + ":" + user + "::/nonexistent:/usr/sbin/nologin");
        assertThat(compose().at("/services/agent/user").asText()).isEqualTo(user + ":" + user);
        assertThat(compose().at("/services/gateway/tmpfs").toString()).contains("uid=" + user + ",gid=" + user);
        assertThat(only("(?m)^ENTRYPOINT (.*)$", container)).isEqualTo(only("\"Entrypoint\":(\\[[^]]*\\])", image));
        assertThat(only("(?m)^CMD (.*)$", container).replace(" ", "")).isEqualTo(only("\"Cmd\":(\\[[^]]*\\])", image));
        assertThat(only("--no-install-recommends (.*) &&", container).replace(' ', ','))
                .isEqualTo(only("--include=(\\S+)", image));
        for (String directory : only("(?m)^VOLUME (.*)$", container).split(" ", -1)) {
            assertThat(image).contains("\"" + directory + "\":{}");
        }
    }

    /** Compose itself knows each field, where it is installed. It needs no daemon for that. */
    @Test
    void composeReadsTheFile() throws Exception {
        assumeTrue(
                Programs.has("docker")
                        && Programs.run(List.of("docker", "compose", "version"), "")
                                        .exit()
                                == 0,
                "skipped: Docker's Compose is not installed");
        Programs.run(
                        List.of(
                                "docker",
                                "compose",
                                "-f",
                                REMOTE.resolve("compose.yaml").toString(),
                                "config",
                                "-q"),
                        "")
                .expect(0);
    }

    private static String only(String pattern, String text) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        assertThat(found.find()).as(pattern).isTrue();
        return found.group(1);
    }
}

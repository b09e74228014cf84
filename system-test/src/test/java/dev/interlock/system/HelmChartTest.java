package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.LintResult;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1Service;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what Helm makes of the chart, and whether Kubernetes knows each field of it. Nothing is installed. */
@Timeout(120)
final class HelmChartTest {

    private static final String IMAGE = "image: {repository: registry.example.com/interlock}\n";

    private static final String GATEWAY = """
            configuration:
              gateway:
                origin: interlock.example/pocketos
                seal-signers: {quorum: 1, keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ann"]}
            """;

    private static final String USUAL = IMAGE + GATEWAY;

    private static final String AGENTS = USUAL + "agents: {namespaces: [ci, staging]}\n";

    @Test
    void helmFindsNothingWrong() {
        LintResult found = HelmChart.lint();
        assertThat(found.isFailed()).as(found.getMessages().toString()).isFalse();
        assertThat(found.getMessages()).containsExactly("[INFO] Chart.yaml: icon is recommended");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "agents: {namespaces: [ci], podLabel: '', dns: {addresses: [169.254.20.10/32]}}\n",
                "storage: {size: 1Gi, storageClass: fast, accessMode: ReadWriteOnce}\n"
                        + "service: {type: LoadBalancer, annotations: {a.example.com/b: 'true'}}\n",
                "storage: {existingClaim: ours}\nnodeSelector: {disk: ssd}\ntolerations: [{key: a, operator: Exists}]\n"
                        + "podAnnotations: {a: b}\naffinity: {podAntiAffinity: {}}\nresources: {limits: {cpu: 1}}\n",
            })
    void kubernetesKnowsEveryField(String more) throws IOException {
        List<String> kinds = new ArrayList<>();
        for (JsonNode object : HelmChart.objects(USUAL + more)) {
            String kind = object.path("kind").asText();
            kinds.add(kind);
            String json = object.toString();
            Object read = switch (kind) {
                case "ConfigMap" -> V1ConfigMap.fromJson(json);
                case "Deployment" -> V1Deployment.fromJson(json);
                case "NetworkPolicy" -> V1NetworkPolicy.fromJson(json);
                case "PersistentVolumeClaim" -> V1PersistentVolumeClaim.fromJson(json);
                case "Service" -> V1Service.fromJson(json);
                default -> throw new AssertionError("not expected: " + kind);
            };
            assertThat(read).isNotNull();
            assertThat(object.at("/metadata/name").asText()).startsWith("interlock");
            assertThat(object.at("/metadata/namespace").asText()).isNotEmpty();
        }
        assertThat(kinds).contains("ConfigMap", "Deployment", "Service");
        assertThat(kinds.contains("PersistentVolumeClaim")).isEqualTo(!more.contains("existingClaim"));
    }

    @Test
    void oneGatewayRunsWithoutRights() throws IOException {
        JsonNode spec = HelmChart.object(USUAL, "Deployment").path("spec");
        assertThat(spec.path("replicas").asInt()).isEqualTo(1);
        assertThat(spec.at("/strategy/type").asText()).isEqualTo("Recreate");
        JsonNode pod = spec.at("/template/spec");
        assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
        JsonNode user = pod.path("securityContext");
        assertThat(user.path("runAsNonRoot").asBoolean()).isTrue();
        assertThat(user.path("runAsUser").asInt()).isEqualTo(64011);
        assertThat(user.path("runAsGroup").asInt()).isEqualTo(64011);
        assertThat(user.at("/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(user.path("fsGroupChangePolicy").asText()).isEqualTo("OnRootMismatch");

        List<JsonNode> containers = new ArrayList<>();
        pod.path("containers").forEach(containers::add);
        pod.path("initContainers").forEach(containers::add);
        assertThat(containers).hasSize(2).allSatisfy(container -> {
            JsonNode security = container.path("securityContext");
            assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
            assertThat(security.path("allowPrivilegeEscalation").asBoolean(true))
                    .isFalse();
            assertThat(security.at("/capabilities/drop").toString()).isEqualTo("[\"ALL\"]");
            assertThat(container.path("image").asText()).isEqualTo("registry.example.com/interlock:" + version());
            assertThat(container.at("/resources/limits/memory").asText()).isEqualTo("1Gi");
        });
        assertThat(pod.at("/containers/0/readinessProbe/tcpSocket/port").asText())
                .isEqualTo(pod.at("/containers/0/ports/0/name").asText());
        assertThat(pod.at("/containers/0/ports/0/containerPort").asInt()).isEqualTo(7443);
    }

    private static String version() {
        Matcher told = Pattern.compile("interlock (\\S+)")
                .matcher(Programs.runHere(List.of("version")).expect(0).out());
        assertThat(told.find()).isTrue();
        return told.group(1);
    }

    @ParameterizedTest
    @CsvSource({
        "tag: next, registry.example.com/interlock:next",
        "digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef,"
                + " registry.example.com/interlock@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    })
    void theImageIsTheOneThatIsNamed(String value, String image) throws IOException {
        JsonNode made = HelmChart.object(USUAL.replace("interlock}", "interlock, " + value + "}"), "Deployment");
        assertThat(made.at("/spec/template/spec/containers/0/image").asText()).isEqualTo(image);
    }

    @Test
    void theConfigurationFitsThePod() throws IOException {
        String values = USUAL.replace("  gateway:", "  names: [gateway.example.com]\n  gateway:\n    proxy: true");
        JsonNode map = HelmChart.object(values, "ConfigMap");
        JsonNode gateway =
                HelmChart.parse(map.at("/data/gateway.yaml").asText()).getFirst();
        JsonNode pod = HelmChart.object(values, "Deployment").at("/spec/template/spec");
        assertThat(gateway.path("origin").asText()).isEqualTo("interlock.example/pocketos");
        assertThat(gateway.path("proxy").asBoolean()).isTrue();
        assertThat(gateway.path("admins").toString()).isEqualTo("[\"64011\"]");
        assertThat(gateway.at("/remote/listen").asText()).endsWith(":7443");
        assertThat(gateway.at("/remote/names").toString())
                .isEqualTo("[\"interlock.interlock.svc\",\"gateway.example.com\"]");
        for (String directory : List.of("data", "run")) {
            assertThat(mounts(pod))
                    .as(directory)
                    .anyMatch(mount -> gateway.path(directory)
                                    .asText()
                                    .startsWith(mount.path("mountPath").asText() + "/")
                            && !mount.path("readOnly").asBoolean());
        }
        assertThat(mounts(pod))
                .anyMatch(mount -> mount.path("mountPath").asText().equals("/etc/interlock")
                        && mount.path("readOnly").asBoolean());
        assertThat(given(pod)).contains("{\"configMap\":{\"name\":\"interlock\"}}");
    }

    private static List<JsonNode> mounts(JsonNode pod) {
        List<JsonNode> mounts = new ArrayList<>();
        pod.at("/containers/0/volumeMounts").forEach(mounts::add);
        return mounts;
    }

    private static List<String> given(JsonNode pod) {
        List<String> sources = new ArrayList<>();
        pod.path("volumes")
                .forEach(volume -> volume.at("/projected/sources").forEach(source -> sources.add(source.toString())));
        return sources;
    }

    @Test
    void theConfigurationCanBeOnesOwn() throws IOException {
        String map = IMAGE + "configuration: {existingConfigMap: ours}\n";
        assertThat(given(HelmChart.object(map, "Deployment").at("/spec/template/spec")))
                .containsExactly("{\"configMap\":{\"name\":\"ours\"}}");
        String secret = USUAL.replace("  gateway:", "  existingSecret: hooks\n  gateway:");
        assertThat(given(HelmChart.object(secret, "Deployment").at("/spec/template/spec")))
                .containsExactly("{\"configMap\":{\"name\":\"interlock\"}}", "{\"secret\":{\"name\":\"hooks\"}}");
    }

    @Test
    void aChangeOfTheConfigurationStartsAnotherPod() throws IOException {
        String annotation = "/spec/template/metadata/annotations/interlock~1configuration";
        assertThat(HelmChart.object(USUAL, "Deployment").at(annotation).asText())
                .hasSize(64)
                .isNotEqualTo(HelmChart.object(USUAL.replace("pocketos", "other"), "Deployment")
                        .at(annotation)
                        .asText());
    }

    @Test
    void agentsReachTheGatewayAndDnsAlone() throws IOException {
        List<JsonNode> policies = HelmChart.objects(AGENTS).stream()
                .filter(object -> object.path("kind").asText().equals("NetworkPolicy"))
                .toList();
        assertThat(policies)
                .extracting(policy -> policy.at("/metadata/namespace").asText())
                .containsExactly("ci", "staging");
        JsonNode labels = HelmChart.object(AGENTS, "Deployment").at("/spec/template/metadata/labels");
        assertThat(policies).allSatisfy(policy -> {
            JsonNode spec = policy.path("spec");
            assertThat(spec.path("podSelector").toString())
                    .isEqualTo("{\"matchLabels\":{\"interlock/agent\":\"true\"}}");
            assertThat(spec.path("policyTypes").toString()).isEqualTo("[\"Egress\"]");
            assertThat(spec.path("egress")).hasSize(2);
            JsonNode gateway = spec.at("/egress/0");
            assertThat(gateway.path("to")).hasSize(1);
            assertThat(gateway.at("/to/0/namespaceSelector/matchLabels").toString())
                    .isEqualTo("{\"kubernetes.io/metadata.name\":\"interlock\"}");
            assertThat(gateway.at("/to/0/podSelector/matchLabels")).isEqualTo(labels);
            assertThat(gateway.path("ports").toString()).isEqualTo("[{\"port\":7443,\"protocol\":\"TCP\"}]");
            JsonNode dns = spec.at("/egress/1");
            assertThat(dns.path("to").toString())
                    .isEqualTo("[{\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":"
                            + "\"kube-system\"}},\"podSelector\":{\"matchLabels\":{\"k8s-app\":\"kube-dns\"}}}]");
            assertThat(dns.path("ports").toString())
                    .isEqualTo("[{\"port\":53,\"protocol\":\"UDP\"},{\"port\":53,\"protocol\":\"TCP\"}]");
        });
        JsonNode service = HelmChart.object(AGENTS, "Service").path("spec");
        assertThat(service.path("selector")).isEqualTo(labels);
        assertThat(service.at("/ports/0/port").asInt()).isEqualTo(7443);
    }

    /** {@code HelmPodTest} runs these commands. */
    @Test
    void theNotesSayTheNextCommands() throws IOException {
        String exec = "kubectl exec -n interlock deploy/interlock -c interlock -- interlock ";
        assertThat(HelmChart.notes(AGENTS))
                .contains(
                        "https://interlock.interlock.svc:7443",
                        exec + "status",
                        exec + "remote add OWNER/AGENT --task TASK --out /tmp/machine",
                        exec + "key invite PERSON",
                        "interlock vault put NAME <FILE",
                        "cat >/tmp/seal.json && interlock seal --sign /tmp/seal.json",
                        "create secret generic machine -n ci",
                        "first give the chart the policy directory")
                .doesNotContain("No NetworkPolicy was made");
        assertThat(HelmChart.notes(USUAL)).contains("No NetworkPolicy was made", "-n AGENTS");
    }

    @Test
    void theLedgerOutlivesTheRelease() throws IOException {
        JsonNode claim = HelmChart.object(USUAL, "PersistentVolumeClaim");
        assertThat(claim.at("/metadata/annotations/helm.sh~1resource-policy").asText())
                .isEqualTo("keep");
        assertThat(claim.at("/spec/accessModes").toString()).isEqualTo("[\"ReadWriteOncePod\"]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "configuration: {gateway: {origin: ''}} | /configuration/gateway/origin",
                "configuration: {gateway: {seal-signers: {keys: []}}} | missing property 'quorum'",
                "configuration: {gateway: {origin: a, seal-signers: {quorum: 0, keys: [ssh-ed25519 A]}}} | /quorum",
                "configuration: {gateway: {origin: a, seal-signers: {quorum: 1, keys: [me]}}} | /seal-signers/keys/0",
                "replicas: 2 | additional properties 'replicas' not allowed",
                "agents: {namespaces: [ci, '*']} | /agents/namespaces/1",
                "agents: {podLabel: interlock/agent} | /agents/podLabel",
                "agents: {dns: {podLabel: ''}} | /agents/dns/podLabel",
                "agents: {dns: {addresses: [0.0.0.0/0]}} | /agents/dns/addresses/0",
                "storage: {accessMode: ReadWriteMany} | one of 'ReadWriteOncePod', 'ReadWriteOnce'",
                "storage: {size: 10} | /storage/size",
                "image: {digest: latest} | /image/digest",
                "image: {repository: ''} | image.repository is missing: push the image",
                "configuration: {gateway: null} | configuration.gateway is missing: write `origin`",
                "configuration: {existingConfigMap: ours} | both have gateway.yaml: remove one",
                "configuration: {gateway: {data: /x}} | configuration.gateway.data: this key follows from the pod",
                "configuration: {gateway: {admins: [root]}} | configuration.gateway.admins: this key follows",
            })
    void wrongValuesAreRefused(String wrong, String message) throws IOException {
        assertThat(HelmChart.objects(USUAL)).isNotEmpty();
        assertThatThrownBy(() -> HelmChart.objects(merged(wrong)))
                .isInstanceOf(RuntimeException.class)
                .hasMessageContaining(message);
    }

    /** Returns the usual values with {@code more} in the place of what they have there. */
    private static String merged(String more) throws IOException {
        JsonNode usual = HelmChart.parse(USUAL).getFirst();
        merge((ObjectNode) usual, HelmChart.parse(more).getFirst());
        return usual.toString();
    }

    private static void merge(ObjectNode into, JsonNode more) {
        more.properties().forEach(member -> {
            if (into.get(member.getKey()) instanceof ObjectNode inner
                    && member.getValue().isObject()
                    && !member.getKey().equals("seal-signers")) {
                merge(inner, member.getValue());
            } else {
                into.set(member.getKey(), member.getValue());
            }
        });
    }

    /** Each value has a line of its own, which the schema knows, and the schema knows no other. */
    @Test
    void everyValueHasADefault() throws IOException {
        JsonNode values = HelmChart.parse(Files.readString(HelmChart.directory().resolve("values.yaml")))
                .getFirst();
        JsonNode schema = HelmChart.parse(Files.readString(HelmChart.directory().resolve("values.schema.json")))
                .getFirst();
        assertThat(named(Optional.of(values), schema, "")).isEmpty();
    }

    private static List<String> named(Optional<JsonNode> values, JsonNode schema, String path) {
        List<String> missing = new ArrayList<>();
        schema.path("properties").properties().forEach(member -> {
            String name = path + "." + member.getKey();
            Optional<JsonNode> value = values.map(outer -> outer.get(member.getKey()));
            if (value.isEmpty() && !List.of(".global", ".resources.claims").contains(name)) {
                missing.add(name);
            } else if (!name.equals(".configuration.gateway")) {
                missing.addAll(named(value, member.getValue(), name));
            }
        });
        return missing;
    }
}

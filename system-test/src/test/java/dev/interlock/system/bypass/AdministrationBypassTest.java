package dev.interlock.system.bypass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests attempts to become the administrator, or to change the evidence, as the agent's own user outside of any
 * sandbox.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Tag("process")
class AdministrationBypassTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String AGENT = Integer.toString(SandboxLauncher.DEFAULT_AGENT_UID);

    /** Another user: only so many failed authentications of one user are recorded singly, and the agent needs those. */
    private static final String ANOTHER = Integer.toString(SandboxLauncher.DEFAULT_AGENT_UID + 7);

    private static final String ROOT = "0";
    private static final String TEMPLATE = "{\"agent\":\"jer/cursor\",\"task\":\"fix-staging\"}";

    private static final int CROWD = 200;

    @TempDir
    private static Path directory;

    private static BypassGateway stand;
    private static Path classes;

    @BeforeAll
    static void start() throws Exception {
        int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        assumeTrue(uid == 0, "only root can run the agent as a user of its own");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv (util-linux) is missing");
        stand = BypassGateway.start(directory);
        classes = Files.createDirectories(directory.resolve("classes/dev/interlock/system/bypass"));
        try (var in = UnconfinedAgent.class.getResourceAsStream("UnconfinedAgent.class")) {
            Files.copy(in, classes.resolve("UnconfinedAgent.class"));
        }
    }

    @AfterAll
    static void stop() throws IOException {
        if (stand != null) {
            stand.close();
        }
    }

    private static ProcessBuilder as(String uid, String... arguments) {
        List<String> command = new ArrayList<>(List.of("/usr/bin/setpriv", "--reuid=" + uid, "--regid=" + uid));
        command.addAll(List.of("--clear-groups", "--no-new-privs", "--"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-cp"));
        command.add(directory.resolve("classes").toString());
        command.add("dev.interlock.system.bypass.UnconfinedAgent");
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    private static String say(String line) throws IOException, InterruptedException {
        return say(AGENT, line);
    }

    private static String say(String uid, String line) throws IOException, InterruptedException {
        Process agent = as(uid, "say", stand.adminSocket().toString()).start();
        try (var in = agent.getOutputStream()) {
            in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
        String answer = new String(agent.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        agent.waitFor();
        return answer;
    }

    private static long refusals() throws Exception {
        return stand.ask("receipts", Json.object().with("limit", 1_000)).items("receipts").stream()
                .map(Json.Members.class::cast)
                .filter(receipt -> receipt.text("kind").equals("admin"))
                .filter(receipt -> receipt.canonicalText().contains("\"peer\":\"" + AGENT + "\""))
                .filter(receipt -> receipt.canonicalText().contains("\"result\":\"refused\""))
                .count();
    }

    private static Json.Members standing() throws Exception {
        Json.Members status = stand.ask("status", Json.object());
        return Json.object()
                .with("seal", status.text("seal"))
                .with("enforcing", status.flag("enforcing"))
                .with(
                        "leases",
                        new Json.Array(stand.ask("lease.list", Json.object()).items("leases")))
                .with(
                        "holds",
                        new Json.Array(stand.ask("hold.list", Json.object()).items("holds")));
    }

    private static String request(String command, String arguments) {
        return "{\"arguments\":" + arguments + ",\"command\":\"" + command + "\"}";
    }

    @TestFactory
    Stream<DynamicTest> everyAdminCommandOfAnAgentIsRefusedAndRecorded() {
        String lease = "{\"agent\":\"jer/cursor\",\"environments\":[\"production\"],\"impacts\":[\"destroy\"],"
                + "\"task\":\"urgent\"}";
        Map<String, String> lines = new TreeMap<>();
        lines.put("a lease for itself", request("lease.issue", lease));
        lines.put("a lease from the template", request("lease.issue", TEMPLATE));
        lines.put("a place for itself", request("run.open", TEMPLATE));
        lines.put("a longer life", request("run.renew", "{\"lease\":\"L-0\"}"));
        lines.put("a seal", request("seal.adopt", "{\"envelope\":\"{}\"}"));
        lines.put("a signature", request("hold.sign", "{\"hold\":\"H-0\",\"signature\":\"none\"}"));
        lines.put("a statement to sign", request("hold.show", "{\"hold\":\"H-0\"}"));
        lines.put("the list of holds", request("hold.list", "{}"));
        lines.put("the end of all leases", request("kill", "{\"all\":true}"));
        lines.put("the end of somebody's agent", request("kill", "{\"agent\":\"jer/cursor\"}"));
        lines.put("a kill to be lifted", request("kill.prepare", "{\"kill\":\"K-0\"}"));
        lines.put("a kill lifted", request("kill.lift", "{\"signature\":\"none\",\"statement\":\"{}\"}"));
        lines.put("the receipts of others", request("receipts", "{}"));
        lines.put("how things stand", request("status", "{}"));
        lines.put("a command that is none", request("shell", "{}"));
        lines.put("garbage", "GET / HTTP/1.1");
        lines.put("JSON of another form", "{\"command\": \"kill\"}");
        lines.put("nothing", "");
        lines.put("10 MB", "x".repeat(10 << 20));
        lines.put("10 MB of arguments", request("kill", "{\"a\":\"" + "x".repeat(10 << 20) + "\"}"));
        return lines.entrySet().stream()
                .map(line -> dynamicTest(line.getKey(), () -> {
                    Json.Members before = standing();
                    long refused = refusals();
                    JsonNode answer = JSON.readTree(say(line.getValue()));
                    assertThat(answer.at("/error/kind").asText()).isEqualTo("not_entitled");
                    assertThat(answer.at("/error/reason").asText()).isNotBlank();
                    assertThat(answer.at("/error/next").asText()).isNotBlank();
                    assertThat(refusals()).isEqualTo(refused + 1);
                    assertThat(standing()).isEqualTo(before);
                }));
    }

    /** The same message by the same program, sent by an administrator: only the sender makes the difference. */
    @Test
    void anAdministratorMayRunTheSameCommands() throws Exception {
        JsonNode lease = JSON.readTree(say(ROOT, request("lease.issue", TEMPLATE)));
        String token = lease.at("/result/token").asText();
        assertThat(token).startsWith("ilk_");
        String volume = stand.disposable();
        byte[] delete = Requests.query("mutation { volumeDelete(volumeId: \"" + volume + "\") }");
        String hold = JSON.readTree(stand.send(token, delete, 1).getFirst().body())
                .path("hold")
                .asText();
        String statement = JSON.readTree(say(ROOT, request("hold.show", "{\"hold\":\"" + hold + "\"}")))
                .at("/result/statement")
                .asText();
        String signed = Json.object()
                .with("hold", hold)
                .with("signature", stand.signature("sam", "interlock-confirm@v1", statement))
                .canonicalText();

        JsonNode agents = JSON.readTree(say(request("hold.sign", signed)));
        assertThat(agents.at("/error/kind").asText()).isEqualTo("not_entitled");
        stand.send(token, delete, 1);
        assertThat(stand.upstream().look().disks()).containsKey(volume);

        JsonNode peoples = JSON.readTree(say(ROOT, request("hold.sign", signed)));
        assertThat(peoples.has("error")).as(peoples.toString()).isFalse();
        stand.send(token, delete, 1);
        assertThat(stand.upstream().look().disks()).doesNotContainKey(volume);
        String own =
                Json.object().with("lease", lease.at("/result/lease").asText()).canonicalText();
        assertThat(JSON.readTree(say(ROOT, request("kill", own)))
                        .at("/result/killed")
                        .asInt())
                .isPositive();
    }

    @Test
    void manyConnectionsDoNotPreventEndingALease() throws Exception {
        Json.Members lease = stand.ask("lease.issue", Json.readObject(TEMPLATE.getBytes(StandardCharsets.UTF_8)));
        Process crowd = as(ANOTHER, "stay", stand.adminSocket().toString(), Integer.toString(CROWD))
                .start();
        try {
            assertThat(crowd.inputReader().readLine()).isEqualTo("staying");
            assertThat(stand.ask("kill", Json.object().with("lease", lease.text("lease")))
                            .whole("killed"))
                    .isPositive();
            String token = lease.text("token");
            JsonNode answer = JSON.readTree(
                    stand.send(token, CredentialCarrierAttempts.lawful("Authorization: Bearer ${token}"), 1)
                            .getFirst()
                            .body());
            assertThat(answer.path("kind").asText()).isEqualTo("denied");
        } finally {
            crowd.destroyForcibly();
        }
    }

    @Test
    void evidenceAndPolicyAreOutOfReach() throws Exception {
        stand.lease(); // makes at least one receipt
        Map<String, String> before = files();
        assertThat(write(AGENT, before, stand.root()))
                .contains("could not write")
                .doesNotContain("wrote ");
        Map<String, String> after = files();
        assertThat(after.keySet()).noneMatch(file -> file.contains("planted"));
        assertThat(after.values()).noneMatch(text -> text.contains("agent-was-here"));
        assertThat(stand.isServing()).isTrue();
    }

    /** The same program on the same files, owned by its user. */
    @Test
    void anOwnerOfTheFilesCouldChangeThem() throws Exception {
        Map<String, String> copies = new TreeMap<>();
        Path copy = Files.createDirectory(directory.resolve("copy"));
        for (Map.Entry<String, String> file : files().entrySet()) {
            Path target = copy.resolve(stand.root().relativize(Path.of(file.getKey())));
            Files.createDirectories(target.getParent());
            Files.writeString(target, file.getValue(), StandardCharsets.ISO_8859_1);
            copies.put(target.toString(), file.getValue());
        }
        Files.createDirectories(copy.resolve("run/places"));
        assertThat(write(ROOT, copies, copy)).contains("wrote ").doesNotContain("could not write");
    }

    private static String write(String uid, Map<String, String> files, Path root) throws Exception {
        List<String> command = new ArrayList<>(List.of("write"));
        command.addAll(files.keySet());
        for (String place : List.of("data", "data/ledger", "data/vault", "policy", "keys", "run", "run/places", ".")) {
            command.add(root.resolve(place).resolve("planted.cedar").toString());
        }
        Process writer = as(uid, command.toArray(String[]::new)).start();
        String out = new String(writer.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(writer.waitFor()).isZero();
        return out;
    }

    private static Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (String place : List.of("data", "policy", "keys", "gateway.yaml")) {
            for (Path file : below(stand.root().resolve(place))) {
                read(file).ifPresent(text -> files.put(file.toString(), text));
            }
        }
        assertThat(files).isNotEmpty();
        return files;
    }

    private static List<Path> below(Path place) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(place, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                files.add(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return FileVisitResult.CONTINUE; // partial tiles appear and disappear while the ledger publishes
            }
        });
        return files;
    }

    private static Optional<String> read(Path file) throws IOException {
        try {
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}

package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests kills of answers that a real gateway streams to curl, by the programs that people use and for every scope. */
@Timeout(300)
@Tag("process")
final class KilledStreamTest {

    private static final String REASON = "it deletes too much";

    /** The upstream of the listeners that a kill of the other upstream must not affect. */
    private static final String BESIDE = "beside";

    /**
     * curl's exit codes for a broken answer: in HTTP/1.1, by a reset, and in a stream of HTTP/2. A regular end would be
     * 0.
     */
    private static final List<Integer> BROKEN_OFF = List.of(18, 56, 92);

    @TempDir
    private Path root;

    private EndlessEventServer upstream;
    private ServiceGatewayInstallation house;
    private final Map<String, Listener> listeners = new LinkedHashMap<>();

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Programs.has("curl"), "curl is not installed");
        upstream = new EndlessEventServer();
        house = new ServiceGatewayInstallation(
                root, policy(upstream.address()), Map.of("real", "the-real-one", "other", "the-other-one"));
        house.seal().expect(0);
        house.up();
    }

    @AfterEach
    void close() throws Exception {
        listeners.values().forEach(Listener::close);
        if (house != null) {
            house.close();
            upstream.close();
        }
    }

    /** Only ann owns no agent, so a key in a file suffices for her. */
    private static Map<String, String> policy(String address) throws IOException {
        String yaml = """
                organisation: acme
                environments:
                  production: {protected: true}
                  staging: {protected: false}
                people:
                  ann: {groups: [owners], keys: ["ANN"]}
                  sam: {groups: [owners], keys: ["SAM"]}
                  pat: {groups: [owners], keys: []}
                  kim: {groups: [owners], keys: []}
                confirm: {software-keys: true}
                agents:
                  sam/bot: {owner: sam, teams: [bots]}
                  pat/bot: {owner: pat, teams: [bots]}
                  kim/bot: {owner: kim, teams: [bots]}
                upstreams:
                  up:
                    catalog: things
                    address: "%1$s"
                    credentials:
                      real: {environments: [staging], impacts: [read, write]}
                    resources:
                      "things:item/i-*": {environments: [staging]}
                      "things:account/self": {environments: [staging]}
                  beside:
                    catalog: things
                    address: "%1$s"
                    credentials:
                      other: {environments: [staging], impacts: [read]}
                    resources:
                      "things:item/i-*": {environments: [staging]}
                tasks:
                  work: {environments: [staging], impacts: [read], ttl: 1h}
                  nightly: {environments: [staging], impacts: [read], ttl: 1h}
                """.formatted(address);
        String cedar = """
                @id("work")
                permit (principal, action in Impact::Action::"read", resource in Environment::"staging");
                """;
        try (InputStream in = KilledStreamTest.class.getResourceAsStream("witness/things.yaml")) {
            String things = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Map.of("interlock.yaml", yaml, "policy.cedar", cedar, "catalogs/things.yaml", things);
        }
    }

    @Test
    void aKillCutsStreamsAtBothEndsUntilLifted() throws Exception {
        Map<String, String> leases = new LinkedHashMap<>();
        leases.put("task", lease("kim/bot", "nightly"));
        leases.put("agent", lease("pat/bot", "work"));
        leases.put("person", lease("sam/bot", "work"));
        leases.put("none", lease("kim/bot", "work"));
        listenAll(leases);

        Map<String, String> kills = new LinkedHashMap<>();
        for (String[] target : new String[][] {{"task", "nightly"}, {"agent", "pat/bot"}, {"person", "sam"}}) {
            kills.put(target[0], kill(1, "--" + target[0], target[1]));
            isCut(target[0]);
            listeners.keySet().forEach(this::goesOn);
        }

        listeners.remove("none").close();
        house.crash();
        int before = upstream.asked().size();
        for (String killed : kills.keySet()) {
            isStopped(leases.get(killed));
        }
        assertThatThrownBy(() -> lease("kim/bot", "nightly")).hasMessageContaining(REASON);
        assertThatThrownBy(() -> lease("pat/bot", "work")).hasMessageContaining(REASON);
        assertThatThrownBy(() -> lease("sam/bot", "work")).hasMessageContaining(REASON);
        assertThat(upstream.asked()).hasSize(before);

        Programs.ProgramResult byTheKilled = lift(kills.get("person"), "sam");
        assertThat(byTheKilled.exit()).isNotZero();
        assertThat(byTheKilled.err()).contains("`sam` is stopped by a kill");
        Programs.ProgramResult ofAnotherOnes = lift(kills.get("agent"), "sam");
        assertThat(ofAnotherOnes.err()).contains("`sam` is stopped by a kill");
        isStopped(leases.get("person"));
        for (String kill : kills.values()) {
            lift(kill, "ann").expect(0);
        }
        listenAll(leases);
    }

    @Test
    void aKillOfEverythingCutsAllStreamsForGood() throws Exception {
        Map<String, String> leases = new LinkedHashMap<>();
        leases.put("one", lease("sam/bot", "work"));
        leases.put("other", lease("kim/bot", "nightly"));
        listenAll(leases);
        String kill = kill(2, "--all");
        isCut("one");
        isCut("other");

        house.crash();
        int before = upstream.asked().size();
        for (String lease : leases.values()) {
            isStopped(lease);
        }
        assertThatThrownBy(() -> lease("kim/bot", "work")).hasMessageContaining(REASON);
        Programs.ProgramResult byAnOwnerOfTheKilled = lift(kill, "sam");
        assertThat(byAnOwnerOfTheKilled.exit()).isNotZero();
        assertThat(byAnOwnerOfTheKilled.err()).contains("hardware key");
        isStopped(leases.get("one"));

        lift(kill, "ann").expect(0);
        assertThat(house.curlUnder(leases.get("one"), "GET", "/up/items/i-one")).endsWith("\n403");
        assertThat(upstream.asked()).hasSize(before);
        listenAll(Map.of("one", lease("sam/bot", "work")));
    }

    /** The kill cuts the streams of all leases; the same agent may go on at another upstream, under the same lease. */
    @Test
    void aKillOfAnUpstreamCutsOnlyItsStreams() throws Exception {
        String same = lease("sam/bot", "work");
        Map<String, String> leases = new LinkedHashMap<>();
        leases.put("one", same);
        leases.put("other", lease("kim/bot", "nightly"));
        leases.put(BESIDE, same);
        listenAll(leases);
        String kill = kill(2, "--upstream", "up");
        isCut("one");
        isCut("other");
        goesOn(BESIDE);

        listeners.remove(BESIDE).close();
        house.crash();
        int before = upstream.asked().size();
        isStopped(leases.get("one"));
        isStopped(leases.get("other"));
        assertThat(upstream.asked()).hasSize(before);
        listenAll(Map.of(BESIDE, same));

        lift(kill, "ann").expect(0);
        leases.remove(BESIDE);
        listenAll(leases);
        goesOn(BESIDE);
    }

    private String lease(String agent, String task) throws Exception {
        return house.admin()
                .call("lease.issue", Json.object().with("agent", agent).with("task", task))
                .text("token");
    }

    private String kill(int cut, String... target) throws Exception {
        List<String> command = new ArrayList<>(List.of("kill", "--config=" + house.config(), "--json"));
        command.addAll(List.of("--reason", REASON));
        command.addAll(List.of(target));
        Json.Members killed = Json.readObject(house.interlock("", command.toArray(String[]::new))
                .expect(0)
                .out()
                .getBytes(StandardCharsets.UTF_8));
        assertThat(killed.whole("cut")).isEqualTo(cut);
        return killed.text("kill");
    }

    private Programs.ProgramResult lift(String kill, String person) throws Exception {
        return house.interlock(
                "", "kill", "--config=" + house.config(), "--lift=" + kill, "--key=" + root.resolve(person));
    }

    private void isStopped(String lease) throws Exception {
        assertThat(house.curlUnder(lease, "GET", "/up/items/i-1"))
                .contains("\"kind\":\"denied\"", REASON, "interlock kill --lift")
                .endsWith("\n403");
    }

    /** Starts all listeners, by turns with either protocol. */
    private void listenAll(Map<String, String> leases) throws Exception {
        boolean second = false;
        for (Map.Entry<String, String> lease : leases.entrySet()) {
            listeners.put(lease.getKey(), listen(lease.getKey(), lease.getValue(), second));
            goesOn(lease.getKey());
            second = !second;
        }
    }

    private Listener listen(String name, String lease, boolean second) throws Exception {
        Programs.await("nobody listens as " + name, () -> !upstream.isListening(path(name)));
        Process curl = new ProcessBuilder(List.of(
                        "curl",
                        "-sSN",
                        second ? "--http2-prior-knowledge" : "--http1.1",
                        "-H",
                        "Authorization: Bearer " + lease,
                        "http://127.0.0.1:" + house.port() + upstreamOf(name) + path(name)))
                .redirectError(Files.createTempFile(root, name, ".err").toFile())
                .start();
        Programs.await(name + " listens", () -> upstream.isListening(path(name)));
        return new Listener(curl, curl.inputReader(StandardCharsets.UTF_8));
    }

    private static String upstreamOf(String name) {
        return name.equals(BESIDE) ? "/beside" : "/up";
    }

    private static String path(String name) {
        return "/items/i-" + name;
    }

    private void goesOn(String name) {
        upstream.say(path(name), "still there, " + name);
        assertThat(listeners.get(name).event()).isEqualTo("data: still there, " + name);
    }

    private void isCut(String name) throws Exception {
        Listener cut = listeners.remove(name);
        assertThat(cut.rest()).isEmpty();
        assertThat(cut.curl().waitFor()).isIn(BROKEN_OFF);
        Programs.await("the upstream sees the end of " + name, () -> !upstream.isListening(path(name)));
    }

    /** A curl process and its output. */
    private record Listener(Process curl, BufferedReader out) implements AutoCloseable {

        /** Returns the next event. */
        String event() {
            return out.lines().filter(line -> !line.isEmpty()).findFirst().orElse("the end");
        }

        List<String> rest() {
            return out.lines().filter(line -> !line.isEmpty()).toList();
        }

        @Override
        public void close() {
            curl.destroyForcibly().onExit().join();
        }
    }
}

package dev.interlock.system;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.evidence.Json;
import dev.interlock.system.bench.BenchRun;
import dev.interlock.system.bench.PacedConnection;
import dev.interlock.system.bench.ProgramUse;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;

/**
 * The benchmark {@code bench/fronts [--quick] [--json]}. It measures what an agent does with a server of MCP and with
 * Git, once directly and once through the gateway, in turn. The servers are real ones: npm's SDK, and git's own behind
 * nginx.
 */
public final class FrontsBench {

    private static final int MEGABYTE = 1024 * 1024;
    private static final int PUSHED = 10 * MEGABYTE;
    private static final int CLONED = 50 * MEGABYTE;
    private static final int FILE = MEGABYTE / 4;

    /** The flags of the program as people run it; tests use flags for a quick start. */
    private static final List<String> FLAGS = List.of(
            "-XX:TieredStopAtLevel=4", "-Xmx256m", "-Xms60m", "-Xmn40m", "-XX:SurvivorRatio=3", "-XX:+UseSerialGC");

    private static final String PASSWORD = "git-password-of-the-vault-1842";
    private static final String TOOL = "echo";
    private static final String HEAD = "Accept: application/json, text/event-stream\r\n"
            + "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: " + TOOL + "\r\n";
    private static final String CALL = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\""
            + TOOL + "\",\"arguments\":{\"message\":\"hello\"},"
            + "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";

    private static final String CATALOG = """
            format: interlock-catalog@v1
            provider: small
            protocol: mcp
            endpoints: [/mcp]
            carriers: {headers: [authorization]}
            forwarded-headers: []
            tools:
              echo: {takes: message, impacts: [read], reversibility: reversible}
            """;

    private static final String UPSTREAMS = """
              small:
                catalog: small
                address: "%s"
                credentials:
                  tool: {environments: [staging], impacts: [read]}
                resources:
                  "small:account/self": {environments: [staging]}
              git:
                catalog: git
                address: "%s"
                resolver: look
                credentials:
                  work: {environments: [staging], impacts: [read, write], scheme: Basic}
                  look: {environments: [production], impacts: [read], scheme: Basic}
                resources:
                  "git:repo/acme/*": {environments: [staging]}
            """;

    private final Plan plan;
    private final Path directory;
    private final PrintStream table;
    private final ObjectNode result;
    private int made;

    /**
     * The numbers of a run.
     *
     * @param warm the number of calls before the first that counts, each way
     * @param calls the number of calls of a round
     * @param pushes the number of pushes, each way
     * @param clones the number of clones, each way
     */
    private record Plan(int warm, int rounds, int calls, int pushes, int clones) {
        static final Plan QUICK = new Plan(500, 3, 200, 3, 3);
        static final Plan FULL = new Plan(5_000, 10, 500, 11, 11);
    }

    private FrontsBench(Plan plan, BenchRun run) {
        this.plan = plan;
        this.directory = run.directory();
        this.table = run.table();
        this.result = run.result();
    }

    /** Exit code 0 if everything could be measured, whether or not a mark is met. */
    public static void main(String[] arguments) throws Exception {
        BenchRun.main(arguments, run -> {
            new FrontsBench(run.isQuick() ? Plan.QUICK : Plan.FULL, run).all();
            return 0;
        });
    }

    /** Takes what is measured, and its name: how many times as long it takes through the gateway. */
    @FunctionalInterface
    public interface Ratio {
        void measure(String name, Callable<Double> act) throws Exception;
    }

    /** Has {@code ratio} measure a push of 1 MB and a clone of 20 MB, each a number of times. */
    public static void git(BenchRun run, int times, Ratio ratio) throws Exception {
        FrontsBench bench = new FrontsBench(new Plan(0, 0, 0, times, times), run);
        try (GitServer git = new GitServer(run.directory().resolve("repositories"), basic(), true);
                ServiceGatewayInstallation house = bench.house("http://127.0.0.1:9", git.address())) {
            Way direct = new Way(git.address(), basic());
            Way gated = new Way("http://127.0.0.1:" + house.port() + "/git", "Bearer " + house.lease());
            Path work = bench.work(git, direct);
            for (int i = 0; i <= times; i++) {
                bench.act(i > 0, ratio, "push1MbOverDirect", direct, gated, () -> bench.fresh(work, direct));
            }
            noise(work, "large", 20 * MEGABYTE, FILE);
            git(work, direct, "push", "-q", direct.repository("large"), "large");
            for (int i = 0; i <= times; i++) {
                bench.act(i > 0, ratio, "clone20MbOverDirect", direct, gated, () -> bench::cloned);
            }
        }
    }

    /** Returns a push of one megabyte that neither side has. */
    private Act fresh(Path work, Way direct) throws Exception {
        int round = made++;
        noise(work, "topic-" + round, MEGABYTE, MEGABYTE / 8);
        return way -> push(work, way, direct, round);
    }

    /** Does both, after what {@code prepared} prepares; a repetition is prepared anew. */
    private void act(boolean counts, Ratio ratio, String name, Way direct, Way gated, Callable<Act> prepared)
            throws Exception {
        Callable<Double> both = () -> {
            Act act = prepared.call();
            double without = took(act, direct);
            return took(act, gated) / without;
        };
        if (counts) {
            ratio.measure(name, both);
        } else {
            both.call();
        }
    }

    private static double took(Act act, Way way) throws Exception {
        long begun = System.nanoTime();
        act.by(way);
        return (System.nanoTime() - begun) / 1e6;
    }

    private static String basic() {
        return "Basic " + Base64.getEncoder().encodeToString(("bot:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
    }

    private void all() throws Exception {
        int port = Programs.freePort();
        Process small = McpServers.started(
                new ProcessBuilder(
                        "node", McpServers.script(directory, "stateless.mjs").toString()),
                Json.object()
                        .with("modules", McpServers.modules().toString())
                        .with("port", port)
                        .with("token", McpServers.TOKEN)
                        .canonicalText(),
                "listening");
        String tools = "http://127.0.0.1:" + port;
        try (GitServer git = new GitServer(directory.resolve("repositories"), basic(), true);
                ServiceGatewayInstallation house = house(tools, git.address())) {
            ProgramUse gateway = ProgramUse.of(house.process());
            String through = "http://127.0.0.1:" + house.port();
            calls(tools, through, house.lease(), gateway);
            Way direct = new Way(git.address(), basic());
            Way gated = new Way(through + "/git", "Bearer " + house.lease());
            Path work = work(git, direct);
            pushes(work, direct, gated, gateway);
            clones(work, direct, gated, gateway);
        } finally {
            small.destroy();
            small.onExit().join();
        }
    }

    private ServiceGatewayInstallation house(String tools, String repositories) throws Exception {
        Map<String, String> sealed = ServiceGatewayInstallation.staging(UPSTREAMS.formatted(tools, repositories));
        ServiceGatewayInstallation house = new ServiceGatewayInstallation(
                Files.createDirectory(directory.resolve("house")),
                Map.of(
                        "interlock.yaml",
                        sealed.get("interlock.yaml"),
                        "policy.cedar",
                        sealed.get("policy.cedar"),
                        "catalogs/small.yaml",
                        CATALOG),
                Map.of("tool", McpServers.TOKEN));
        for (String slot : List.of("work", "look")) {
            house.interlock(PASSWORD + "\n", "vault", "put", "--config=" + house.config(), "--basic", "bot", slot)
                    .expect(0);
        }
        house.seal().expect(0);
        house.up(FLAGS);
        return house;
    }

    private void calls(String direct, String through, String lease, ProgramUse gateway) throws IOException {
        URI server = URI.create(direct + "/mcp");
        URI gated = URI.create(through + "/small/mcp");
        long[] without = new long[plan.rounds() * plan.calls()];
        long[] with = new long[without.length];
        byte[] plain = PacedConnection.request(server, Optional.of(McpServers.TOKEN), CALL, HEAD);
        byte[] agent = PacedConnection.request(gated, Optional.of(lease), CALL, HEAD);
        run(server.getPort(), plain, new long[plan.warm()], 0, plan.warm());
        run(gated.getPort(), agent, new long[plan.warm()], 0, plan.warm());
        double cpu = 0;
        for (int round = 0; round < plan.rounds(); round++) {
            run(server.getPort(), plain, without, round * plan.calls(), plan.calls());
            double before = gateway.cpuMicros();
            run(gated.getPort(), agent, with, round * plan.calls(), plan.calls());
            cpu += gateway.cpuMicros() - before;
        }
        ObjectNode node = result.putObject("mcp");
        double base = PacedConnection.percentile(without, 0.5) / 1000;
        double taken = PacedConnection.percentile(with, 0.5) / 1000;
        compared("a call of an MCP tool, p50", node, "p50", base, taken);
        mark(node, "ratio", taken / base, 1.3);
        mark(node, "addedMs", taken - base, 1);
        compared(
                "the same, p99",
                node,
                "p99",
                PacedConnection.percentile(without, 0.99) / 1000,
                PacedConnection.percentile(with, 0.99) / 1000);
        spent(node, cpu / with.length / 1000);
    }

    /** Makes calls one after the other on a new connection: servers close one that rests for seconds. */
    private static void run(int port, byte[] request, long[] nanos, int from, int count) throws IOException {
        try (PacedConnection connection = new PacedConnection(port, request)) {
            for (int i = from; i < from + count; i++) {
                nanos[i] = connection.once();
            }
        }
    }

    /** How git reaches a server. */
    private record Way(String address, String authorization) {
        String repository(String name) {
            return address + "/acme/" + name + ".git";
        }
    }

    private static void git(Path in, Way way, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-c", "safe.directory=*"));
        command.addAll(List.of("-c", "user.name=Sam", "-c", "user.email=sam@example.com"));
        command.addAll(List.of("-c", "http.extraHeader=Authorization: " + way.authorization()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(in.toFile());
        builder.environment().put("GIT_TERMINAL_PROMPT", "0");
        Programs.run(builder, "").expect(0);
    }

    /** Makes a repository with one commit, which the host has too. */
    private Path work(GitServer git, Way direct) throws Exception {
        Path work = Files.createDirectory(directory.resolve("work"));
        Way nowhere = new Way("", "");
        git(work, nowhere, "init", "-q", "-b", "main");
        Files.writeString(work.resolve("readme.txt"), "first\n");
        git(work, nowhere, "add", ".");
        git(work, nowhere, "commit", "-q", "-m", "first");
        for (String name : List.of("direct", "through", "large")) {
            git.create("acme/" + name);
            git(work, direct, "push", "-q", direct.repository(name), "main");
        }
        return work;
    }

    /** Commits {@code bytes} of noise in files of {@code each}, which no delta shortens, on a branch of its own. */
    private static void noise(Path work, String branch, int bytes, int each) throws Exception {
        Way nowhere = new Way("", "");
        git(work, nowhere, "switch", "-q", "-c", branch, "main");
        Random random = new Random(branch.hashCode());
        for (int i = 0; i < bytes / each; i++) {
            byte[] content = new byte[each];
            random.nextBytes(content);
            Files.write(work.resolve("noise-" + i + ".bin"), content);
        }
        git(work, nowhere, "add", ".");
        git(work, nowhere, "commit", "-q", "-m", branch);
    }

    private interface Act {
        void by(Way way) throws Exception;
    }

    private void pushes(Path work, Way direct, Way gated, ProgramUse gateway) throws Exception {
        for (int i = 0; i <= plan.pushes(); i++) {
            noise(work, "topic-" + i, PUSHED, MEGABYTE);
        }
        ObjectNode node = result.putObject("push");
        compare(
                "a push of 10 MB",
                node,
                1.3,
                plan.pushes(),
                direct,
                gated,
                gateway,
                round -> way -> push(work, way, direct, round));
    }

    private static void push(Path work, Way way, Way direct, int round) throws Exception {
        git(work, way, "push", "-q", way.repository(way.equals(direct) ? "direct" : "through"), "topic-" + round);
    }

    private void clones(Path work, Way direct, Way gated, ProgramUse gateway) throws Exception {
        noise(work, "large", CLONED, FILE);
        git(work, direct, "push", "-q", direct.repository("large"), "large");
        ObjectNode node = result.putObject("clone");
        compare("a clone of 50 MB", node, 1.1, plan.clones(), direct, gated, gateway, _ -> this::cloned);
    }

    private void cloned(Way way) throws Exception {
        Path made = directory.resolve("cloned");
        git(directory, way, "clone", "-q", "-b", "large", way.repository("large"), made.toString());
        BenchRun.remove(made);
    }

    /** Does the same both ways in turn. The first of each does not count. */
    private void compare(
            String what,
            ObjectNode node,
            double most,
            int rounds,
            Way direct,
            Way gated,
            ProgramUse gateway,
            IntFunction<Act> acts)
            throws Exception {
        double[] without = new double[rounds];
        double[] with = new double[rounds];
        double[] cpu = new double[rounds];
        for (int round = 0; round <= rounds; round++) {
            double itself = took(acts.apply(round), direct);
            double before = gateway.cpuMicros();
            double through = took(acts.apply(round), gated);
            if (round > 0) {
                without[round - 1] = itself;
                with[round - 1] = through;
                cpu[round - 1] = (gateway.cpuMicros() - before) / 1000;
            }
        }
        double base = median(without);
        double taken = median(with);
        compared(what, node, "p50", base, taken);
        mark(node, "ratio", taken / base, most);
        spent(node, median(cpu));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private void compared(String what, ObjectNode node, String name, double direct, double through) {
        table.printf("%-28s %9.2f ms directly  %9.2f ms through Interlock%n", what, direct, through);
        put(node, name + "DirectMs", direct);
        put(node, name + "Ms", through);
    }

    private void mark(ObjectNode node, String name, double value, double most) {
        boolean isMet = value <= most;
        table.printf(
                "    %-24s %9.2f, at most %.2f: %s%n",
                name.equals("ratio") ? "times as long" : "ms more", value, most, isMet ? "met" : "missed");
        put(node, name, value);
        node.put(name + "Met", isMet);
    }

    private void spent(ObjectNode node, double milliseconds) {
        table.printf("    %-24s %9.2f ms of the gateway's processor time%n", "", milliseconds);
        put(node, "cpuMs", milliseconds);
    }

    private static void put(ObjectNode node, String name, double value) {
        node.put(name, Math.round(value * 1000) / 1000.0);
    }
}

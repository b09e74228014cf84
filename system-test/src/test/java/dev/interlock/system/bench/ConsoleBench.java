package dev.interlock.system.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The benchmark {@code bench/console [--quick] [--json]}. It measures the console's pages over a full ledger and many
 * open holds, and the cost of many viewers: how late the last one sees a call, and the delay of an agent's call.
 */
public final class ConsoleBench {

    private static final int VIEWERS = 100;

    /** The number of holds that an agent may open within an hour. */
    private static final int HOLDS_OF_AN_AGENT = 8;

    private static final int WARM = 10;

    /** The number of agents that fill the ledger. */
    private static final int AGENTS = 64;

    private static final Pattern RECEIPT = Pattern.compile("href=\"(/receipts/[^\"?]+)\"");
    private static final Pattern HOLD = Pattern.compile("href=\"(/holds/[^\"?]+)\"");

    private final Plan plan;
    private final PrintStream table;

    /** The amounts of data, and the number of views. */
    private record Plan(long receipts, int holds, int looks, int calls) {
        static final Plan QUICK = new Plan(50_000, 200, 11, 200);
        static final Plan FULL = new Plan(1_000_000, 1_000, 31, 2_000);
    }

    private ConsoleBench(Plan plan, PrintStream table) {
        this.plan = plan;
        this.table = table;
    }

    /** Exit code 0 if everything could be measured. */
    public static void main(String[] arguments) throws Exception {
        BenchRun.main(arguments, run -> {
            new ConsoleBench(run.isQuick() ? Plan.QUICK : Plan.FULL, run.table()).all(run);
            return 0;
        });
    }

    private void all(BenchRun run) throws Exception {
        ObjectNode result = run.result();
        try (ProxyPrograms hops = new ProxyPrograms(run.directory())) {
            BenchInstallation house = BenchInstallation.build(run.directory().resolve("h"), hops.upstream());
            URI console = house.withConsole();
            hops.start("interlock", house.up(), house.port());
            String lease = house.lease();
            Instant begun = Instant.now();
            holds(house);
            long receipts = receipts(house);
            table.printf("%d receipts, %d open holds%n", receipts, plan.holds());
            result.put("receipts", receipts).put("holds", plan.holds());
            try (ConsoleViewer viewing = new ConsoleViewer(console, house)) {
                pages(viewing, begun, result.putObject("pages"));
                audience(viewing, house, lease, result.putObject("viewers"));
            }
        }
    }

    private void holds(BenchInstallation house) throws IOException, InterruptedException {
        for (int i = 0; i < plan.holds(); i += HOLDS_OF_AN_AGENT) {
            String lease = house.leaseOfAnotherAgent();
            for (int j = i; j < Math.min(plan.holds(), i + HOLDS_OF_AN_AGENT); j++) {
                house.hold(lease, BenchInstallation.WRITE.formatted(j));
            }
        }
        long open = house.ask("hold.list", Json.object()).objects("holds").stream()
                .filter(hold -> hold.text("state").equals("open"))
                .count();
        if (open != plan.holds()) {
            throw new IOException("there are " + open + " open holds, and not " + plan.holds());
        }
    }

    /** Fills the ledger with receipts of forwarded calls, and returns their number. */
    private long receipts(BenchInstallation house) throws Exception {
        List<String> leases = List.of(
                house.leaseOfAnotherAgent(),
                house.leaseOfAnotherAgent(),
                house.leaseOfAnotherAgent(),
                house.leaseOfAnotherAgent());
        for (long size = size(house); size < plan.receipts(); size = size(house)) {
            long calls = Math.min(100_000, (plan.receipts() - size + 1) / 2); // an intent and an outcome each
            try (ExecutorService agents = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Integer>> all = new ArrayList<>();
                for (int i = 0; i < AGENTS; i++) {
                    String lease = leases.get(i % leases.size());
                    all.add(agents.submit(() -> {
                        try (PacedConnection agent =
                                new PacedConnection(house.address(), lease, BenchInstallation.READ)) {
                            return calls(agent, (int) (calls / AGENTS + 1)).length;
                        }
                    }));
                }
                for (Future<Integer> one : all) {
                    one.get();
                }
            }
            table.printf("  %d receipts%n", size(house));
        }
        return size(house);
    }

    private static long size(BenchInstallation house) throws IOException {
        return house.ask("status", Json.object()).whole("receipts");
    }

    private void pages(ConsoleViewer viewing, Instant begun, ObjectNode result)
            throws IOException, InterruptedException {
        String newest = viewing.page("/receipts");
        String hold = first(HOLD, viewing.page("/holds"));
        String receipt = first(RECEIPT, newest);
        Map<String, String> paths = new LinkedHashMap<>();
        paths.put("live", "/live");
        paths.put("holds", "/holds");
        paths.put("hold", hold);
        paths.put("receipts", "/receipts");
        paths.put("receiptsOfAnAgent", "/receipts?agent=jer%2Fcursor");
        paths.put("receiptsOfNobody", "/receipts?agent=nobody");
        paths.put("receiptsOfAKind", "/receipts?kind=held");
        paths.put("receiptsOfTheStart", "/receipts?until=" + begun.plusSeconds(1));
        paths.put("receipt", receipt);
        paths.put("proof", receipt + "/proof");
        paths.put("agents", "/agents");
        paths.put("inventory", "/inventory");
        paths.put("policy", "/policy");
        paths.put("status", "/status");
        for (Map.Entry<String, String> page : paths.entrySet()) {
            double[] took = new double[plan.looks()];
            for (int i = -WARM; i < took.length; i++) {
                double one = viewing.took(page.getValue());
                if (i >= 0) {
                    took[i] = one;
                }
            }
            Arrays.sort(took);
            double median = took[took.length / 2];
            double worst = took[took.length - 1];
            table.printf("  %-20s median %8.1f ms   longest %8.1f ms%n", page.getKey(), median, worst);
            result.putObject(page.getKey()).put("medianMs", rounded(median)).put("longestMs", rounded(worst));
        }
    }

    private static String first(Pattern link, String page) throws IOException {
        Matcher found = link.matcher(page);
        if (!found.find()) {
            throw new IOException("the page has no link of the kind " + link);
        }
        return found.group(1);
    }

    private void audience(ConsoleViewer viewing, BenchInstallation house, String lease, ObjectNode result)
            throws Exception {
        try (PacedConnection agent = new PacedConnection(house.address(), lease, BenchInstallation.READ)) {
            calls(agent, plan.calls());
            List<Double> without = new ArrayList<>();
            List<Double> with = new ArrayList<>();
            double[] late = new double[plan.looks()];
            // In turn, so that other load of the machine affects both.
            for (int round = 0; round < 3; round++) {
                without.add(PacedConnection.percentile(calls(agent, plan.calls()), 0.5));
                try (ConsoleViewer.Audience audience = viewing.new Audience(VIEWERS)) {
                    calls(agent, WARM);
                    with.add(PacedConnection.percentile(calls(agent, plan.calls()), 0.5));
                    late(house, agent, audience, late);
                }
            }
            without.sort(null);
            with.sort(null);
            Arrays.sort(late);
            double slower = with.get(1) / without.get(1);
            table.printf(
                    "  %d viewers: the last sees a call after %.1f ms; a call takes %.0f µs instead of %.0f µs%n",
                    VIEWERS, late[late.length / 2], with.get(1), without.get(1));
            result.put("viewers", VIEWERS)
                    .put("lastSeesMs", rounded(late[late.length / 2]))
                    .put("callOverAlone", rounded(slower));
        }
    }

    /** Fills {@code late} with the milliseconds from a call's first byte until everybody has seen it go. */
    private static void late(
            BenchInstallation house, PacedConnection agent, ConsoleViewer.Audience audience, double[] late)
            throws Exception {
        Json.Members newest = Json.object().with("kind", "intent").with("limit", 1L);
        for (int i = 0; i < late.length; i++) {
            long start = System.nanoTime();
            agent.once();
            String intent =
                    house.ask("receipts", newest).objects("receipts").getFirst().text("id");
            late[i] = (audience.last(intent) - start) / 1e6;
        }
    }

    private static long[] calls(PacedConnection agent, int count) throws IOException {
        long[] took = new long[count];
        for (int i = 0; i < count; i++) {
            took[i] = agent.once();
        }
        return took;
    }

    private static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }
}

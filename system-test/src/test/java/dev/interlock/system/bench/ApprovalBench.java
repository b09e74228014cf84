package dev.interlock.system.bench;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures the wait of an agent ({@code Prefer: wait}) and of the person who decides. The first time ends when people
 * can see the hold. The second is from a person's signature to the agent's answer from its upstream.
 */
final class ApprovalBench {

    private static final int WARM = 5;

    /** Medians, in milliseconds. */
    record ApprovalMedians(double visible, double answered) {}

    private ApprovalBench() {}

    /** Measures a gateway that has long been at work, as is usual when somebody decides. */
    static ApprovalMedians median(BenchInstallation house, int rounds) throws Exception {
        String lease = house.lease();
        double[] visible = new double[rounds];
        double[] answered = new double[rounds];
        try (ExecutorService agents = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = -WARM; i < rounds; i++) {
                ApprovalMedians took = once(house, lease, BenchInstallation.WRITE.formatted(i + WARM), agents);
                if (i >= 0) {
                    visible[i] = took.visible();
                    answered[i] = took.answered();
                }
            }
        }
        Arrays.sort(visible);
        Arrays.sort(answered);
        return new ApprovalMedians(visible[rounds / 2], answered[rounds / 2]);
    }

    private static ApprovalMedians once(BenchInstallation house, String lease, String call, ExecutorService agents)
            throws Exception {
        byte[] request = PacedConnection.request(house.address(), Optional.of(lease), call, "Prefer: wait=60\r\n");
        try (PacedConnection agent = new PacedConnection(house.port(), request)) {
            long sent = System.nanoTime();
            Future<Long> answer = agents.submit(() -> {
                agent.once();
                return System.nanoTime();
            });
            String hold = hold(house);
            double visible = (System.nanoTime() - sent) / 1e6;
            String statement =
                    house.ask("hold.show", Json.object().with("hold", hold)).text("statement");
            String signature = house.sign(Statement.NAMESPACE, statement);
            long signed = System.nanoTime();
            house.ask("hold.sign", Json.object().with("hold", hold).with("signature", signature));
            return new ApprovalMedians(visible, (answer.get(60, TimeUnit.SECONDS) - signed) / 1e6);
        }
    }

    /** Returns the open hold. */
    private static String hold(BenchInstallation house) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() < end) {
            List<Json.Members> open = house.ask("hold.list", Json.object()).objects("holds").stream()
                    .filter(hold -> hold.text("state").equals("open"))
                    .toList();
            if (!open.isEmpty()) {
                return open.getFirst().text("id");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        throw new IOException("no hold was opened");
    }
}

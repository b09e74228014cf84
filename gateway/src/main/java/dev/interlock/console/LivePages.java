package dev.interlock.console;

import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The live view of what agents do. */
final class LivePages {

    private static final int FIRST = 120;
    /** Limits the backlog of a slow browser. Beyond it the stream ends and the browser begins again. */
    private static final int MAX_BEHIND = 1_000;
    /** The interval at which an ended session or a broken connection is noticed. */
    private static final Duration BEAT = Duration.ofSeconds(5);

    ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
        Optional<String> agent = request.field("agent");
        EvidenceQuestion.FindReceipts query =
                EvidenceQuestion.FindReceipts.latest(FIRST * 2L).ofAgent(agent);
        List<ReceiptRow> rows = ReceiptRow.calls(request.ask(query).receipts()).stream()
                .limit(FIRST)
                .toList();
        List<AgentPages.KillRow> kills = AgentPages.kills(request);
        long open = request.ask(new HoldQuestion.CountHolds()).open();
        Layout layout = new Layout("Live", "/live", request.session());
        String shownAgent = agent.map(DisplayText::text).orElse("");
        return ConsoleAnswer.page(
                (output, none) -> JteliveGenerated.render(output, none, layout, rows, kills, open, shownAgent));
    }

    ConsoleAnswer events(ConsoleRequest request) {
        // Starts before the page was made: a receipt written between the page and the stream would be in neither.
        EvidenceQuestion.FollowReceipts query = new EvidenceQuestion.FollowReceipts(
                request.field("agent"), Optional.empty(), Optional.of(FIRST * 2L), Optional.empty());
        Peer peer = request.signedIn().peer();
        return new ConsoleAnswer.Stream((goesOn, sink) -> pour(request.commands(), peer, query, goesOn, sink));
    }

    /** One thread waits for receipts and one writes to the browser, so each can end while the other waits. */
    private static void pour(
            CommandRunner commands,
            Peer peer,
            EvidenceQuestion.FollowReceipts query,
            BooleanSupplier goesOn,
            ConsoleAnswer.Sink sink)
            throws Exception {
        // Receipts; empty once there are no more.
        BlockingQueue<Optional<Json.Members>> written = new ArrayBlockingQueue<>(MAX_BEHIND);
        Thread follower = Thread.ofVirtual().name("console-live").start(() -> {
            try {
                commands.run(peer, query.command(), query.arguments(), receipt -> {
                    if (!written.offer(Optional.of(ReceiptRow.of(receipt).open().json()))) {
                        throw new IllegalStateException("a browser reads too slowly");
                    }
                });
            } catch (AdminRefusedException | RuntimeException e) {
                // The stream ends here. The browser begins again with a page that shows what it missed.
            } finally {
                var _ = written.offer(Optional.empty()); // if the queue is full, the next beat notices the end
            }
        });
        try {
            while (goesOn.getAsBoolean() && (follower.isAlive() || !written.isEmpty())) {
                Optional<Json.Members> next = written.poll(BEAT.toMillis(), TimeUnit.MILLISECONDS);
                if (next != null && next.isEmpty()) {
                    return;
                }
                sink.event(next == null ? Optional.empty() : next);
            }
        } finally {
            follower.interrupt();
        }
    }
}

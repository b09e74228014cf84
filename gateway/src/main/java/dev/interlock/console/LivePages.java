package dev.interlock.console;

import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
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

    private static final int FIRST = 60;

    /** Limits the backlog of a slow browser. Beyond it the stream ends and the browser begins again. */
    private static final int MAX_BEHIND = 1_000;

    /** The interval at which an ended session or a broken connection is noticed. */
    private static final Duration BEAT = Duration.ofSeconds(5);

    /** A message from the thread that waits for receipts to the thread that writes to the browser. */
    private sealed interface News {
        record Written(Json.Members row) implements News {}

        record Over() implements News {}
    }

    Answer page(Asked asked) throws AdminRefusedException {
        Optional<String> agent = asked.field("agent");
        Json.Members query = Json.object().with("limit", FIRST * 2L).withOptional("agent", agent);
        List<Row> rows = Row.calls(asked.ask("receipts", query).objects("receipts")).stream()
                .limit(FIRST)
                .toList();
        List<AgentPages.Standing> kills = AgentPages.kills(asked);
        long open = asked.ask("hold.count").whole("open");
        Layout layout = new Layout("Live", "/live", asked.session());
        String shownAgent = agent.map(Shown::text).orElse("");
        return Answer.page(Templates.render(
                (output, none) -> JteliveGenerated.render(output, none, layout, rows, kills, open, shownAgent)));
    }

    Answer events(Asked asked) {
        // Starts before the page was made: a receipt written between the page and the stream would be in neither.
        Json.Members query = Json.object().with("last", FIRST * 2L).withOptional("agent", asked.field("agent"));
        Peer peer = asked.signedIn().peer();
        return new Answer.Stream((goesOn, sink) -> pour(asked.commands(), peer, query, goesOn, sink));
    }

    /** One thread waits for receipts and one writes to the browser, so each can end while the other waits. */
    private static void pour(
            CommandRunner commands, Peer peer, Json.Members query, BooleanSupplier goesOn, Answer.Sink sink)
            throws Exception {
        BlockingQueue<News> written = new ArrayBlockingQueue<>(MAX_BEHIND);
        Thread follower = Thread.ofVirtual().name("console-live").start(() -> {
            try {
                commands.run(peer, "receipts.follow", query, receipt -> {
                    if (!written.offer(new News.Written(Row.of(receipt).json()))) {
                        throw new IllegalStateException("a browser reads too slowly");
                    }
                });
            } catch (AdminRefusedException | RuntimeException e) {
                // The stream ends here. The browser begins again with a page that shows what it missed.
            } finally {
                var _ = written.offer(new News.Over()); // if the queue is full, the next beat notices the end
            }
        });
        try {
            while (goesOn.getAsBoolean() && (follower.isAlive() || !written.isEmpty())) {
                switch (written.poll(BEAT.toMillis(), TimeUnit.MILLISECONDS)) {
                    case null -> sink.event(Optional.empty());
                    case News.Written(Json.Members row) -> sink.event(Optional.of(row));
                    case News.Over _ -> {
                        return;
                    }
                }
            }
        } finally {
            follower.interrupt();
        }
    }
}

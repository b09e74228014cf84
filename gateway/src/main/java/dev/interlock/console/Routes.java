package dev.interlock.console;

import static dev.interlock.console.Route.Access.ANYBODY;
import static dev.interlock.console.Route.Access.SIGNED_IN;
import static dev.interlock.console.Route.AnswerForm.DATA;
import static dev.interlock.console.Route.AnswerForm.PAGE;

import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The list of all routes of the console. */
final class Routes {

    private final CommandRunner commands;
    private final List<Route> all;

    Routes(CommandRunner commands, Sessions sessions, InstantSource clock) {
        this.commands = commands;
        SignInPages signIn = new SignInPages(sessions);
        LivePages live = new LivePages(clock);
        HoldPages holds = new HoldPages(clock);
        ReceiptPages receipts = new ReceiptPages();
        AgentPages agents = new AgentPages(clock);
        ReadOnlyPages others = new ReadOnlyPages(clock);
        KeyPages keys = new KeyPages();
        BackupPages backups = new BackupPages();
        this.all = List.of(
                new Route("GET", "/assets/*", ANYBODY, PAGE, request -> new ConsoleAnswer.Asset(request.id())),
                // Not below /assets: a worker is for the pages below its own path.
                new Route("GET", "/worker.js", ANYBODY, PAGE, _ -> new ConsoleAnswer.Asset("worker.js")),
                new Route("GET", "/signin", ANYBODY, PAGE, signIn::page),
                new Route("POST", "/signin", ANYBODY, DATA, signIn::code),
                new Route("POST", "/signin/options", ANYBODY, DATA, signIn::options),
                new Route("POST", "/signin/passkey", ANYBODY, DATA, signIn::passkey),
                new Route("POST", "/signin/invitation", ANYBODY, DATA, signIn::invited),
                new Route("POST", "/signin/invitation/finish", ANYBODY, DATA, signIn::enrolled),
                new Route("POST", "/signin/elsewhere", ANYBODY, DATA, signIn::elsewhere),
                new Route("GET", "/signin/returned", ANYBODY, PAGE, signIn::returned),
                new Route("POST", "/signout", SIGNED_IN, PAGE, signIn::out),
                new Route("GET", "/", SIGNED_IN, PAGE, _ -> ConsoleAnswer.to("/live")),
                new Route("GET", "/live", SIGNED_IN, PAGE, live::page),
                new Route("GET", "/live/events", SIGNED_IN, DATA, live::events),
                new Route("GET", "/holds", SIGNED_IN, PAGE, holds::list),
                new Route("GET", "/holds/*", SIGNED_IN, PAGE, holds::show),
                new Route("POST", "/holds/*/deny", SIGNED_IN, PAGE, holds::deny),
                new Route("POST", "/grants/*/revoke", SIGNED_IN, PAGE, holds::revoke),
                new Route("POST", "/holds/*/narrow", SIGNED_IN, PAGE, holds::narrow),
                new Route("POST", "/holds/*/options", SIGNED_IN, DATA, holds::options),
                new Route("POST", "/holds/*/sign", SIGNED_IN, DATA, holds::sign),
                new Route("GET", "/receipts", SIGNED_IN, PAGE, receipts::list),
                new Route("GET", "/receipts.csv", SIGNED_IN, PAGE, receipts::csv),
                new Route("GET", "/receipts.jsonl", SIGNED_IN, PAGE, receipts::jsonLines),
                new Route("GET", "/receipts/*", SIGNED_IN, PAGE, receipts::show),
                new Route("GET", "/receipts/*/proof", SIGNED_IN, DATA, receipts::proof),
                new Route("GET", "/agents", SIGNED_IN, PAGE, agents::page),
                new Route("POST", "/kill", SIGNED_IN, PAGE, agents::kill),
                new Route("POST", "/leases/*/end", SIGNED_IN, PAGE, agents::end),
                new Route("GET", "/kills/*", SIGNED_IN, PAGE, agents::lift),
                new Route("POST", "/kills/*/options", SIGNED_IN, DATA, agents::liftOptions),
                new Route("POST", "/kills/*/sign", SIGNED_IN, DATA, agents::lifted),
                new Route("GET", "/freezes/*", SIGNED_IN, PAGE, agents::thaw),
                new Route("POST", "/freezes/*/options", SIGNED_IN, DATA, agents::thawOptions),
                new Route("POST", "/freezes/*/sign", SIGNED_IN, DATA, agents::thawed),
                new Route("GET", "/inventory", SIGNED_IN, PAGE, others::inventory),
                new Route("GET", "/backups", SIGNED_IN, PAGE, backups::page),
                new Route("POST", "/backups/*/options", SIGNED_IN, DATA, backups::options),
                new Route("POST", "/backups/*/sign", SIGNED_IN, DATA, backups::sign),
                new Route("GET", "/policy", SIGNED_IN, PAGE, others::policy),
                new Route("GET", "/policy/*", SIGNED_IN, PAGE, others::policy),
                new Route("GET", "/drills", SIGNED_IN, PAGE, others::drills),
                new Route("GET", "/status", SIGNED_IN, PAGE, others::status),
                new Route("GET", "/unrecorded", SIGNED_IN, PAGE, others::unrecorded),
                new Route("GET", "/keys", SIGNED_IN, PAGE, keys::page),
                new Route("POST", "/keys/begin", SIGNED_IN, DATA, keys::begin),
                new Route("POST", "/keys/finish", SIGNED_IN, DATA, keys::finish),
                new Route("POST", "/keys/*/options", SIGNED_IN, DATA, keys::options),
                new Route("POST", "/keys/*/sign", SIGNED_IN, DATA, keys::endorse),
                new Route("POST", "/keys/*/revoke", SIGNED_IN, PAGE, keys::revoke),
                new Route("POST", "/devices/add", SIGNED_IN, DATA, keys::addDevice),
                new Route("POST", "/devices/*/remove", SIGNED_IN, PAGE, keys::removeDevice));
    }

    List<Route> all() {
        return all;
    }

    CommandRunner commands() {
        return commands;
    }

    /** The live view of what agents do. */
    record LivePages(InstantSource clock) {

        private static final int FIRST = 120;
        /** Limits the backlog of a slow browser. Beyond it the stream ends and the browser begins again. */
        private static final int MAX_BEHIND = 1_000;
        /** The interval at which an ended session or a broken connection is noticed. */
        private static final Duration BEAT = Duration.ofSeconds(5);

        ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
            Optional<String> agent = request.field("agent");
            EvidenceQuestion.FindReceipts query =
                    EvidenceQuestion.FindReceipts.latest(FIRST * 2L).ofAgent(agent);
            List<ReceiptRow> rows = ReceiptRow.calls(
                            ReceiptRow.named(request, request.ask(query).receipts()))
                    .stream()
                    .limit(FIRST)
                    .toList();
            List<AgentPages.KillRow> kills = AgentPages.kills(request);
            long open = request.ask(new HoldQuestion.CountHolds()).open();
            DayChart day = DayChart.of(request, clock.instant());
            Layout layout = new Layout("Live", "/live", request.session());
            String shownAgent = agent.map(DisplayText::text).orElse("");
            return ConsoleAnswer.page((output, none) ->
                    JteliveGenerated.render(output, none, layout, rows, kills, open, shownAgent, day));
        }

        ConsoleAnswer events(ConsoleRequest request) {
            // Starts before the page was made: a receipt written between the page and the stream would be in neither.
            EvidenceQuestion.FollowReceipts query = new EvidenceQuestion.FollowReceipts(
                    request.field("agent"), Optional.empty(), Optional.of(FIRST * 2L), Optional.empty());
            Peer peer = request.signedIn().peer();
            return new ConsoleAnswer.Stream((goesOn, sink) -> pour(request, peer, query, goesOn, sink));
        }

        private static Json.Members row(ConsoleRequest request, Json.Members receipt) throws AdminRefusedException {
            return ReceiptRow.of(ReceiptRow.named(request, List.of(receipt)).getFirst())
                    .open()
                    .json();
        }

        /** One thread waits for receipts and one writes to the browser, so each can end while the other waits. */
        private static void pour(
                ConsoleRequest request,
                Peer peer,
                EvidenceQuestion.FollowReceipts query,
                BooleanSupplier goesOn,
                ConsoleAnswer.Sink sink)
                throws Exception {
            // Receipts; empty once there are no more.
            BlockingQueue<Optional<Json.Members>> written = new ArrayBlockingQueue<>(MAX_BEHIND);
            Thread follower = Thread.ofVirtual().name("console-live").start(() -> {
                try {
                    request.commands().run(peer, query.command(), query.arguments(), receipt -> {
                        if (!written.offer(Optional.of(receipt))) {
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
                    sink.event(next == null ? Optional.empty() : Optional.of(row(request, next.get())));
                }
            } finally {
                follower.interrupt();
            }
        }
    }
}

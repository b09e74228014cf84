package dev.interlock.front.http;

import dev.interlock.action.Attempt;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Refusal;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.http.ProblemDetails.ProblemResponse;
import dev.interlock.gate.Handler;
import dev.interlock.gate.InFlightCall;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.ProbeMarks;
import dev.interlock.gate.Upstream;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The handling of one request, on a virtual thread: reads it as an attempt, asks the gate, and writes the result. */
final class Exchange {

    /** Maximum bytes of a request, without its headers, that is read on an event loop: some milliseconds at most. */
    static final int SHORT = 8 * 1024;

    private final System.Logger log = System.getLogger(Exchange.class.getName());
    private final ProbeMarks marks = new ProbeMarks();
    private final UpstreamRoutes routes;
    private final AttemptReader reader;
    private final Handler handler;
    private final UpstreamClient upstreams;
    private final RefusalRecorder recorder;
    private final Clock clock;

    Exchange(
            UpstreamRoutes routes,
            Handler handler,
            GatewayRequests own,
            UpstreamClient upstreams,
            RefusalRecorder recorder,
            Clock clock) {
        this.routes = routes;
        this.reader = new AttemptReader(routes, new GatewayPaths(own, clock), marks, clock);
        this.handler = handler;
        this.upstreams = upstreams;
        this.recorder = recorder;
        this.clock = clock;
    }

    /** Returns the event loops of the upstreams, which are those of the clients too. */
    EventLoopGroup loops() {
        return upstreams.loops();
    }

    ProbeMarks marks() {
        return marks;
    }

    /**
     * Answers {@code received}; {@code coding} decodes its body. Returns whether the connection may carry another
     * request. Throws if the client has disconnected, or the answer broke off: the connection must close.
     */
    boolean answer(
            ReceivedRequest received, FrontListener listener, ClientWriter client, boolean stay, ContentCoding coding)
            throws IOException {
        listener.tunnel().ifPresent(tunnel -> tunnel.used().set(true));
        return switch (received) {
            case WireRequest request -> request(request, listener, client, stay, coding);
            case UnreadableRequestException unreadable -> {
                unreadable(unreadable, unreadable.head(), listener, client);
                yield false;
            }
        };
    }

    private boolean request(
            WireRequest request, FrontListener listener, ClientWriter client, boolean stay, ContentCoding coding)
            throws IOException {
        boolean keep = stay && !request.isLast() && request.inflow().isEmpty(); // a long body may have unread bytes
        int length = request.head().target().length() + request.body().length();
        if (request.inflow().isPresent() || length > SHORT || !coding.isPlain(request.head())) {
            LoopThreads.leave();
        }
        try {
            switch (read(request, listener, coding)) {
                case AttemptReader.RequestReading.AttemptRequest understood -> {
                    try {
                        attempt(understood, client, keep);
                    } finally {
                        understood.attempt().call().discard();
                    }
                }
                case AttemptReader.RequestReading.OwnRequest own -> {
                    LoopThreads.leave();
                    problem(own.answer().apply(client), client, keep, false);
                }
                case AttemptReader.RequestReading.RefusedRequest(var presented, Refusal refusal, int status) -> {
                    String asked = AttemptReader.asked(request.head(), listener);
                    Optional<RequestHead> head = Optional.of(request.head());
                    String receipt = record(listener.place(), presented, asked, refusal, isProbe(head));
                    Dialect dialect = Dialect.of(head, client, status);
                    problem(dialect.refusal(refusal, ProblemFacts.of(receipt)), client, keep, isHead(request.head()));
                }
            }
            return keep;
        } catch (UnreadableRequestException e) {
            unreadable(e, Optional.of(request.head()), listener, client);
            return false;
        }
    }

    // If reading fails by our own fault, the agent still gets an answer, and its credentials are recorded.
    private AttemptReader.RequestReading read(WireRequest request, FrontListener listener, ContentCoding coding)
            throws UnreadableRequestException {
        try {
            return reader.read(request, listener, coding);
        } catch (RuntimeException | StackOverflowError e) {
            log.log(System.Logger.Level.ERROR, "a request could not be read, because of an internal failure", e);
            return new AttemptReader.RequestReading.RefusedRequest(
                    AttemptReader.presented(request.head(), listener), FrontRefusals.OURS.unavailable(), 403);
        }
    }

    /** Answers a CONNECT that is refused, and then the connection must close. Otherwise only returns the tunnel. */
    Optional<ProxyTunnel> connect(
            WireRequest request, FrontListener listener, ProxyTunnels tunnels, ClientWriter client) throws IOException {
        LoopThreads.leave(); // keys and certificates are made for a new host
        try {
            return Optional.of(tunnels.open(request, listener));
        } catch (UnreadableRequestException e) {
            unreadable(e, Optional.of(request.head()), listener, client);
            return Optional.empty();
        }
    }

    /** Records a {@code tunnel} that ended without any request in it: its opener did want something. */
    void recordUnusedTunnel(ProxyTunnel tunnel, FrontListener listener) {
        UpstreamOrigin origin = tunnel.origin();
        record(
                listener.place(),
                tunnel.presented(),
                tunnel.asked(),
                FrontRefusals.NO_REQUEST_IN_TUNNEL.notUnderstood(origin, origin.host()),
                false);
    }

    private String record(
            Optional<String> place,
            List<Attempt.PresentedCredential> presented,
            String asked,
            Refusal refusal,
            boolean isProbe) {
        LoopThreads.leave();
        return recorder.refused(
                new RefusalRecorder.UnreadRequest(place, presented, asked, refusal, clock.instant(), isProbe));
    }

    /** Returns whether a request that was refused is a probe's. */
    private boolean isProbe(Optional<RequestHead> head) {
        return head.filter(read -> marks.redeem(read.values(ProbeMarks.NAME))).isPresent();
    }

    private void unreadable(
            UnreadableRequestException unreadable,
            Optional<RequestHead> head,
            FrontListener listener,
            ClientWriter client)
            throws IOException {
        Refusal refusal = unreadable.refusal();
        String receipt = record(
                listener.place(),
                head.map(read -> AttemptReader.presented(read, listener)).orElse(listener.presented()),
                head.map(read -> AttemptReader.asked(read, listener)).orElse(listener.asked()),
                refusal,
                isProbe(head));
        Dialect dialect = Dialect.of(head, client, unreadable.status());
        problem(dialect.refusal(refusal, ProblemFacts.of(receipt)), client, false, false);
    }

    private void attempt(AttemptReader.RequestReading.AttemptRequest understood, ClientWriter client, boolean keep)
            throws IOException {
        Attempt attempt = understood.attempt();
        HttpCall call = HttpCall.of(attempt.call());
        boolean head = call.method().equals("HEAD");
        Dialect dialect = Dialect.of(understood);
        UpstreamExchange passage =
                upstreams.to(understood.route(), attempt.place().orElse(""));
        if (attempt.isProbe()) {
            passage.cut(); // then nothing leaves, for any verdict
        }
        Optional<Refusal> quarantine = understood.mcp().flatMap(McpReader.SeparatedMessage::quarantine);
        if (quarantine.isPresent() && !attempt.isProbe()) {
            String receipt = record(attempt.place(), attempt.presented(), call.path(), quarantine.get(), false);
            problem(dialect.refusal(quarantine.get(), ProblemFacts.of(receipt)), client, keep, head);
            return;
        }
        WaitingAnswer waiting = new WaitingAnswer(client, dialect, keep, attempt.waitLimit());
        passage.setClient(waiting, understood.mcp());
        Outcome<UpstreamAnswer> outcome = decided(attempt, passage);
        List<Header> applied = waiting.applied();
        switch (outcome) {
            case Outcome.Forwarded<UpstreamAnswer> forwarded -> {
                try (InFlightCall _ = forwarded.flight();
                        passage;
                        UpstreamAnswer answer = forwarded.answer();
                        Upstream.WaitState _ = client.whenLeft(passage::cut)) {
                    passage.passOnTo(client);
                    new AnswerWriter(
                                    client,
                                    waiting,
                                    RedirectPolicy.of(understood, routes),
                                    new PageLinks(understood.route(), call.path()))
                            .write(answer, forwarded.receipt(), applied, head, keep);
                }
            }
            case Outcome.Refused<UpstreamAnswer> refused -> {
                ProblemFacts facts = ProblemFacts.of(refused.receipt());
                waiting.end(dialect.refusal(refused.refusal(), facts).with(applied), head);
            }
            case Outcome.Held<UpstreamAnswer> held -> {
                ProblemFacts facts =
                        new ProblemFacts(held.receipt(), Optional.of(held.hold()), Optional.of(held.expires()));
                waiting.end(dialect.refusal(held.refusal(), facts).with(applied), head);
            }
            case Outcome.DryRunOutcome<UpstreamAnswer> tried ->
                problem(
                        ProblemDetails.tried(tried.trial(), tried.receipt(), dialect instanceof Dialect.Graphql),
                        client,
                        keep,
                        head);
        }
    }

    // The gate promises not to throw. If it does, the agent gets a refusal.
    private Outcome<UpstreamAnswer> decided(Attempt attempt, UpstreamExchange passage) {
        try {
            return handler.handle(attempt, passage);
        } catch (RuntimeException | StackOverflowError e) {
            log.log(System.Logger.Level.ERROR, "the gate failed on an attempt for `" + attempt.upstream() + "`", e);
            return new Outcome.Refused<>("", FrontRefusals.OURS.unavailable());
        }
    }

    /**
     * Refuses a request beyond the listener's limit. It waits for nothing, not even the ledger, and leaves no receipt.
     */
    static void refuseAtLimit(ReceivedRequest received, ClientWriter client) throws IOException {
        Optional<RequestHead> head = switch (received) {
            case WireRequest request -> Optional.of(request.head());
            case UnreadableRequestException unreadable -> unreadable.head();
        };
        Refusal refusal = FrontRefusals.CONNECTION_LIMIT.unavailable();
        problem(
                Dialect.of(head, client, 403).refusal(refusal, ProblemFacts.of("")),
                client,
                true,
                head.filter(Exchange::isHead).isPresent());
    }

    static void problem(ProblemResponse problem, ClientWriter client, boolean keep, boolean head) throws IOException {
        List<Header> headers = new ArrayList<>(problem.headers());
        headers.add(new Header("content-length", Integer.toString(problem.body().length())));
        headers.add(new Header("connection", keep ? "keep-alive" : "close"));
        client.head(problem.status(), headers);
        client.piece(head ? new byte[0] : problem.body().toArray());
        client.end();
    }

    private static boolean isHead(RequestHead head) {
        return head.method().equals("HEAD");
    }

    /** Streams an upstream's answer to the agent, without the parts meant for the gateway alone. */
    record AnswerWriter(ClientWriter client, WaitingAnswer waiting, RedirectPolicy redirects, PageLinks pages) {

        private static final byte[] NOTHING = {};

        /**
         * Writes {@code answer} as it arrives. Throws if either side broke off; the client then sees a cut-off body.
         */
        void write(UpstreamAnswer answer, String receipt, List<Header> ours, boolean head, boolean keep)
                throws IOException {
            if (!ScannedBody.isShort(answer)) {
                LoopThreads.leave();
            }
            UpstreamAnswer shown = answer;
            Optional<byte[]> piece = Optional.of(NOTHING);
            try {
                if (answer.isReady() || ScannedBody.isShort(answer)) {
                    piece = answer.next();
                }
            } catch (ScannedBody.SecretInAnswerException e) { // the head has not been sent, and can say so
                shown = answer.withheld(String.valueOf(e.getMessage()));
                piece = Optional.empty();
            }
            if (waiting.hasBegun() && !waiting.takes(shown, receipt)) {
                return;
            }
            boolean bodiless = head || shown.status() == 204 || shown.status() == 304;
            List<Header> headers = headers(shown, receipt, bodiless, keep);
            headers.addAll(ours);
            if (!waiting.hasBegun()) {
                client.head(shown.status(), headers);
            }
            while (piece.isPresent()) {
                client.piece(waiting.framed(piece.get()));
                piece = next(answer);
            }
            waiting.finish();
        }

        // Received bytes are passed on before waiting for more, and more is requested only when they are taken.
        private Optional<byte[]> next(UpstreamAnswer answer) throws IOException {
            if (!answer.isReady()) {
                client.flush();
            }
            try {
                return answer.next();
            } catch (IOException e) {
                client.flush(); // the client gets the bytes received before the end
                throw e;
            }
        }

        private List<Header> headers(UpstreamAnswer answer, String receipt, boolean bodiless, boolean keep) {
            List<Header> headers = new ArrayList<>();
            for (Header header : HeaderRules.ofAnswer(answer.headers())) {
                headers.addAll(
                        switch (header.name()) {
                            case "location" -> location(header.value());
                            case "link" -> List.of(new Header(header.name(), pages.named(header.value())));
                            default -> List.of(header);
                        });
            }
            Optional<String> whole = bodiless ? Optional.empty() : answer.body().length();
            Optional<String> length =
                    whole.or(() -> answer.values("content-length").stream().findFirst());
            if (length.isPresent()) {
                headers.add(new Header("content-length", length.get()));
            } else if (!bodiless) {
                headers.add(new Header("transfer-encoding", "chunked"));
            }
            answer.note().ifPresent(note -> headers.add(new Header("interlock-note", note)));
            if (!receipt.isEmpty()) {
                headers.add(new Header("interlock-receipt", receipt));
            }
            headers.add(new Header("connection", keep ? "keep-alive" : "close"));
            return headers;
        }

        // An agent that follows a redirect must come back through the gateway, or not be led away at all.
        private List<Header> location(String value) {
            return redirects
                    .follow(value, pages.path())
                    .map(own -> List.of(new Header("location", own)))
                    .orElseGet(() -> List.of(new Header(
                            "interlock-note",
                            "Interlock removed the upstream's redirect: it leads away from this upstream")));
        }
    }
}

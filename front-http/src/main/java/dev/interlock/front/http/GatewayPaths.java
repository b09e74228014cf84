package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.refused;

import dev.interlock.action.Attempt;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.PlanRequests;
import dev.interlock.gate.UndoRequests;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The paths that the gateway itself answers, below one that no upstream's name can have; a sandbox reaches no others.
 */
record GatewayPaths(GatewayRequests requests, Clock clock) {

    private static final String ROOT = "/.interlock/";
    private static final String LEASES = ROOT + "leases";
    static final String ELEVATIONS = ROOT + "elevations";
    private static final String WHOAMI = "GET " + ROOT + "whoami";
    private static final String PLANS = ROOT + "plans";
    private static final String UNDO = ROOT + "undo/";
    private static final String FORCE = "?force";
    /** Maximum bytes of a body. The longest valid text is a fourth of that. A parsed body takes many times its size. */
    private static final int MAX_BODY = 16 * 1024;

    static boolean isOwn(RequestHead head) {
        return head.target().startsWith(ROOT);
    }

    /** @param reader for the steps of a plan, with its {@code coding} */
    AttemptReader.RequestReading.OwnRequest read(
            WireRequest request, FrontListener listener, AttemptReader reader, ContentCoding coding)
            throws UnreadableRequestException {
        RequestHead head = request.head();
        String asked = head.method() + " " + head.target();
        boolean bodiless = request.body().length() == 0;
        boolean news = bodiless && asked.startsWith("GET " + ELEVATIONS + "/");
        boolean undo = bodiless && (asked.startsWith("GET " + UNDO) || asked.startsWith("POST " + UNDO));
        boolean who = bodiless && asked.equals(WHOAMI);
        boolean isPlan = asked.equals("POST " + PLANS);
        boolean hasBody = isPlan || asked.equals("POST " + LEASES) || asked.equals("POST " + ELEVATIONS);
        if (!hasBody && !news && !undo && !who) {
            throw refused(FrontRefusals.OWN_PATHS);
        }
        if (PreferHeader.isDryRun(head)) {
            throw refused(FrontRefusals.OWN_DRY_RUN);
        }
        List<Attempt.PresentedCredential> presented = AttemptReader.presented(head, listener);
        if (who) {
            boolean isJson = head.values("accept").stream().anyMatch(accept -> accept.contains("json"));
            return new AttemptReader.RequestReading.OwnRequest(_ ->
                    ProblemDetails.of(requests.whoami().whoami(presented, listener.place(), clock.instant()), isJson));
        }
        if (undo) {
            return undo(head, presented, listener.place());
        }
        if (news) {
            String hold = head.target().substring(ELEVATIONS.length() + 1);
            return elevation(head, presented, listener.place(), new ElevationRequests.Subject.ElevationQuery(hold));
        }
        int most = isPlan ? PlanReader.MAX_BODY : MAX_BODY;
        if (request.body().length() > most || request.inflow().isPresent()) {
            throw refused(isPlan ? FrontRefusals.PLAN_BODY : FrontRefusals.OWN_BODY, most / 1024);
        }
        List<String> types = head.values("content-type");
        if (types.size() != 1 || !isJson(types.getFirst())) {
            throw refused(FrontRefusals.OWN_TYPE);
        }
        if (isPlan) {
            PlanReader steps = new PlanReader(reader, listener, coding, head);
            return new AttemptReader.RequestReading.OwnRequest(_ -> ProblemDetails.of(requests.planner()
                    .plan(new PlanRequests.Request(
                            presented,
                            listener.place(),
                            request.body(),
                            () -> steps.read(request.body()),
                            clock.instant()))));
        }
        return asked.endsWith(LEASES)
                ? new AttemptReader.RequestReading.OwnRequest(_ -> ProblemDetails.of(
                        requests.deriver().derive(presented, listener.place(), request.body(), clock.instant())))
                : elevation(
                        head, presented, listener.place(), new ElevationRequests.Subject.NewElevation(request.body()));
    }

    private AttemptReader.RequestReading.OwnRequest elevation(
            RequestHead head,
            List<Attempt.PresentedCredential> presented,
            Optional<String> place,
            ElevationRequests.Subject subject) {
        Duration wait = PreferHeader.wait(head);
        return new AttemptReader.RequestReading.OwnRequest(client -> {
            AtomicBoolean waited = new AtomicBoolean();
            ElevationRequests.Result elevated = requests.elevator()
                    .elevate(new ElevationRequests.Request(presented, place, subject, clock.instant(), wait, gone -> {
                        waited.set(true);
                        return client.whenGone(gone);
                    }));
            return ProblemDetails.of(elevated).with(PreferHeader.applied(waited.get() ? wait : Duration.ZERO));
        });
    }

    private AttemptReader.RequestReading.OwnRequest undo(
            RequestHead head, List<Attempt.PresentedCredential> presented, Optional<String> place) {
        String named = head.target().substring(UNDO.length());
        boolean forced = named.endsWith(FORCE);
        UndoRequests.Mode mode = head.method().equals("GET")
                ? UndoRequests.Mode.SHOW
                : forced ? UndoRequests.Mode.FORCE : UndoRequests.Mode.RESTORE;
        String receipt = forced ? named.substring(0, named.length() - FORCE.length()) : named;
        return new AttemptReader.RequestReading.OwnRequest(_ -> ProblemDetails.of(requests.undoer()
                .undo(new UndoRequests.Request(presented, place, receipt, mode, false, clock.instant()))));
    }

    private static boolean isJson(String type) {
        return type.toLowerCase(Locale.ROOT).matches("application/json( *; *charset=\"?utf-8\"?)?");
    }
}

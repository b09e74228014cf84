package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.refused;

import dev.interlock.action.Attempt;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.UndoRequests;
import java.util.List;
import java.util.Locale;

/**
 * The paths that the gateway itself answers, below a path that no upstream's name can have. An agent reaches them like
 * every upstream; from a sandbox it reaches nothing else.
 */
final class GatewayPaths {

    private static final String ROOT = "/.interlock/";
    private static final String LEASES = ROOT + "leases";
    static final String ELEVATIONS = ROOT + "elevations";
    private static final String UNDO = ROOT + "undo/";
    private static final String FORCE = "?force";

    /** Maximum bytes of a body. The longest valid text is a fourth of that. A parsed body takes many times its size. */
    private static final int MAX_BODY = 16 * 1024;

    private GatewayPaths() {}

    static boolean isOwn(RequestHead head) {
        return head.target().startsWith(ROOT);
    }

    static AttemptReader.RequestReading read(WireRequest request, FrontListener listener)
            throws UnreadableRequestException {
        RequestHead head = request.head();
        String asked = head.method() + " " + head.target();
        boolean news =
                asked.startsWith("GET " + ELEVATIONS + "/") && request.body().length() == 0;
        boolean undo = head.target().startsWith(UNDO)
                && (head.method().equals("GET") || head.method().equals("POST"))
                && request.body().length() == 0;
        if (!asked.equals("POST " + LEASES) && !asked.equals("POST " + ELEVATIONS) && !news && !undo) {
            throw refused(FrontRefusals.OWN_PATHS);
        }
        if (PreferHeader.isDryRun(head)) {
            throw refused(FrontRefusals.OWN_DRY_RUN);
        }
        List<Attempt.PresentedCredential> presented = AttemptReader.presented(head, listener);
        if (undo) {
            return undo(head, presented);
        }
        if (news) {
            ElevationRequests.Subject wish =
                    new ElevationRequests.Subject.ElevationQuery(head.target().substring(ELEVATIONS.length() + 1));
            return new AttemptReader.RequestReading.ElevationRequest(presented, wish, PreferHeader.wait(head));
        }
        if (request.body().length() > MAX_BODY || request.inflow().isPresent()) {
            throw refused(FrontRefusals.OWN_BODY, MAX_BODY / 1024);
        }
        List<String> types = head.values("content-type");
        if (types.size() != 1 || !isJson(types.getFirst())) {
            throw refused(FrontRefusals.OWN_TYPE);
        }
        return asked.endsWith(LEASES)
                ? new AttemptReader.RequestReading.DerivationRequest(presented, request.body())
                : new AttemptReader.RequestReading.ElevationRequest(
                        presented, new ElevationRequests.Subject.NewElevation(request.body()), PreferHeader.wait(head));
    }

    private static AttemptReader.RequestReading undo(RequestHead head, List<Attempt.PresentedCredential> presented) {
        String named = head.target().substring(UNDO.length());
        boolean forced = named.endsWith(FORCE);
        UndoRequests.Mode mode = head.method().equals("GET")
                ? UndoRequests.Mode.SHOW
                : forced ? UndoRequests.Mode.FORCE : UndoRequests.Mode.RESTORE;
        return new AttemptReader.RequestReading.UndoRequest(
                presented, forced ? named.substring(0, named.length() - FORCE.length()) : named, mode);
    }

    private static boolean isJson(String type) {
        return type.toLowerCase(Locale.ROOT).matches("application/json( *; *charset=\"?utf-8\"?)?");
    }
}

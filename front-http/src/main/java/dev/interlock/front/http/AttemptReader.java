package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.broken;
import static dev.interlock.front.http.UnreadableException.refused;

import dev.interlock.action.Attempt;
import dev.interlock.action.Attempt.Presented;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.gate.Elevator;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads a whole request as an attempt. */
final class AttemptReader {

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private final Routes routes;
    private final Marks marks;
    private final Clock clock;

    AttemptReader(Routes routes, Marks marks, Clock clock) {
        this.routes = routes;
        this.marks = marks;
        this.clock = clock;
    }

    /** The result of reading a request. */
    sealed interface Reading {

        /**
         * An attempt, and the route to forward it to.
         *
         * @param proxied whether it was addressed to the provider itself, and came in by the proxy
         */
        record Understood(Attempt attempt, Routes.Route route, boolean proxied) implements Reading {}

        /** A request to derive a child of the lease among {@code presented}. */
        record Derivation(List<Presented> presented, Bytes asked) implements Reading {}

        /** A request to elevate the lease among {@code presented}. */
        record Elevation(List<Presented> presented, Elevator.Wish wish, Duration patience) implements Reading {}

        /** A request that is refused. */
        record Refused(List<Presented> presented, Refusal refusal) implements Reading {}
    }

    /**
     * Reads {@code request}, whose body {@code coding} decodes.
     *
     * @throws UnreadableException if it must be answered and then the connection closed
     */
    Reading read(WireRequest request, Listener listener, ContentCoding coding) throws UnreadableException {
        RequestHead head = request.head();
        String host = host(head);
        boolean url = Origin.isIn(head.target());
        if (!url && listener.tunnel().isEmpty()) {
            requireName(host, listener);
        }
        try {
            requireSpoken(head);
            if (listener.tunnel().isPresent()) {
                Origin origin = listener.tunnel().get().origin();
                return proxied(request, listener, coding, origin, RequestTarget.readUnaimed(head.target()), host);
            }
            if (url) {
                Origin origin = Origin.ofUrl(head.target());
                RequestTarget target = RequestTarget.readUnaimed(Origin.targetIn(head.target()));
                return proxied(request, listener, coding, origin, target, host);
            }
            if (OwnPaths.isOwn(head)) {
                return OwnPaths.read(request, listener);
            }
            RequestTarget target = RequestTarget.read(head.target());
            return switch (routes.find(target.upstream())) {
                case Routes.Route route -> understood(request, coding, target, route, listener, false);
                case Routes.Unknown _ -> refusal(request, listener, Refusals.unknown(target.upstream()));
                case Routes.Unsealed unsealed -> refusal(request, listener, Refusals.unsealed(unsealed.why()));
            };
        } catch (UnreadableException e) {
            return refusal(request, listener, e.refusal());
        }
    }

    private Reading proxied(
            WireRequest request,
            Listener listener,
            ContentCoding coding,
            Origin origin,
            RequestTarget target,
            String host)
            throws UnreadableException {
        // An upstream would go by one of the two names. It must be clear which of them was decided about.
        if (!origin.isMeantBy(host)) {
            throw refused(
                    "The Host is not `" + origin + "`, for which the proxy was asked.",
                    "Ask the proxy for the host that the request is for.");
        }
        return switch (Aim.take(routes, origin, target)) {
            case Aim.At(var aimed, var route) -> understood(request, coding, aimed, route, listener, true);
            case Aim.Missed(Refusal refusal) -> refusal(request, listener, refusal);
        };
    }

    /** Returns the content of the usual credential carriers of {@code head}, for a request that was not understood. */
    static List<Presented> presented(RequestHead head, Listener listener) {
        List<Presented> presented = new ArrayList<>(listener.presented());
        presented.addAll(CredentialCarriers.part(Routes.Carriers.USUAL, head.headers(), List.of())
                .presented());
        presented.addAll(Userinfo.in(head));
        return presented;
    }

    /** Returns the destination that {@code head} asks for, as it came. */
    static String asked(RequestHead head, Listener listener) {
        return String.join("\n", listener.asked(), head.target(), String.join("\n", head.values("host")));
    }

    private static Reading refusal(WireRequest request, Listener listener, Refusal refusal) {
        return new Reading.Refused(presented(request.head(), listener), refusal);
    }

    private Reading understood(
            WireRequest request,
            ContentCoding coding,
            RequestTarget target,
            Routes.Route route,
            Listener listener,
            boolean proxied)
            throws UnreadableException {
        RequestHead head = request.head();
        boolean streamed = request.inflow().isPresent();
        if (streamed && !(route.opaque().test(head.method(), target.path()) && coding.isPlain(head))) {
            throw coding.tooLong();
        }
        Bytes body = streamed ? Bytes.empty() : coding.plain(head, request.body());
        CredentialCarriers.Parted parted = CredentialCarriers.part(route.carriers(), head.headers(), target.query());
        List<Presented> presented = new ArrayList<>(listener.presented());
        presented.addAll(parted.presented());
        HttpCall call = new HttpCall(
                head.method(),
                route.authority(),
                target.path(),
                parted.query(),
                Preference.ofCall(HeaderRules.ofCall(parted.headers())).stream()
                        .filter(header -> !header.name().equals("content-encoding")) // the body is decoded now
                        .toList(),
                body);
        return new Reading.Understood(
                new Attempt(
                        target.upstream(),
                        presented,
                        listener.place(),
                        request.inflow().map(call::with).orElse(call),
                        clock.instant(),
                        Preference.isDryRun(head),
                        marks.redeem(head.values(Marks.HEADER)),
                        Preference.wait(head),
                        TraceContext.read(head.values("traceparent"), head.values("tracestate"))),
                route,
                proxied);
    }

    // RFC 9112 §3.2
    private static String host(RequestHead head) throws UnreadableException {
        List<String> hosts = head.values("host");
        if (hosts.size() != 1) {
            throw broken("The request has no Host, or more than one.");
        }
        return hosts.getFirst().toLowerCase(Locale.ROOT);
    }

    // A page of another site can reach loopback, but cannot choose its Host.
    private static void requireName(String host, Listener listener) throws UnreadableException {
        if (!listener.accepts(host)) {
            throw broken("The Host is not the name of this listener.");
        }
    }

    private static void requireSpoken(RequestHead head) throws UnreadableException {
        if (!METHODS.contains(head.method())) {
            throw refused(
                    "The method is none of GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS; TRACE is not spoken here,"
                            + " nor CONNECT inside a tunnel or a stream.",
                    "Use one of these, addressed as `/{upstream}/path`.");
        }
        if (Grpc.isMeant(head)) {
            throw refused(
                    "gRPC is not spoken here: no catalog says what its methods do.",
                    "Use the provider's REST or GraphQL API.");
        }
    }
}

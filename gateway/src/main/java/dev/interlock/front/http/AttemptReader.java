package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.broken;
import static dev.interlock.front.http.UnreadableException.refused;

import dev.interlock.action.Attempt;
import dev.interlock.action.Attempt.Presented;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.Refusal.Finality;
import dev.interlock.action.Refusal.Kind;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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

    /** What a request turned out to be. */
    sealed interface Reading {

        /** An attempt, and the way to forward it. */
        record Understood(Attempt attempt, Routes.Route route) implements Reading {}

        /** A question for a child of the lease among {@code presented}. */
        record Derivation(List<Presented> presented, Bytes asked) implements Reading {}

        /** Nothing that could be handed on. */
        record Refused(List<Presented> presented, Refusal refusal) implements Reading {}
    }

    /**
     * Reads {@code request}, whose body {@code coding} unpacks.
     *
     * @throws UnreadableException if it must be answered and then the connection closed
     */
    Reading read(WireRequest request, Listener listener, ContentCoding coding) throws UnreadableException {
        requireHost(request.head(), listener);
        try {
            requireSpoken(request.head());
            if (OwnPaths.isOwn(request.head())) {
                return OwnPaths.read(request);
            }
            RequestTarget target = RequestTarget.read(request.head().target());
            return switch (routes.find(target.upstream())) {
                case Routes.Route route -> understood(request, coding, target, route, listener.place());
                case Routes.Unknown _ -> refusal(request, unknown(target.upstream()));
                case Routes.Unsealed unsealed -> refusal(request, unsealed(unsealed.why()));
            };
        } catch (UnreadableException e) {
            return refusal(request, e.refusal());
        }
    }

    /** What the usual carriers of {@code head} carry, for a request that nobody understood. */
    static List<Presented> presented(RequestHead head) {
        return CredentialCarriers.part(Routes.Carriers.USUAL, head.headers(), List.of())
                .presented();
    }

    private static Reading refusal(WireRequest request, Refusal refusal) {
        return new Reading.Refused(presented(request.head()), refusal);
    }

    private Reading understood(
            WireRequest request, ContentCoding coding, RequestTarget target, Routes.Route route, Optional<String> place)
            throws UnreadableException {
        RequestHead head = request.head();
        boolean streamed = request.inflow().isPresent();
        if (streamed && !(route.opaque().test(head.method(), target.path()) && coding.isPlain(head))) {
            throw coding.tooLong();
        }
        Bytes body = streamed ? Bytes.empty() : coding.plain(head, request.body());
        CredentialCarriers.Parted parted = CredentialCarriers.part(route.carriers(), head.headers(), target.query());
        HttpCall call = new HttpCall(
                head.method(),
                route.authority(),
                target.path(),
                parted.query(),
                HeaderRules.ofCall(parted.headers()).stream()
                        .filter(header -> !header.name().equals("content-encoding")) // the body has lost it
                        .toList(),
                body);
        return new Reading.Understood(
                new Attempt(
                        target.upstream(),
                        parted.presented(),
                        place,
                        request.inflow().map(call::with).orElse(call),
                        clock.instant(),
                        Preference.isDryRun(head),
                        marks.redeem(head.values(Marks.HEADER))),
                route);
    }

    // RFC 9112 §3.2. Another site's page can reach loopback, but cannot choose its Host.
    private static void requireHost(RequestHead head, Listener listener) throws UnreadableException {
        List<String> hosts = head.values("host");
        if (hosts.size() != 1) {
            throw broken("The request has no Host, or more than one.");
        }
        if (!listener.accepts(hosts.getFirst().toLowerCase(Locale.ROOT))) {
            throw broken("The Host is not the name of this listener.");
        }
    }

    private static void requireSpoken(RequestHead head) throws UnreadableException {
        if (!METHODS.contains(head.method())) {
            throw refused(
                    "The method is none of GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS; CONNECT and TRACE are not"
                            + " spoken here.",
                    "Use one of these, addressed as `/{upstream}/path`.");
        }
        if (Grpc.isMeant(head)) {
            throw refused(
                    "gRPC is not spoken here: no catalog says what its methods do.",
                    "Use the provider's REST or GraphQL API.");
        }
    }

    private static Refusal unknown(String upstream) {
        return new Refusal(
                Kind.DENIED,
                Finality.FINAL,
                "The seal names no upstream `" + upstream + "`.",
                "Ask a person which upstreams are sealed: `interlock status`.",
                List.of("every call to `" + upstream + "`"),
                Optional.empty());
    }

    private static Refusal unsealed(String why) {
        return Refusal.unavailable(why, "A person must put a seal in force: `interlock status` says what is missing.");
    }
}

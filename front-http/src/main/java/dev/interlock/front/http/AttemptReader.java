package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;
import static dev.interlock.front.http.UnreadableRequestException.denied;
import static dev.interlock.front.http.UnreadableRequestException.refused;
import static dev.interlock.front.http.UnreadableRequestException.unauthenticated;

import dev.interlock.action.Attempt;
import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Bytes;
import dev.interlock.action.CallSession;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.action.VisibleText;
import dev.interlock.front.git.PushBody;
import dev.interlock.gate.ProbeMarks;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Reads a whole request as an attempt. */
final class AttemptReader {

    /** Maximum characters of an agent's reason; the rest is cut off. */
    private static final int MAX_REASON = 500;

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private final UpstreamRoutes routes;
    private final GatewayPaths own;
    private final ProbeMarks marks;
    private final Clock clock;
    private final McpTransport messages = new McpTransport();

    AttemptReader(UpstreamRoutes routes, GatewayPaths own, ProbeMarks marks, Clock clock) {
        this.routes = routes;
        this.own = own;
        this.marks = marks;
        this.clock = clock;
    }

    sealed interface RequestReading {

        /**
         * An attempt, and the route to forward it to.
         *
         * @param proxied whether it was addressed to the provider itself, and came in by the proxy
         * @param mcp what was taken out of it, if it is a request of MCP
         */
        record AttemptRequest(
                Attempt attempt,
                UpstreamRoutes.UpstreamRoute route,
                boolean proxied,
                Optional<McpReader.SeparatedMessage> mcp)
                implements RequestReading {}

        /** A request to the gateway itself, and how its answer is found for a client, who may wait for people. */
        record OwnRequest(Function<ClientWriter, ProblemDetails.ProblemResponse> answer) implements RequestReading {}

        record RefusedRequest(List<PresentedCredential> presented, Refusal refusal, int status)
                implements RequestReading {}
    }

    /** Reads {@code request}. Throws if it must be answered and then the connection closed. */
    RequestReading read(WireRequest request, FrontListener listener, ContentCoding coding)
            throws UnreadableRequestException {
        RequestHead head = request.head();
        String host = host(head);
        boolean url = UpstreamOrigin.isIn(head.target());
        // A page of another site can reach loopback, but cannot choose its Host.
        if (!url && listener.tunnel().isEmpty() && !listener.accepts(host)) {
            throw broken(FrontRefusals.WRONG_HOST);
        }
        try {
            if (!METHODS.contains(head.method())) {
                throw refused(FrontRefusals.METHOD);
            }
            if (listener.tunnel().isPresent()) {
                UpstreamOrigin origin = listener.tunnel().get().origin();
                return proxied(request, listener, coding, origin, RequestTarget.readUnaimed(head.target()), host);
            }
            if (url) {
                UpstreamOrigin origin = UpstreamOrigin.ofUrl(head.target());
                RequestTarget target = RequestTarget.readUnaimed(UpstreamOrigin.targetIn(head.target()));
                return proxied(request, listener, coding, origin, target, host);
            }
            if (GatewayPaths.isOwn(head)) {
                return own.read(request, listener, this, coding);
            }
            RequestTarget target = RequestTarget.read(head.target());
            return switch (routes.find(target.upstream())) {
                case UpstreamRoutes.UpstreamRoute route -> understood(request, coding, target, route, listener, false);
                case UpstreamRoutes.UnknownUpstream _ -> throw denied(FrontRefusals.unknown(target.upstream()));
                case UpstreamRoutes.NoSealInForce(String why) -> throw denied(FrontRefusals.unsealed(why));
            };
        } catch (UnreadableRequestException e) {
            return new RequestReading.RefusedRequest(presented(head, listener), e.refusal(), e.status());
        }
    }

    private RequestReading proxied(
            WireRequest request,
            FrontListener listener,
            ContentCoding coding,
            UpstreamOrigin origin,
            RequestTarget target,
            String host)
            throws UnreadableRequestException {
        // An upstream would go by one of the two names. It must be clear which of them was decided about.
        if (!origin.isMeantBy(host)) {
            throw refused(FrontRefusals.OTHER_HOST, origin);
        }
        UrlUpstream found =
                UrlUpstream.find(routes, origin, target, listener.place().isPresent());
        return understood(request, coding, found.target(), found.route(), listener, true);
    }

    /** Returns the content of the usual credential carriers of {@code head}, for a request that was not understood. */
    static List<PresentedCredential> presented(RequestHead head, FrontListener listener) {
        List<PresentedCredential> presented = new ArrayList<>(listener.presented());
        presented.addAll(CredentialCarriers.part(UpstreamRoutes.ExtraCarriers.USUAL, head.headers(), List.of())
                .presented());
        presented.addAll(CredentialCarriers.userinfo(head));
        return presented;
    }

    static String asked(RequestHead head, FrontListener listener) {
        return String.join("\n", listener.asked(), head.target(), String.join("\n", head.values("host")));
    }

    private RequestReading understood(
            WireRequest request,
            ContentCoding coding,
            RequestTarget target,
            UpstreamRoutes.UpstreamRoute route,
            FrontListener listener,
            boolean proxied)
            throws UnreadableRequestException {
        RequestHead head = request.head();
        boolean streamed = request.inflow().isPresent();
        boolean isPush = route.push().isPush(head.method(), target.path());
        if (!isPush && streamed && head.mayBePush()) {
            throw refused(FrontRefusals.NO_PUSHES);
        }
        if (streamed && isPush && !coding.isPlain(head)) {
            throw refused(FrontRefusals.COMPRESSED_PUSH);
        }
        if (streamed && !isPush && !(route.longBodies().test(head.method(), target.path()) && coding.isPlain(head))) {
            throw coding.tooLong();
        }
        Bytes body = streamed ? Bytes.empty() : coding.plain(head, request.body());
        CredentialCarriers.SplitRequest parted =
                CredentialCarriers.part(route.carriers(), head.headers(), target.query());
        List<PresentedCredential> presented = new ArrayList<>(listener.presented());
        presented.addAll(parted.presented());
        if (proxied && listener.tunnel().isEmpty() && presented.isEmpty() && !listener.provesLease()) {
            throw unauthenticated();
        }
        HttpCall received = new HttpCall(
                head.method(),
                route.server().authority(),
                target.path(),
                parted.query(),
                PreferHeader.ofCall(HeaderRules.ofCall(parted.headers())).stream()
                        .filter(header -> !header.name().equals("content-encoding")) // it is decoded now
                        .toList(),
                isPush ? Bytes.empty() : body);
        Optional<McpReader.SeparatedMessage> mcp = isPush || streamed
                ? Optional.empty()
                : messages.separated(route, received, presented, listener.place());
        HttpCall call = isPush
                ? received.with(route.push().body(source(request, body)))
                : request.arriving()
                        .map(arriving -> received.with(new LongBody(arriving.body(), arriving.spool())))
                        .orElseGet(() -> withoutVersion(
                                mcp.map(McpReader.SeparatedMessage::judged).orElse(received), route));
        return new RequestReading.AttemptRequest(
                new Attempt(
                        target.upstream(),
                        presented,
                        listener.place(),
                        call,
                        clock.instant(),
                        PreferHeader.isDryRun(head),
                        marks.redeem(head.values(ProbeMarks.NAME)),
                        PreferHeader.wait(head),
                        TraceContext.read(head.values("traceparent"), head.values("tracestate")),
                        reason(head),
                        Optional.empty(),
                        mcp.map(McpReader.SeparatedMessage::perTry).orElse(List.of()),
                        mcp.<CallSession>map(message -> message).orElse(CallSession.NONE)),
                route,
                proxied,
                mcp);
    }

    private static PushBody.BodySource source(WireRequest request, Bytes plain) {
        Iterator<byte[]> whole = List.of(plain.toArray()).iterator();
        return request.inflow()
                .<PushBody.BodySource>map(body -> body::await)
                .orElse(() -> whole.hasNext() ? Optional.of(whole.next()) : Optional.empty());
    }

    /** The refs before a push have one form in any version of the protocol, unless the client asks for another. */
    private static HttpCall withoutVersion(HttpCall call, UpstreamRoutes.UpstreamRoute route) {
        return route.push().isQuestionBefore(call) ? call.without(Set.of("git-protocol")) : call;
    }

    /** Returns the agent's reason: for people, and no part of the call. */
    private static Optional<String> reason(RequestHead head) {
        return Optional.of(String.join(", ", head.values(HeaderRules.REASON)).strip())
                .filter(reason -> !reason.isEmpty())
                .map(reason -> VisibleText.shortened(reason, MAX_REASON));
    }

    // RFC 9112 §3.2
    private static String host(RequestHead head) throws UnreadableRequestException {
        List<String> hosts = head.values("host");
        if (hosts.size() != 1) {
            throw broken(FrontRefusals.NO_HOST);
        }
        return hosts.getFirst().toLowerCase(Locale.ROOT);
    }

    record UrlUpstream(RequestTarget target, UpstreamRoutes.UpstreamRoute route) {

        /**
         * Finds the upstream of {@code target}. Throws if it belongs to no upstream, or not clearly to one.
         *
         * @param anyHost whether it may be the one that stands for every host
         */
        static UrlUpstream find(UpstreamRoutes routes, UpstreamOrigin origin, RequestTarget target, boolean anyHost)
                throws UnreadableRequestException {
            return switch (routes.at(origin)) {
                case UpstreamRoutes.NoSealInForce(String why) -> throw denied(FrontRefusals.unsealed(why));
                case UpstreamRoutes.OriginRoutes(var upstreams)
                when upstreams.isEmpty() -> throw denied(FrontRefusals.unknownHost(origin));
                case UpstreamRoutes.OriginRoutes(var upstreams) -> find(upstreams, origin, target);
                case UpstreamRoutes.WebRoute _ when !anyHost -> throw denied(FrontRefusals.unknownHost(origin));
                case UpstreamRoutes.WebRoute(String name, var route) ->
                    new UrlUpstream(target.at(name, target.path()), route);
            };
        }

        /**
         * Chooses the longest of several base paths, and of several upstreams there the only one that knows the path.
         */
        private static UrlUpstream find(
                Map<String, UpstreamRoutes.UpstreamRoute> upstreams, UpstreamOrigin origin, RequestTarget target)
                throws UnreadableRequestException {
            List<String> best = new ArrayList<>();
            int longest = -1;
            for (Map.Entry<String, UpstreamRoutes.UpstreamRoute> upstream : upstreams.entrySet()) {
                String base = base(upstream.getValue());
                if (isBelow(target.path(), base) && base.length() >= longest) {
                    if (base.length() > longest) {
                        best.clear();
                    }
                    best.add(upstream.getKey());
                    longest = base.length();
                }
            }
            if (best.isEmpty()) {
                throw denied(FrontRefusals.unknownPath(origin));
            }
            String rest = target.path().substring(longest);
            String below = rest.isEmpty() ? "/" : rest;
            if (best.size() > 1) {
                List<String> known = best.stream()
                        .filter(name -> Objects.requireNonNull(upstreams.get(name))
                                .known()
                                .test(below))
                        .toList();
                best = known.isEmpty() ? best : known;
            }
            if (best.size() > 1) {
                throw refused(
                        FrontRefusals.AMBIGUOUS_HOST,
                        origin,
                        String.join("`, `", best.stream().sorted().toList()));
            }
            String name = best.getFirst();
            return new UrlUpstream(target.at(name, below), Objects.requireNonNull(upstreams.get(name)));
        }

        private static boolean isBelow(String path, String base) {
            return base.isEmpty() || path.equals(base) || path.startsWith(base + "/");
        }

        private static String base(UpstreamRoutes.UpstreamRoute route) {
            String base = Objects.requireNonNullElse(route.address().getPath(), "");
            return base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
        }
    }
}

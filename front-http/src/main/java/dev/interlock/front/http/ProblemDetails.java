package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.gate.DryRun;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.LeaseDeriver;
import dev.interlock.gate.PlanRequests;
import dev.interlock.gate.UndoRequests;
import dev.interlock.gate.Whoami;
import dev.interlock.gate.WhoamiRequests;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Writes refusals as RFC 9457 problems, with 403: clients believe 2xx, prompt at 401, and retry 409, 429 and 503. */
final class ProblemDetails {

    /** Seconds after which a retry makes sense: people do not sign faster, and an outage does not end sooner. */
    static final int RETRY_AFTER_SECONDS = 30;

    /** Advice that saves an agent from asking again and again. */
    private static final String WAIT = "Sent with `Prefer: wait=" + PreferHeader.LONGEST_WAIT.toSeconds()
            + "`, the identical request gets its answer as soon as people have decided. That holds for bodies of at most 64 KiB.";

    /**
     * Maximum entries of each list in a blast radius: as many as an agent can weigh. Their total is reported as well.
     */
    private static final int MOST_TOLD = 100;

    private static final String OF_POLICY = "Interlock refused this by policy; it is not a network or upstream error. ";

    /** The status that asks a client of the proxy for its credential (RFC 9110 §15.5.8). */
    static final int CHALLENGE = 407;

    static final String PROBLEM = "application/problem+json";
    private static final String GRAPHQL = "application/graphql-response+json";
    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain; charset=utf-8";

    private ProblemDetails() {}

    /** An answer that is written at once, without framing. Its status is 400 only if the connection closes. */
    record ProblemResponse(int status, List<Header> headers, Bytes body) {

        ProblemResponse with(List<Header> more) {
            List<Header> all = new ArrayList<>(headers);
            all.addAll(more);
            return new ProblemResponse(status, all, body);
        }
    }

    /**
     * The facts besides the refusal. {@code receipt} is empty if none could be written; {@code hold} waits for people.
     */
    record ProblemFacts(String receipt, Optional<String> hold, Optional<Instant> expires) {
        static ProblemFacts of(String receipt) {
            return new ProblemFacts(receipt, Optional.empty(), Optional.empty());
        }
    }

    static ProblemResponse plain(int status, Refusal refusal, ProblemFacts facts) {
        List<Header> headers = headers(PROBLEM, refusal, facts);
        if (status == CHALLENGE) {
            headers.add(new Header("proxy-authenticate", "Basic realm=\"interlock\""));
        }
        return new ProblemResponse(status, headers, bytes(members(status, refusal, facts)));
    }

    /**
     * Returns a body that is both a problem and a GraphQL response without data (GraphQL over HTTP §6.4). The message
     * of its error says what {@code detail} and {@code next} say, so its extensions do not say it again.
     */
    static ProblemResponse graphql(Refusal refusal, ProblemFacts facts, String accept) {
        Json.Members problem = members(403, refusal, facts);
        Json.Members error = Json.object()
                .with("message", text(refusal.reason() + " Next: " + refusal.next()))
                .with(
                        "extensions",
                        problem.without(List.of("type", "title", "status", "detail", "next", "note"))
                                .with("code", "INTERLOCK_" + refusal.kind().name()));
        Json.Members both = problem.with("data", new Json.Nothing()).with("errors", new Json.Array(List.of(error)));
        return new ProblemResponse(403, headers(mediaType(accept), refusal, facts), bytes(both));
    }

    /**
     * Returns what servers of GraphQL say of a document that is only named, so that the client sends it. Clients take
     * no other words for it, and some take it only if the response has no members besides.
     */
    static ProblemResponse persistedQuery(Refusal refusal, ProblemFacts facts, String accept) {
        Json.Members error = Json.object()
                .with("message", "PersistedQueryNotSupported")
                .with(
                        "extensions",
                        members(403, refusal, facts)
                                .without(List.of("type", "title", "status"))
                                .with("code", "PERSISTED_QUERY_NOT_SUPPORTED"));
        return new ProblemResponse(
                403,
                headers(mediaType(accept), refusal, facts),
                bytes(Json.object().with("errors", new Json.Array(List.of(error)))));
    }

    static ProblemResponse tried(DryRun trial, String receipt, boolean graphql) {
        Json.Members members = Json.object()
                .with("dry_run", true)
                .with("verdict", trial.would().word())
                .with("detail", text(trial.reason()))
                .with("next", text(trial.next()))
                .withTexts("covers", trial.covers().stream().map(ProblemDetails::text))
                .withOptional("receipt", Optional.of(receipt).filter(id -> !id.isEmpty()));
        if (trial.radius().isPresent()) {
            members = members.with("radius", trial.radius().get().agentJson(MOST_TOLD));
        }
        if (trial.obligations().isPresent()) {
            members = members.with("obligations", trial.obligations().get().canonical());
        }
        Json.Members body = graphql
                ? Json.object()
                        .with("data", new Json.Nothing())
                        .with("extensions", Json.object().with("interlock", members))
                : members;
        List<Header> headers = headers(JSON, receipt);
        headers.add(new Header("preference-applied", "handling=dry-run"));
        return new ProblemResponse(200, headers, bytes(body));
    }

    /** Returns the answer to a derivation: a child of a lease, which is shown once, or the reason why there is none. */
    static ProblemResponse of(LeaseDeriver.Result derived) {
        return switch (derived) {
            case LeaseDeriver.Result.RefusedDerivation(String receipt, Refusal refusal) ->
                plain(403, refusal, ProblemFacts.of(receipt));
            case LeaseDeriver.Result.DerivedLease(String receipt, Lease lease, Secret token) ->
                new ProblemResponse(
                        201,
                        headers(JSON, receipt),
                        bytes(lease(lease)
                                .with("token", token.<String>use(text -> text))
                                .with("receipt", receipt)));
        };
    }

    /** Returns the answer to an elevation: people were asked for more, or have granted it, or the reason why not. */
    static ProblemResponse of(ElevationRequests.Result elevated) {
        return switch (elevated) {
            case ElevationRequests.Result.RefusedElevation(String receipt, Refusal refusal) ->
                plain(403, refusal, ProblemFacts.of(receipt));
            case ElevationRequests.Result.ElevationReport(
                    String receipt,
                    String hold,
                    boolean given,
                    Json.Members members) -> {
                List<Header> headers = headers(JSON, receipt);
                headers.add(new Header("location", GatewayPaths.ELEVATIONS + "/" + hold));
                Json.Members shown =
                        members.with("summary", text(members.text("summary"))).with("next", text(members.text("next")));
                yield new ProblemResponse(given ? 200 : 202, headers, bytes(shown));
            }
        };
    }

    /** Returns the answer to an undo: what differs, or that everything is as it was, or the reason why not. */
    static ProblemResponse of(UndoRequests.Result undone) {
        return switch (undone) {
            case UndoRequests.Result.UndoRefused(String receipt, Refusal refusal, Optional<String> hold) ->
                plain(403, refusal, new ProblemFacts(receipt, hold, Optional.empty()));
            case UndoRequests.Result.UndoReport(String receipt, Json.Members members) ->
                new ProblemResponse(200, headers(JSON, receipt), bytes(members));
        };
    }

    /** Returns the answer to a plan: its steps, and that people are asked or need not be, or the reason why not. */
    static ProblemResponse of(PlanRequests.Result planned) {
        return switch (planned) {
            case PlanRequests.Result.RefusedPlan(String receipt, Refusal refusal, List<Json.Members> steps) -> {
                ProblemFacts facts = ProblemFacts.of(receipt);
                Json.Members problem = members(403, refusal, facts);
                yield new ProblemResponse(
                        403,
                        headers(PROBLEM, refusal, facts),
                        bytes(
                                steps.isEmpty()
                                        ? problem
                                        : problem.withItems(
                                                "steps", steps.stream().map(ProblemDetails::step))));
            }
            case PlanRequests.Result.PlanReport(boolean isAsked, Json.Members members) ->
                new ProblemResponse(
                        isAsked ? 202 : 200,
                        headers(JSON, ""),
                        bytes(members.withItems(
                                "steps", members.objects("steps").stream().map(ProblemDetails::step))));
        };
    }

    private static Json.Members step(Json.Members step) {
        Json.Members shown = step;
        for (Map.Entry<String, Json> member : step.members().entrySet()) {
            shown = member.getValue() instanceof Json.Text(String said)
                    ? shown.with(member.getKey(), text(said))
                    : shown;
        }
        return shown;
    }

    /** Returns what the holder of a lease may do, as a page of text or as JSON, or the reason why it is not told. */
    static ProblemResponse of(WhoamiRequests.Result told, boolean asJson) {
        return switch (told) {
            case WhoamiRequests.Result.RefusedWhoami(String receipt, Refusal refusal) ->
                plain(403, refusal, ProblemFacts.of(receipt));
            case WhoamiRequests.Result.WhoamiReport(Whoami whoami) ->
                asJson
                        ? new ProblemResponse(200, headers(JSON, ""), bytes(whoami.json()))
                        : new ProblemResponse(200, headers(TEXT, ""), Bytes.utf8(text(whoami.text())));
        };
    }

    private static Json.Members lease(Lease lease) {
        return Json.object()
                .with("lease", lease.id())
                .with("root", lease.root())
                .with("agent", lease.agent())
                .with("person", lease.person())
                .with("task", lease.task())
                .withTexts("environments", lease.environments())
                .withTexts("impacts", lease.impacts().stream().map(Impact::word))
                .withTexts("resources", lease.resources().stream().map(Resource::toString))
                .with("bound", lease.place().isPresent())
                .with("issued", lease.issued().toString())
                .with("expires", lease.expires().toString());
    }

    private static String mediaType(String accept) {
        String wanted = accept.toLowerCase(Locale.ROOT);
        if (wanted.contains(PROBLEM)) {
            return PROBLEM;
        }
        return wanted.contains(GRAPHQL) ? GRAPHQL : wanted.contains(JSON) ? JSON : PROBLEM;
    }

    /** Returns the fields of an answer of the media type {@code type}; {@code receipt} may be empty. */
    static List<Header> headers(String type, String receipt) {
        List<Header> headers =
                new ArrayList<>(List.of(new Header("content-type", type), new Header("cache-control", "no-store")));
        if (!receipt.isEmpty()) {
            headers.add(new Header("interlock-receipt", receipt));
        }
        return headers;
    }

    static List<Header> headers(String type, Refusal refusal, ProblemFacts facts) {
        List<Header> headers = headers(type, facts.receipt());
        if (facts.hold().isPresent() || passesLater(refusal)) {
            headers.add(new Header("retry-after", Integer.toString(RETRY_AFTER_SECONDS)));
        }
        facts.hold().ifPresent(hold -> headers.add(new Header("link", "</holds/" + hold + ">; rel=\"hold\"")));
        return headers;
    }

    // Client libraries obey Retry-After by themselves. It must never accompany a call that may have happened.
    private static boolean passesLater(Refusal refusal) {
        return refusal.finality() == Refusal.Finality.RETRYABLE
                && switch (refusal.kind()) {
                    case UNAVAILABLE, NOT_SENT, UNANSWERED -> true;
                    case DENIED, CONFIRMATION_REQUIRED, FOREIGN_CREDENTIAL, NOT_UNDERSTOOD, UNKNOWN -> false;
                };
    }

    private static boolean isPolicy(Refusal.Kind kind) {
        return switch (kind) {
            case DENIED, CONFIRMATION_REQUIRED, FOREIGN_CREDENTIAL, NOT_UNDERSTOOD -> true;
            case UNAVAILABLE, NOT_SENT, UNANSWERED, UNKNOWN -> false;
        };
    }

    static Json.Members members(int status, Refusal refusal, ProblemFacts facts) {
        return Json.object()
                .with("type", "urn:interlock:problem:" + refusal.kind().word())
                .with("title", title(refusal.kind()))
                .with("status", status)
                .with("detail", text(refusal.reason()))
                .with("kind", refusal.kind().word())
                .with("finality", refusal.finality().word())
                .with("next", text(refusal.next()))
                .with("note", note(refusal))
                .with("policy", isPolicy(refusal.kind()))
                .withTexts("covers", refusal.covers().stream().map(ProblemDetails::text))
                .withOptional("elevation", refusal.elevation().map(ProblemDetails::text))
                .withOptional("receipt", Optional.of(facts.receipt()).filter(receipt -> !receipt.isEmpty()))
                .withOptional("hold", facts.hold())
                .withOptional("wait", facts.hold().map(_ -> WAIT))
                .withOptional("expires", facts.expires().map(Instant::toString));
    }

    private static String title(Refusal.Kind kind) {
        return switch (kind) {
            case DENIED -> "Denied by policy";
            case CONFIRMATION_REQUIRED -> "A person must confirm this first";
            case FOREIGN_CREDENTIAL -> "The call carries a credential other than its lease";
            case NOT_UNDERSTOOD -> "The effect of this request is not known for certain";
            case UNAVAILABLE -> "Interlock cannot decide or record this now";
            case NOT_SENT -> "The upstream cannot be reached";
            case UNANSWERED -> "A read got no answer";
            case UNKNOWN -> "No answer arrived: the call may have happened";
        };
    }

    // Agents read a 403 as an obstacle to get around. This note says what it is, and what not to try.
    private static String note(Refusal refusal) {
        String again = again(refusal.finality());
        return switch (refusal.kind()) {
            case DENIED, CONFIRMATION_REQUIRED, FOREIGN_CREDENTIAL -> OF_POLICY + again;
            case NOT_UNDERSTOOD -> // an unknown path may be mistyped
                OF_POLICY
                        + (refusal.finality() == Refusal.Finality.FINAL
                                ? "In this form it is refused with every credential."
                                : again);
            case UNAVAILABLE ->
                "Interlock refused this because it fails closed; it is not a network or upstream error. " + again;
            case NOT_SENT -> "Interlock permitted this, but nothing was sent; it is not a policy refusal. " + again;
            case UNANSWERED ->
                "Interlock permitted and sent this, but the upstream did not answer; it is not a policy refusal. "
                        + again;
            case UNKNOWN ->
                "Interlock permitted and sent this, but the upstream did not answer. It is not a refusal, and the call may have happened. Do not send it again in any form.";
        };
    }

    private static String again(Refusal.Finality finality) {
        return switch (finality) {
            case FINAL -> "No other wording and no other credential will pass.";
            case APPROVABLE -> "Only a person can approve it; another credential will not help.";
            case RETRYABLE -> "It may pass later or in another form; another credential will not help.";
        };
    }

    private static Bytes bytes(Json.Members body) {
        return Bytes.of(body.canonical());
    }

    /** Returns {@code value} without lone surrogates, which have no JSON form that every reader takes. */
    static String text(String value) {
        return value.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}

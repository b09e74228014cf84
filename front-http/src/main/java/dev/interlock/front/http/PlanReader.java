package dev.interlock.front.http;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.Refusal;
import dev.interlock.confirm.HoldPlans;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.front.http.AttemptReader.RequestReading;
import dev.interlock.gate.PlanRequests.PlannedCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the steps of a plan, each as the request that it will be: by the same reader, so that its digest is that of the
 * request. Messages name no content, because receipts hold them.
 */
final class PlanReader {

    /** Maximum bytes of a plan. The statements of its steps hold less. */
    static final int MAX_BODY = 128 * 1024;

    private static final int MAX_HEADERS = 50;
    private static final Set<String> MEMBERS = Set.of("method", "url", "headers", "body", "tool", "arguments");

    private final AttemptReader reader;
    private final FrontListener listener;
    private final ContentCoding coding;
    private final RequestHead plan;
    private final List<Attempt.PresentedCredential> presented;

    PlanReader(AttemptReader reader, FrontListener listener, ContentCoding coding, RequestHead plan) {
        this.reader = reader;
        this.listener = listener;
        this.coding = coding;
        this.plan = plan;
        this.presented = AttemptReader.presented(plan, listener);
    }

    /** Throws {@link MalformedException} if {@code body} is no plan. */
    List<PlannedCall> read(Bytes body) {
        List<Json.Members> steps;
        try {
            Json.Members members = Json.readWritten(body.toArray(), "the plan");
            steps = members.objects("steps");
            if (!members.members().keySet().equals(Set.of("steps"))) {
                throw new MalformedException("");
            }
        } catch (MalformedException _) { // its message quotes what an agent wrote
            throw new MalformedException(
                    "the body is not a JSON object with `steps` alone, an array of objects; what has numbers with fractions is a `body` of text");
        }
        if (steps.size() < 2 || steps.size() > HoldPlans.MAX_STEPS) {
            throw new MalformedException("it has " + steps.size() + " steps");
        }
        List<PlannedCall> calls = new ArrayList<>();
        for (Json.Members step : steps) {
            calls.add(call(step, "step " + (calls.size() + 1)));
        }
        return calls;
    }

    private PlannedCall call(Json.Members step, String name) {
        RequestHead head;
        Bytes body;
        try {
            if (!MEMBERS.containsAll(step.members().keySet())) {
                throw new MalformedException("");
            }
            head = head(step);
            body = body(step);
        } catch (MalformedException _) {
            throw new MalformedException(
                    name
                            + " is not `method`, `url`, `headers` (an object of texts) and `body` (a text or JSON), or `url`, `tool`, `arguments` and `headers`");
        }
        if (head.mayBePush() || head.target().contains("git-receive-pack")) {
            return new PlannedCall.UnreadCall(head.target(), FrontRefusals.PLANNED_PUSH.notUnderstood());
        }
        return call(new WireRequest(head, body));
    }

    private PlannedCall call(WireRequest request) {
        String target = request.head().target();
        if (GatewayPaths.isOwn(request.head())) {
            return new PlannedCall.UnreadCall(target, FrontRefusals.PLANNED_OWN.notUnderstood());
        }
        RequestReading reading;
        try {
            reading = reader.read(request, listener, coding);
        } catch (UnreadableRequestException e) {
            return new PlannedCall.UnreadCall(target, e.refusal());
        }
        return switch (reading) {
            case RequestReading.AttemptRequest understood -> attempt(understood, target);
            case RequestReading.RefusedRequest(var _, Refusal refusal, int _) ->
                new PlannedCall.UnreadCall(target, refusal);
            case RequestReading.OwnRequest _ ->
                new PlannedCall.UnreadCall(target, FrontRefusals.PLANNED_OWN.notUnderstood());
        };
    }

    private PlannedCall attempt(RequestReading.AttemptRequest understood, String target) {
        Attempt sent = understood.attempt();
        if (sent.presented().size() > listener.presented().size()) {
            return new PlannedCall.UnreadCall(target, FrontRefusals.PLANNED_CREDENTIAL.notUnderstood());
        }
        Optional<Refusal> quarantine = understood.mcp().flatMap(McpReader.SeparatedMessage::quarantine);
        if (quarantine.isPresent()) {
            return new PlannedCall.UnreadCall(target, quarantine.get());
        }
        return new PlannedCall.ReadCall(new Attempt(
                sent.upstream(),
                presented,
                sent.place(),
                sent.call(),
                sent.at(),
                true,
                false,
                Duration.ZERO,
                Optional.empty(),
                sent.reason(),
                Optional.empty(),
                sent.perTry(),
                sent.session()));
    }

    private RequestHead head(Json.Members step) {
        boolean isTool = step.get("tool").isPresent();
        String method = isTool ? step.optionalText("method").orElse("POST") : step.text("method");
        String url = step.text("url");
        List<Header> headers = new ArrayList<>();
        for (Map.Entry<String, Json> header :
                step.optionalObject("headers").orElseGet(Json::object).members().entrySet()) {
            if (!(header.getValue() instanceof Json.Text(String value))) {
                throw new MalformedException("");
            }
            headers.add(new Header(header.getKey().toLowerCase(Locale.ROOT), value.strip()));
        }
        boolean isSound = HeadReader.isToken(method)
                && url.matches("[!-~]{1,8000}")
                && headers.size() <= MAX_HEADERS
                && headers.stream()
                        .allMatch(header -> HeadReader.isToken(header.name())
                                && !HeaderRules.isFraming(header.name())
                                && header.value().matches("[\\t -~]{0,8000}"));
        if (!isSound) {
            throw new MalformedException("");
        }
        boolean isJson = isTool || !(step.get("body").orElse(new Json.Text("")) instanceof Json.Text);
        if (isJson && headers.stream().noneMatch(header -> header.name().equals("content-type"))) {
            headers.add(new Header("content-type", "application/json"));
        }
        plan.values(HeaderRules.REASON).forEach(reason -> headers.add(new Header(HeaderRules.REASON, reason)));
        String target = target(url);
        headers.add(new Header("host", UpstreamOrigin.isIn(target) ? authority(target) : host()));
        return new RequestHead(method, target, headers);
    }

    private String host() {
        return String.join("", plan.values("host"));
    }

    /** Returns the URL without the gateway's own address. */
    private String target(String url) {
        return UpstreamOrigin.isIn(url) && authority(url).equalsIgnoreCase(host()) ? UpstreamOrigin.targetIn(url) : url;
    }

    private static String authority(String url) {
        String rest = url.substring(url.indexOf(':') + 3);
        return rest.substring(0, UpstreamOrigin.end(rest));
    }

    private static Bytes body(Json.Members step) {
        if (step.get("tool").isPresent()) {
            if (step.get("body").isPresent()) {
                throw new MalformedException("");
            }
            Json.Members params = Json.object()
                    .with("name", step.text("tool"))
                    .with("arguments", step.optionalObject("arguments").orElseGet(Json::object));
            return Bytes.of(Json.object()
                    .with("jsonrpc", "2.0")
                    .with("id", 1)
                    .with("method", "tools/call")
                    .with("params", params)
                    .canonical());
        }
        if (step.get("arguments").isPresent()) {
            throw new MalformedException("");
        }
        return step.get("body")
                .map(body ->
                        body instanceof Json.Text(String text) ? Bytes.utf8(text) : Bytes.utf8(body.canonicalText()))
                .orElseGet(Bytes::empty);
    }
}

package dev.interlock.gate;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Lease;
import dev.interlock.action.UndoRules;
import dev.interlock.catalog.Undo;
import dev.interlock.catalog.UndoState;
import dev.interlock.evidence.Json;
import dev.interlock.undo.KeptState;
import java.time.Instant;
import java.util.Base64;
import java.util.List;

/**
 * The state that a call is about to change, as the provider has just shown it.
 *
 * @param call the call, as it will be sent
 * @param undo how it can be undone
 * @param before the state
 * @param rules the seal's rules for keeping it
 * @param reading the number of the reading
 */
record PriorState(HttpCall call, Undo undo, UndoState before, UndoRules rules, long reading) {

    /** A kept call, and the state before it. */
    record StateContent(HttpCall call, UndoState before) {}

    /** Returns what is stored for the call of {@code receipt}. */
    KeptState kept(String receipt, Lease lease, String upstream, Instant at) {
        return new KeptState(
                receipt,
                new KeptState.LeaseScope(
                        lease.root(),
                        lease.agent(),
                        lease.task(),
                        lease.template(),
                        lease.environments(),
                        lease.impacts()),
                upstream,
                subject(upstream),
                at,
                at.plus(rules.time()),
                content());
    }

    private String subject(String upstream) {
        return Bytes.utf8(upstream + "\n" + undo.question().digest()).sha256();
    }

    /** Returns whether the seal permits a state of this length. */
    boolean isShort() {
        return content().length() <= rules.maxBytes();
    }

    private Bytes content() {
        return Bytes.of(Json.object()
                .with("call", write(call))
                .with("before", Base64.getEncoder().encodeToString(before.json()))
                .canonical());
    }

    /** Reads what {@link #kept} wrote. */
    static StateContent read(Bytes content) {
        Json.Members fields = Json.readObject(content.toArray());
        return new StateContent(
                readCall(fields.object("call")),
                UndoState.read(Base64.getDecoder().decode(fields.text("before"))));
    }

    private static Json.Members write(HttpCall call) {
        return Json.object()
                .with("method", call.method())
                .with("authority", call.authority())
                .with("path", call.path())
                .withItems(
                        "query",
                        call.query().stream()
                                .map(each ->
                                        Json.object().with("name", each.name()).with("value", each.value())))
                .withItems(
                        "headers",
                        call.headers().stream()
                                .map(each ->
                                        Json.object().with("name", each.name()).with("value", each.value())))
                .with("body", Base64.getEncoder().encodeToString(call.body().toArray()));
    }

    private static HttpCall readCall(Json.Members fields) {
        List<HttpCall.Parameter> query = fields.objects("query").stream()
                .map(each -> new HttpCall.Parameter(each.text("name"), each.text("value")))
                .toList();
        List<Header> headers = fields.objects("headers").stream()
                .map(each -> new Header(each.text("name"), each.text("value")))
                .toList();
        return new HttpCall(
                fields.text("method"),
                fields.text("authority"),
                fields.text("path"),
                query,
                headers,
                Bytes.of(Base64.getDecoder().decode(fields.text("body"))));
    }

    /** {@inheritDoc} Nothing of the call is shown. */
    @Override
    public String toString() {
        return before.toString();
    }
}

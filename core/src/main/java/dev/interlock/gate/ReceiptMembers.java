package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.VerdictReasons;
import dev.interlock.action.VisibleText;
import dev.interlock.confirm.Confirmation;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.LeaseJson;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** The contents of receipts, as {@code docs/formats/receipt.md} names them. */
final class ReceiptMembers {

    /** Maximum length of a shortened reason. A reason that quotes an agent may be longer than anybody reads. */
    private static final int MAX_SHORTENED_REASON = 1000;

    /** How an upstream names the SHA-256 of a long body that it has sent. */
    private static final String BODY_SHA256 = "body_sha256";

    private static final Set<String> AT_LENGTH = Set.of("actions", "radius");

    private static final List<String> COUNTED =
            List.of("lease", "root", "agent", "person", "task", "place", "upstream", "refusal");

    /** Maximum actions of a rejected call that are recorded. Anybody may send one, and choose its names. */
    private static final int MAX_ATTEMPTED = 8;

    private static final int MAX_ATTEMPTED_RESOURCES = 4;

    private static final int MAX_ATTEMPTED_NAME = 120;

    private static final String WITHHELD = "(withheld)";

    private ReceiptMembers() {}

    static Json.Members of(ResolvedAttempt sensed, VerdictReasons grounds) {
        return withRequest(sensed, withoutRequest(sensed, grounds));
    }

    /** Returns what follows from what a call does alone, and not from how it is written. */
    static Json.Members withoutRequest(ResolvedAttempt sensed, VerdictReasons grounds) {
        Json.Members meaning = sensed.meaning();
        Json.Members told = of(sensed.lease(), Json.object())
                .with("upstream", sensed.attempt().upstream())
                .with("actions", new Json.Array(meaning.items("actions")))
                .with("radius", meaning.object("radius"))
                .with("meaning_sha256", Bytes.of(meaning.canonical()).sha256())
                .with("seal", grounds.seal())
                .withTexts("policies", grounds.policies());
        return with(told, grounds);
    }

    static Json.Members withRequest(ResolvedAttempt sensed, Json.Members told) {
        return told.with("protocol", sensed.outgoing().protocol())
                .with("request_sha256", sensed.requestDigest())
                .withOptional("undoes", sensed.attempt().undoes().map(Attempt.UndoneCall::receipt));
    }

    private static Json.Members with(Json.Members told, VerdictReasons grounds) {
        Json.Members all = grounds.limits().isEmpty()
                ? told
                : told.withTexts("limits", grounds.limits().stream().map(VerdictReasons.ReachedLimit::name));
        Json.Members elevated = all.withOptional("elevation", grounds.elevation());
        return grounds.observed()
                .map(refusal -> elevated.with(
                        "observed", Json.object().with("verdict", "refuse").with("reason", refusal.reason())))
                .orElse(elevated);
    }

    /** Returns the impacts and environments of a refused attempt as one short text. There are few such texts. */
    static String scopeText(Json.Members refused) {
        return String.join("+", impacts(refused)) + " in " + String.join("+", environments(refused));
    }

    /** Returns the kind of refusal, and whether it would have destroyed something. Agents cannot add kinds. */
    static String kind(Json.Members refused) {
        return refused.text("refusal") + (impacts(refused).contains(Impact.DESTROY.word()) ? " to destroy" : "");
    }

    static Json.Members counted(Json.Members refused) {
        Json.Members kept = Json.object()
                .withTexts("impacts", List.copyOf(impacts(refused)))
                .withTexts("environments", List.copyOf(environments(refused)));
        for (String name : COUNTED) {
            kept = kept.withOptional(name, refused.optionalText(name));
        }
        return kept;
    }

    /** Returns what two {@link #counted} refusals have in common; impacts and environments are united. */
    static Json.Members common(Json.Members one, Json.Members other) {
        Json.Members common = Json.object();
        for (String name : List.of("impacts", "environments")) {
            Set<String> both = new TreeSet<>(one.texts(name));
            both.addAll(other.texts(name));
            common = common.withTexts(name, List.copyOf(both));
        }
        for (String name : COUNTED) {
            common = common.withOptional(
                    name,
                    one.optionalText(name)
                            .filter(text -> other.optionalText(name).equals(Optional.of(text))));
        }
        Optional<String> root = root(one).filter(text -> root(other).equals(Optional.of(text)));
        return common.get("lease").isPresent() ? common : common.withOptional("root", root);
    }

    private static Optional<String> root(Json.Members counted) {
        return counted.optionalText("root").or(() -> counted.optionalText("lease"));
    }

    private static Set<String> impacts(Json.Members refused) {
        Set<String> impacts = new TreeSet<>();
        refused.objects("actions").forEach(action -> impacts.addAll(action.texts("impacts")));
        return impacts;
    }

    /** Returns whether all actions of an intent only read. */
    static boolean onlyLooks(Json.Members intent) {
        return impacts(intent).equals(Set.of(Impact.READ.word()));
    }

    private static Set<String> environments(Json.Members refused) {
        Set<String> environments = new TreeSet<>();
        refused.objects("actions")
                .forEach(action -> action.objects("resources")
                        .forEach(resource -> environments.addAll(resource.texts("environments"))));
        return environments;
    }

    /** Returns what a rejected call would have done, the worst first, and nothing else that its sender wrote. */
    static Json.Members attempted(List<Action> actions, Predicate<String> isSecret) {
        Json.Members attempted = Json.object()
                .withItems(
                        "actions",
                        actions.stream()
                                .sorted(Comparator.comparingInt(ReceiptMembers::severity)
                                        .reversed())
                                .limit(MAX_ATTEMPTED)
                                .map(action -> attempted(action, isSecret)));
        int omitted = actions.size() - MAX_ATTEMPTED;
        return omitted > 0 ? attempted.with("actions_omitted", omitted) : attempted;
    }

    private static int severity(Action action) {
        return (action.isPureRead() ? 0 : 1)
                + (action.has(Impact.DESTROY) ? 2 : 0)
                + (action.reversibility() == Reversibility.IRREVERSIBLE ? 1 : 0);
    }

    private static Json.Members attempted(Action action, Predicate<String> isSecret) {
        Operation operation = action.operation();
        return Json.object()
                .with("operation", shown(operation.provider() + "/", operation.name(), isSecret))
                .withTexts("impacts", action.impacts().stream().map(Impact::word))
                .with("reversibility", action.reversibility().word())
                .withItems(
                        "resources",
                        action.resources().stream()
                                .limit(MAX_ATTEMPTED_RESOURCES)
                                .map(resource -> Json.object()
                                        .with(
                                                "id",
                                                shown(
                                                        resource.provider() + ":" + resource.type() + "/",
                                                        resource.id(),
                                                        isSecret))));
    }

    private static String shown(String prefix, String name, Predicate<String> isSecret) {
        return prefix
                + (isSecret.test(name)
                        ? WITHHELD
                        : VisibleText.shortened(VisibleText.unambiguous(name), MAX_ATTEMPTED_NAME));
    }

    static Json.Members together(Json.Members observed, Json.Members call) {
        Map<String, Json> all = new TreeMap<>(observed.members());
        all.putAll(call.members());
        return new Json.Members(all);
    }

    static Json.Members ofHolder(Lease lease, Json.Members members) {
        return members.with("agent", lease.agent())
                .with("person", lease.person())
                .with("task", lease.task());
    }

    static Json.Members of(Lease lease, Json.Members members) {
        Json.Members named = ofHolder(lease, members).with("lease", lease.id());
        return lease.root().equals(lease.id()) ? named : named.with("root", lease.root());
    }

    /** Returns the members of a child that was derived. They are those of a lease that is issued, and a few more. */
    static Json.Members derived(Lease parent, Lease child) {
        return LeaseJson.write(child)
                .without(Set.of("id", "place")) // a receipt has an id of its own
                .with("command", "lease.derive")
                .with("lease", child.id())
                .with("parent", parent.id())
                .with("bound", child.place().isPresent());
    }

    static Json.Members issued(Lease lease) {
        return LeaseJson.write(lease)
                .without(Set.of("id", "place", "root"))
                .with("command", "lease.issue")
                .with("peer", lease.place().orElseThrow())
                .with("entrance", "remote")
                .with("lease", lease.id())
                .with("signer", "nobody")
                .with("bound", true);
    }

    static Json.Members of(Refusal refusal, Json.Members members) {
        return members.with("refusal", refusal.kind().word()).with("reason", refusal.reason());
    }

    static Json.Members of(Confirmation confirmation, ResolvedAttempt sensed, Json.Members members) {
        Json.Members statement = Json.readObject(confirmation.statement().toArray());
        Json.Members used = confirmation.isGranted()
                ? members.with("grant", CallGrant.name(confirmation.hold()))
                        .with(
                                "like_sha256",
                                CallGrant.GrantedCall.of(sensed.meaning(), sensed.request())
                                        .likeSha256())
                : members.with("hold", confirmation.hold());
        return used.with(
                "confirmation",
                Json.object().with("statement", statement).withTexts("signatures", confirmation.signatures()));
    }

    static Json.Members outcome(String intent, Optional<String> agent, Receipt.Result result) {
        return Json.object().with("intent", intent).withOptional("agent", agent).with("result", result.word());
    }

    /** Returns what was sent of a long body, with a salted digest in place of the SHA-256. */
    static Json.Members sent(Json.Members sent, SaltedDigests digests) {
        return sent.without(Set.of(BODY_SHA256))
                .withOptional(
                        "body_digest",
                        sent.optionalText(BODY_SHA256)
                                .map(HexFormat.of()::parseHex)
                                .map(digests::of));
    }

    /** Returns a confirmed intent without the members that its statement holds as well. */
    static Json.Members saidOnce(Json.Members confirmed) {
        return confirmed.without(AT_LENGTH);
    }

    /** Returns a shorter receipt, which is recorded however long the call is. The digests stay. */
    static Json.Members shortened(Json.Members members) {
        return members.without(AT_LENGTH)
                .with("actions_omitted", members.items("actions").size())
                .with("reason", VisibleText.cut(members.text("reason"), MAX_SHORTENED_REASON));
    }
}

package dev.interlock.gate;

import dev.interlock.action.Bytes;
import dev.interlock.action.Grounds;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Plain;
import dev.interlock.action.Refusal;
import dev.interlock.action.Sensed;
import dev.interlock.confirm.Confirmation;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Statement;
import dev.interlock.identity.LeaseJson;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What receipts hold, as {@code docs/formats/receipt.md} names it. */
final class Contents {

    /** A reason that quotes what an agent wrote may be longer than anybody reads. */
    private static final int MAX_SHORTENED_REASON = 1000;

    private static final Set<String> AT_LENGTH = Set.of("actions", "radius");

    /** Whose it was, and why. */
    private static final List<String> COUNTED =
            List.of("lease", "root", "agent", "person", "task", "place", "upstream", "refusal");

    private Contents() {}

    static Json.Members of(Sensed sensed, Grounds grounds) {
        Json.Members meaning = sensed.meaning();
        Json.Members told = of(sensed.lease(), Json.object())
                .with("upstream", sensed.attempt().upstream())
                .with("protocol", sensed.outgoing().protocol())
                .with("actions", new Json.Array(meaning.items("actions")))
                .with("radius", meaning.object("radius"))
                .with("meaning_sha256", Bytes.of(meaning.canonical()).sha256())
                .with("request_sha256", sensed.outgoing().digest())
                .with("seal", grounds.seal())
                .withTexts("policies", grounds.policies());
        return with(told, grounds);
    }

    /** What took part besides policies, if anything did. */
    private static Json.Members with(Json.Members told, Grounds grounds) {
        Json.Members all = grounds.limits().isEmpty()
                ? told
                : told.withTexts(
                        "limits",
                        grounds.limits().stream().map(Grounds.Limited::name).toList());
        Json.Members elevated = all.withOptional("elevation", grounds.elevation());
        return grounds.observed()
                .map(refusal -> elevated.with(
                        "observed", Json.object().with("verdict", "refuse").with("reason", refusal.reason())))
                .orElse(elevated);
    }

    /** What an attempt would have done and where, in a few words of which there are not many. */
    static String gist(Json.Members refused) {
        return String.join("+", impacts(refused)) + " in " + String.join("+", environments(refused));
    }

    /**
     * What kind of refusal it is, and whether of something that cannot be undone: a few, whatever agents send. Of what
     * was not understood nobody knows whether it would have destroyed anything: it is of its own kind.
     */
    static String kind(Json.Members refused) {
        return refused.text("refusal") + (impacts(refused).contains(Impact.DESTROY.word()) ? " to destroy" : "");
    }

    /** What stays of a refusal that is only counted. */
    static Json.Members counted(Json.Members refused) {
        Json.Members kept = Json.object()
                .withTexts("impacts", List.copyOf(impacts(refused)))
                .withTexts("environments", List.copyOf(environments(refused)));
        for (String name : COUNTED) {
            kept = kept.withOptional(name, refused.optionalText(name));
        }
        return kept;
    }

    /** What holds of two that are {@link #counted}: where they differ nothing is said, but for what both would do. */
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

    /** Whether all that an intent says it does is to look. */
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

    static Json.Members together(Json.Members observed, Json.Members call) {
        Map<String, Json> all = new TreeMap<>(observed.members());
        all.putAll(call.members());
        return new Json.Members(all);
    }

    static Json.Members of(Lease lease, Json.Members members) {
        Json.Members named = members.with("agent", lease.agent())
                .with("person", lease.person())
                .with("task", lease.task())
                .with("lease", lease.id());
        return lease.root().equals(lease.id()) ? named : named.with("root", lease.root());
    }

    /** A child that was derived; the other members are those of a lease that is issued. */
    static Json.Members derived(Lease parent, Lease child) {
        return LeaseJson.write(child)
                .without(Set.of("id", "place")) // a receipt has an id of its own
                .with("command", "lease.derive")
                .with("lease", child.id())
                .with("parent", parent.id())
                .with("bound", child.place().isPresent());
    }

    static Json.Members of(Refusal refusal, Json.Members members) {
        return members.with("refusal", refusal.kind().word()).with("reason", refusal.reason());
    }

    static Json.Members of(Confirmation confirmation, Json.Members members) {
        Json.Members statement = Json.readObject(confirmation.statement().toArray());
        Json.Members confirmed = members.with("hold", confirmation.hold())
                .with(
                        "confirmation",
                        Json.object().with("statement", statement).withTexts("signatures", confirmation.signatures()));
        // For those who search: what proves it is in the statement.
        return Statement.of(statement).broken().isPresent() ? confirmed.with("break_glass", true) : confirmed;
    }

    static Json.Members outcome(String intent, Receipt.Result result) {
        return Json.object().with("intent", intent).with("result", result.word());
    }

    /** A confirmed intent without what its statement says as well. */
    static Json.Members saidOnce(Json.Members confirmed) {
        return confirmed.without(AT_LENGTH);
    }

    /** What is refused or held goes on record whatever it is about: digests stay, and that something is left out. */
    static Json.Members shortened(Json.Members members) {
        return members.without(AT_LENGTH)
                .with("actions_omitted", members.items("actions").size())
                .with("reason", Plain.cut(members.text("reason"), MAX_SHORTENED_REASON));
    }
}

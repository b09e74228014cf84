package dev.interlock.evidence;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What an intent says that it does: in its own members, or only in the statement that people signed for it. */
public final class IntentMeaning {

    /** Maximum time between a call's arrival, when it is judged, and its intent, after its whole body was resolved. */
    static final Duration COMING = Duration.ofMinutes(5);

    private static final String ACTIONS = "actions";
    private static final String READ = "read";
    /** An impact that belongs to no group, so no scope has it. The seal says which impact stands in for it. */
    private static final String UNKNOWN = "unknown";

    /** The words for impacts. Another word could hide a destruction. */
    private static final Set<String> IMPACTS =
            Set.of(READ, "write", "destroy", "credential", "privilege", "execute", UNKNOWN);

    private final Receipt intent;
    private final List<Json.Members> actions;
    private final Set<String> impacts = new TreeSet<>();
    private final Set<String> environments = new TreeSet<>();

    private IntentMeaning(Receipt intent) {
        this.intent = intent;
        this.actions = members(intent).objects(ACTIONS);
        for (Json.Members action : actions) {
            impacts.addAll(action.texts("impacts"));
            action.objects("resources").forEach(resource -> environments.addAll(resource.texts("environments")));
        }
    }

    /** Returns the {@code actions} and {@code radius} of {@code intent}; large ones are only in its statement. */
    public static Json.Members members(Receipt intent) {
        IntentConfirmation confirmation = new IntentConfirmation(intent);
        if (intent.members().get(ACTIONS).isPresent() || !confirmation.isPresent() || confirmation.isGranted()) {
            return intent.members();
        }
        return SealedTexts.number(intent).isPresent()
                ? intent.members().object("confirmation").object("statement").object("meaning")
                : confirmation.statement().meaning();
    }

    static IntentMeaning of(Receipt intent) {
        return new IntentMeaning(intent);
    }

    /** A call that only reads is covered wherever the seal calls readable, or anywhere without the seal. */
    boolean isWithin(Set<String> scopeImpacts, Set<String> scopeEnvironments, Optional<SealDocument> seal) {
        Set<String> covered = new TreeSet<>(scopeEnvironments);
        if (isRead()) {
            covered.addAll(seal.map(SealDocument::readableEnvironments).orElse(environments));
        }
        Set<String> known = new TreeSet<>(impacts);
        known.remove(UNKNOWN);
        return scopeImpacts.containsAll(known) && covered.containsAll(environments);
    }

    Set<String> impacts() {
        return impacts;
    }

    Set<String> environments() {
        return environments;
    }

    boolean isRead() {
        return impacts.equals(Set.of(READ));
    }

    boolean destroys() {
        return impacts.contains("destroy");
    }

    /** Returns why nobody can tell from it what was done; empty if it says so, and its digest says the same. */
    Optional<String> objection() {
        if (actions.isEmpty()) {
            return Optional.of("it does not say what it does");
        }
        if (actions.stream().anyMatch(action -> action.texts("impacts").isEmpty()) || environments.isEmpty()) {
            return Optional.of("one of its actions has no impact or no place");
        }
        Set<String> words = new TreeSet<>(impacts);
        words.removeAll(IMPACTS);
        if (!words.isEmpty()) {
            return Optional.of("it has an impact that no verifier knows: `" + String.join("`, `", words) + "`");
        }
        return intent.members().get(ACTIONS).isEmpty()
                        || SealedTexts.number(intent).isPresent()
                        || digest().equals(intent.members().text("meaning_sha256"))
                ? Optional.empty()
                : Optional.of("what it does differs from its digest");
    }

    private String digest() {
        return Sha256.hex(meaning().canonical());
    }

    Json.Members meaning() {
        Json.Members members = intent.members();
        return Json.object()
                .with("upstream", members.text("upstream"))
                .with("agent", members.text("agent"))
                .with("lease", root(members))
                .with(ACTIONS, new Json.Array(members.items(ACTIONS)))
                .with("radius", members.object("radius"));
    }

    /** Returns the lease that the lease of a receipt descends from, or that lease itself. */
    static String root(Json.Members members) {
        return members.optionalText("root").orElseGet(() -> members.text("lease"));
    }
}

package dev.interlock.author;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Call;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.PushedRef;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.ProviderAnswers;
import dev.interlock.catalog.ProviderQuestion;
import dev.interlock.catalog.StateCheck;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LocatedActions;
import dev.interlock.inventory.ResolverQuery;
import dev.interlock.policy.Policies;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the policy of {@code init} says to calls of one upstream, with its catalog, the inventory, and a provider's
 * answers. The agent's task names {@code staging}.
 */
public final class StarterJudge {

    /** What comes of a call. */
    public enum Answer {
        PASS,
        /** People are asked: about the call itself, or about a lease that names the protected environment. */
        ASK,
        DENY
    }

    public record Judgement(Answer answer, String words) {

        /** Returns why the call does not pass at once; empty if it does. */
        Optional<String> objection() {
            return answer == Answer.PASS ? Optional.empty() : Optional.of(words);
        }
    }

    private static final String AGENT = "jer/cursor";

    private final String upstream;
    private final Seal seal;
    private final Catalog catalog;
    private final Inventory inventory;
    private final Policies policies = new Policies(_ -> "");

    /**
     * @param directory an empty one, for the policy
     * @param own the text of the catalog; empty if it comes with Interlock
     * @param places the environments of resources, by patterns
     */
    public StarterJudge(
            Path directory,
            String upstream,
            String address,
            Optional<String> own,
            Map<String, String> places,
            ResolverQuery answers)
            throws IOException {
        this.upstream = upstream;
        Map<String, Seal.OwnCatalog> carried = own.map(
                        text -> Map.of(upstream, new Seal.OwnCatalog(upstream, text, false)))
                .orElse(Map.of());
        Catalogs catalogs = BuiltIn.CATALOGS.with(carried);
        CatalogFacts facts =
                carried.isEmpty() ? BuiltIn.FACTS : BuiltIn.FACTS.own().with(carried);
        this.catalog = catalogs.find(upstream).orElseThrow();
        this.inventory = new Inventory(answers, Clock.fixed(Fixtures.NOW, ZoneOffset.UTC), facts);
        StarterPolicy starter = new StarterPolicy(
                "acme",
                "jer",
                TestingKey.hardware().line(),
                "cursor",
                upstream,
                upstream,
                address,
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                new TreeMap<>(places),
                Optional.empty(),
                Set.of(),
                StarterPolicy.Preset.STANDARD);
        Map<String, String> files = new TreeMap<>(starter.files(facts));
        own.ifPresent(text -> files.put(PolicyDirectory.CATALOGS + "/" + upstream + ".yaml", text));
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path written = directory.resolve(file.getKey());
            Files.createDirectories(Objects.requireNonNull(written.getParent()));
            Files.writeString(written, file.getValue());
        }
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(directory, BuiltIn.FACTS);
        if (!(loaded instanceof PolicyDirectory.LoadResult.SoundDirectory sound)) {
            throw new AssertionError(loaded.toString());
        }
        this.seal = sound.directory().draft();
    }

    /** @param isKept whether the gateway can keep what the call overwrites, where the catalog says how */
    public Judgement judge(HttpCall call, boolean isKept) {
        return switch (catalog.read(call)) {
            case CallReading.CallRejection(var reason, var next, var finality) ->
                new Judgement(Answer.DENY, "not understood (" + finality + "): " + reason + " " + next);
            case CallReading.PushMeaning _ -> throw new IllegalArgumentException("judge what it pushes");
            case CallReading.CallMeaning meaning ->
                judged(call, meaning.outgoing(), actions(settled(call, meaning), isKept));
        };
    }

    /** Judges a push of {@code refs}, whose request is {@code call}. */
    public Judgement judge(HttpCall call, List<PushedRef> refs, boolean isKept) {
        if (!(catalog.read(call) instanceof CallReading.PushMeaning(var rules))) {
            throw new IllegalArgumentException("no push");
        }
        return judged(call, rules.outgoing(), isKept ? rules.judgeKept(refs, "7 days") : rules.judge(refs));
    }

    private Judgement judged(HttpCall call, Call outgoing, List<Action> read) {
        List<Action> actions = read.stream().map(seal::classified).toList();
        LocatedActions located = inventory.locate(seal, upstream, "L-1", actions, Freshness.CACHED);
        ResolvedAttempt attempt = attempt(call, outgoing, actions, located, ordinaryLease());
        return switch (policies.decide(seal, attempt)) {
            case Verdict.Permit _ -> new Judgement(Answer.PASS, words(attempt));
            case Verdict.Hold _ -> new Judgement(Answer.ASK, "held: " + words(attempt));
            case Verdict.Refuse refuse -> {
                String words = words(attempt) + " " + refuse.refusal().reason();
                yield policies.decide(seal, attempt(call, outgoing, actions, located, elevatedLease()))
                                instanceof Verdict.Refuse
                        ? new Judgement(Answer.DENY, "refused: " + words)
                        : new Judgement(Answer.ASK, "refused until the lease names it: " + words);
            }
        };
    }

    private ResolvedAttempt attempt(
            HttpCall call, Call outgoing, List<Action> actions, LocatedActions located, Lease lease) {
        return new ResolvedAttempt(
                new Attempt(upstream, List.of(), Optional.empty(), call, Fixtures.NOW),
                lease,
                actions,
                located.placements(),
                located.radius(),
                outgoing,
                SaltedDigests.OPEN);
    }

    private CallReading.CallMeaning settled(HttpCall call, CallReading.CallMeaning strict) {
        Map<ProviderQuestion, String> known = new TreeMap<>(Comparator.comparing(ProviderQuestion::toString));
        strict.questions()
                .forEach(asked -> inventory
                        .word(
                                seal,
                                upstream,
                                AGENT,
                                asked.name(),
                                asked.about(),
                                Freshness.CACHED,
                                (thing, host) -> catalog.inquiry(asked, thing, host))
                        .ifPresent(word -> known.put(asked, word)));
        return known.isEmpty()
                ? strict
                : (CallReading.CallMeaning)
                        catalog.knowing(ProviderAnswers.of(known)).read(call);
    }

    private List<Action> actions(CallReading.CallMeaning meaning, boolean isKept) {
        if (isKept && meaning.undo().isPresent()) {
            return List.of(meaning.undo().get().action());
        }
        return meaning.stateCheck().map(check -> List.of(answered(check))).orElse(meaning.actions());
    }

    private Action answered(StateCheck check) {
        try {
            return check.compareWith(inventory.ask(seal, upstream, AGENT, check.question(), Freshness.CACHED));
        } catch (IOException e) {
            return check.worstCase(String.valueOf(e.getMessage()));
        }
    }

    private static String words(ResolvedAttempt attempt) {
        List<String> words = new ArrayList<>();
        attempt.actions()
                .forEach(action -> words.add(action.operation().name() + action.impacts() + " "
                        + action.reversibility().word() + " on " + action.resources()));
        return words + " in " + attempt.environments();
    }

    private Lease ordinaryLease() {
        return lease(seal.tasks().keySet().stream().findFirst(), Optional.empty());
    }

    /** The lease that people sign for when the agent asks them for more. */
    private Lease elevatedLease() {
        Set<Impact> impacts = EnumSet.allOf(Impact.class);
        impacts.remove(Impact.CREDENTIAL);
        return lease(
                Optional.empty(),
                Optional.of(new HypotheticalAttempt.LeaseScope(Set.of("staging", "production"), impacts, Set.of())));
    }

    private Lease lease(Optional<String> task, Optional<HypotheticalAttempt.LeaseScope> cover) {
        return new HypotheticalAttempt(
                        AGENT,
                        task,
                        cover,
                        Optional.empty(),
                        new Operation("any", "any"),
                        Set.of(Impact.READ),
                        Reversibility.REVERSIBLE,
                        List.of(Fixtures.place("any:thing/any", "staging")),
                        new TreeMap<>())
                .resolved(seal)
                .lease();
    }
}

package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A resolved attempt: who does what, on which resources, in which environments, at what cost.
 *
 * @param attempt as it arrived
 * @param actions all that it would do; never empty
 * @param placements where each resource of the actions is; one for each
 * @param outgoing the request rewritten from its parsed form: this is what is signed for and forwarded
 * @param digests makes the digests that stand in the log for texts that may hold secrets
 */
public record ResolvedAttempt(
        Attempt attempt,
        Lease lease,
        List<Action> actions,
        Map<Resource, Placement> placements,
        BlastRadius radius,
        Call outgoing,
        SaltedDigests digests) {

    public ResolvedAttempt {
        if (actions.isEmpty()) {
            throw new IllegalArgumentException("an attempt without action would need no permission");
        }
        actions = List.copyOf(actions);
        placements = Collections.unmodifiableMap(new TreeMap<>(placements));
        for (Action action : actions) {
            if (!placements.keySet().containsAll(action.resources())) {
                throw new IllegalArgumentException("a resource without a place would need no permission");
            }
        }
    }

    /** Returns the placement of {@code resource}, which one of the actions touches. */
    public Placement placement(Resource resource) {
        return Objects.requireNonNull(placements.get(resource), "the resource belongs to another attempt");
    }

    /** Returns it as one that would do {@code others}, where these act. */
    public ResolvedAttempt with(List<Action> others) {
        return new ResolvedAttempt(attempt, lease, others, placements, radius, outgoing, digests);
    }

    public ResolvedAttempt under(Lease other) {
        return new ResolvedAttempt(attempt, other, actions, placements, radius, outgoing, digests);
    }

    public Set<Impact> impacts() {
        Set<Impact> all = EnumSet.noneOf(Impact.class);
        actions.forEach(action -> all.addAll(action.impacts()));
        return all;
    }

    public Set<String> environments() {
        Set<String> all = new TreeSet<>();
        placements.values().forEach(placement -> all.addAll(placement.environments()));
        return all;
    }

    /** Returns the worst of the actions' reversibilities. */
    public Reversibility reversibility() {
        return actions.stream()
                .map(Action::reversibility)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    public boolean isPureRead() {
        return actions.stream().allMatch(Action::isPureRead);
    }

    /**
     * Returns whether it is done completely or not at all. A provider may do the first of several actions before it
     * refuses.
     */
    public boolean isAtomic() {
        return actions.size() == 1 && !actions.getFirst().piecemeal();
    }

    /** Returns the meaning that a person signs for: the actions, where they act and what they cost. */
    public Json.Members meaning() {
        return Json.object()
                .with("upstream", attempt.upstream())
                .with("agent", lease.agent())
                .with("lease", lease.root())
                .withItems("actions", actions.stream().map(this::canonical))
                .with("radius", radius.canonical());
    }

    /** Returns what it does, in one line. */
    public String headline() {
        Json.Members meaning = meaning();
        return Headline.of(meaning.objects("actions"), meaning.object("radius"));
    }

    /** The SHA-256 of {@link #meaning}, lower-case hexadecimal. */
    public String meaningDigest() {
        return Bytes.of(meaning().canonical()).sha256();
    }

    /** Returns the request that a person signs for: everything that would be sent, except the credential. */
    public Json.Members request() {
        return outgoing.canonical(digests);
    }

    /** The SHA-256 of {@link #request}, lower-case hexadecimal. */
    public String requestDigest() {
        return Bytes.of(request().canonical()).sha256();
    }

    /**
     * Returns the texts, with their salts, of which {@link #meaning} and {@link #request} hold only digests, each as
     * often as it occurs.
     */
    public List<SaltedText> texts() {
        List<SaltedText> texts = new ArrayList<>();
        for (Action action : actions) {
            action.facts().stream().filter(Fact::isSalted).forEach(fact -> texts.add(digests.salted(fact.value())));
        }
        outgoing.saltedTexts().forEach(text -> texts.add(digests.salted(text)));
        return texts;
    }

    private Json.Members canonical(Action action) {
        return Json.object()
                .with("operation", action.operation().toString())
                .withTexts("impacts", action.impacts().stream().map(Impact::word))
                .with("reversibility", action.reversibility().word())
                .withItems("resources", action.resources().stream().map(this::canonical))
                .withItems("facts", action.facts().stream().map(this::canonical));
    }

    private Json.Members canonical(Resource resource) {
        Placement placement = placement(resource);
        return Json.object()
                .with("id", resource.toString())
                .withTexts("environments", placement.environments())
                .with("known", placement.known())
                .with("provenance", placement.provenance().word());
    }

    private Json.Members canonical(Fact fact) {
        return Json.object()
                .with("name", fact.name())
                .with("value", fact.isSalted() ? digests.salted(fact.value()).digest() : fact.value())
                .with("provenance", fact.provenance().word());
    }
}

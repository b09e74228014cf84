package dev.interlock.policy;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Sensed;
import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What of an attempt its lease does not cover. */
final class Scope {

    /** So many are named one by one, the others counted: an agent decides how many there are. */
    static final int NAMED = 20;

    private final Lease lease;
    private final Set<Impact> asked = new TreeSet<>();
    private final Set<String> reached = new TreeSet<>();
    private final Set<Impact> impacts;
    private final Set<String> environments;
    private final Set<Resource> resources = new TreeSet<>();
    private final Set<Resource> shared = new TreeSet<>();
    private final Set<Resource> unplaced = new TreeSet<>();
    private final Sensed sensed;

    private Scope(List<Action> actions, Sensed sensed) {
        this.sensed = sensed;
        this.lease = sensed.lease();
        for (Action action : actions) {
            asked.addAll(action.impacts());
            action.resources().stream().map(sensed::placement).forEach(this::place);
        }
        impacts = without(asked, lease.impacts());
        environments = without(reached, lease.environments());
    }

    static Scope of(List<Action> actions, Sensed sensed) {
        return new Scope(actions, sensed);
    }

    private void place(Placement placement) {
        reached.addAll(placement.environments());
        if (!lease.environments().containsAll(placement.environments())) {
            (placement.known() ? shared : unplaced).add(placement.resource());
        }
        boolean named = lease.resources().isEmpty()
                || lease.resources().contains(placement.resource())
                || !Collections.disjoint(lease.resources(), placement.groups());
        if (!named) {
            resources.add(placement.resource());
        }
    }

    boolean covers() {
        return impacts.isEmpty() && environments.isEmpty() && resources.isEmpty();
    }

    /** Why not, in whole sentences. */
    String reason() {
        List<String> sentences = new ArrayList<>();
        sentences.addAll(each(
                shared,
                resource -> "`" + Shown.of(resource.toString()) + "` is in " + words(environmentsOf(resource)) + "."));
        sentences.addAll(each(
                unplaced,
                resource -> "Nobody has said where `" + Shown.of(resource.toString()) + "` is, so it counts as in "
                        + words(environmentsOf(resource)) + "."));
        if (!environments.isEmpty()) {
            sentences.add("The lease `" + lease.id() + "` does not name " + words(environments) + ".");
        }
        if (!impacts.isEmpty()) {
            sentences.add("The lease `" + lease.id() + "` does not allow " + words(words(impacts)) + ".");
        }
        sentences.addAll(each(
                resources,
                resource -> "The lease `" + lease.id() + "` is narrowed to other resources than `"
                        + Shown.of(resource.toString()) + "`."));
        return String.join(" ", sentences);
    }

    private static List<String> each(Set<Resource> resources, Function<Resource, String> sentence) {
        List<String> sentences =
                new ArrayList<>(resources.stream().limit(NAMED).map(sentence).toList());
        if (resources.size() > NAMED) {
            sentences.add("So it is with " + (resources.size() - NAMED) + " more.");
        }
        return sentences;
    }

    private Set<String> environmentsOf(Resource resource) {
        return sensed.placement(resource).environments();
    }

    /** The class of actions that is refused, so that a variant is known to be refused too. */
    List<String> covered() {
        List<String> covered = new ArrayList<>();
        for (Impact impact : asked) {
            for (String environment : reached) {
                if (impacts.contains(impact) || environments.contains(environment)) {
                    covered.add(impact.word() + " in " + environment);
                }
            }
        }
        covered.addAll(each(resources, resource -> "any call on " + Shown.of(resource.toString())));
        return covered;
    }

    /** The command by which a person may have it covered. */
    String elevation() {
        StringBuilder command = new StringBuilder("interlock elevate --lease ").append(lease.id());
        more().forEach(e -> command.append(" --environment ").append(quoted(e)));
        (impacts.isEmpty() ? asked : impacts)
                .forEach(i -> command.append(" --impact ").append(i.word()));
        resources.stream()
                .limit(NAMED)
                .forEach(r -> command.append(" --resource ").append(quoted(r.toString())));
        return command.append(" --key KEY").toString();
    }

    private Set<String> more() {
        return environments.isEmpty() ? reached : environments;
    }

    /**
     * What the agent asks people for itself, to do just this: what is given besides is a scope of its own. Empty where
     * a lease cannot be widened, because it is a narrower one of another, and where it is about more than people read.
     */
    Optional<String> request() {
        if (!lease.root().equals(lease.id()) || resources.size() > NAMED) {
            return Optional.empty();
        }
        Json.Members body = Json.object()
                .withTexts("environments", reached.stream().map(Shown::of).toList())
                .withTexts("impacts", words(asked))
                .with("reason", "…");
        return Optional.of("`POST /.interlock/elevations` with `"
                + (resources.isEmpty()
                                ? body
                                : body.withTexts(
                                        "resources",
                                        resources.stream()
                                                .map(r -> Shown.of(r.toString()))
                                                .toList()))
                        .canonicalText()
                + "`");
    }

    /** What can be done; it ends with a command. */
    String next() {
        return request()
                        .map(post -> "Stop here. To ask people for it, say why: " + post
                                + ". Or tell the owner of this task what you were about to do; ")
                        .orElse("Stop here and tell the owner of this task what you were about to do; ")
                + placing()
                + "if they agree, they can run: "
                + elevation();
    }

    /** An elevation is for once; what is merely not placed is better placed. */
    private String placing() {
        return unplaced.isEmpty()
                ? ""
                : "they may say where it is, under `resources` of `interlock.yaml`, and seal anew; or, ";
    }

    /** A shell reads it as one word, whatever an agent put into it. */
    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9._:/@-]+") ? word : "'" + Shown.of(word).replace("'", "'\\''") + "'";
    }

    private static Set<String> words(Set<Impact> impacts) {
        return impacts.stream().map(Impact::word).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String words(java.util.Collection<String> names) {
        return names.stream().map(name -> "`" + Shown.of(name) + "`").collect(Collectors.joining(" and "));
    }

    private static <T> Set<T> without(Set<T> all, Set<T> some) {
        Set<T> rest = new TreeSet<>(all);
        rest.removeAll(some);
        return rest;
    }
}
